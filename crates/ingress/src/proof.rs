//! Who sent it (messenger-protocol section 2), as a typestate: what is not verified cannot be read.
//!
//! An [`Unverified`] has no accessor. Its only way on is [`Unverified::verify`], and only the
//! [`Verified`] that this gives can be read as what a messenger said.

use bytes::Bytes;
use chat::messenger::Inbound;
use chat::messenger::inbound::parse;
use chat::rejection::{Code, Rejection};
use chat::rpc::{Access, Security};
use chat::signature::{self, Untrusted};
use chat::time::Timestamp;
use hyper::HeaderMap;
use serde_json::{Map, Value};

use crate::refusal::Refusal;

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// A request that nobody has checked yet.
pub(crate) struct Unverified {
    claim: Claim,
    body: Bytes,
}

/// What a request's headers offer as proof.
enum Claim {
    /// No signature.
    Unsigned,
    /// A signature.
    Signed(signature::Headers),
    /// One of the three headers is there twice or is no text, or one is missing beside a signature.
    /// Which of two values a sender meant must not be guessed.
    Spoiled,
}

/// A request whose sender has proved itself, or need not.
pub(crate) struct Verified {
    body: Bytes,
    /// What was parsed already, because the proof was in it.
    object: Option<Map<String, Value>>,
}

impl Unverified {
    /// Takes in a request's headers and body.
    pub(crate) fn new(headers: &HeaderMap, body: Bytes) -> Self {
        Self {
            claim: claim(headers),
            body,
        }
    }

    /// Checks the proof that the channel asks for. The algorithm is ours, never the request's. A
    /// signature is over the raw bytes, and when there is one it counts alone. An unsigned body is
    /// parsed, within bounds, because its `token` is the proof.
    pub(crate) fn verify(&self, access: &Access, now: Timestamp) -> Result<Verified, Refusal> {
        if !matches!(
            (&self.claim, access.security),
            (Claim::Unsigned, Security::Token)
        ) {
            self.verify_signature(access, now)?;
            return Ok(Verified {
                body: self.body.clone(),
                object: None,
            });
        }
        let object = parse(&self.body).map_err(|rejection| match rejection.code {
            Code::Malformed => Refusal::Rejected(rejection),
            // JSON, but not an object: there is no token in it.
            _ => Refusal::Untrusted(Untrusted::NoMatch),
        })?;
        let token = object.get("token").and_then(Value::as_str);
        if !token.is_some_and(|token| signature::token_matches(access.codes_at(now), token)) {
            return Err(Untrusted::NoMatch.into());
        }
        Ok(Verified {
            body: Bytes::new(),
            object: Some(object),
        })
    }

    /// Checks the proof of a request that has no body to hold a token: a signature, also where a
    /// token would do, unless the channel asks for no proof.
    pub(crate) fn verify_signature(
        &self,
        access: &Access,
        now: Timestamp,
    ) -> Result<(), Untrusted> {
        match &self.claim {
            Claim::Signed(headers) => {
                signature::verify(access.codes_at(now), headers, now, &self.body)
            }
            Claim::Unsigned if access.security == Security::Open => Ok(()),
            Claim::Unsigned | Claim::Spoiled => Err(Untrusted::NoMatch),
        }
    }
}

impl Verified {
    /// What the messenger says.
    pub(crate) fn read(self) -> Result<Inbound, Rejection> {
        let object = match self.object {
            Some(object) => object,
            None => parse(&self.body)?,
        };
        Inbound::read(&object)
    }
}

fn claim(headers: &HeaderMap) -> Claim {
    match (
        one(headers, ID),
        one(headers, TIMESTAMP),
        one(headers, SIGNATURE),
    ) {
        (Ok(Some(id)), Ok(Some(timestamp)), Ok(Some(signature))) => {
            Claim::Signed(signature::Headers {
                id: id.to_owned(),
                timestamp: timestamp.to_owned(),
                signature: signature.to_owned(),
            })
        }
        (Ok(_), Ok(_), Ok(None)) => Claim::Unsigned,
        _ => Claim::Spoiled,
    }
}

/// The header's only value; an error when there are several, or it is not plain text.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_not_text| ()),
        (Some(_), Some(_)) => Err(()),
    }
}
