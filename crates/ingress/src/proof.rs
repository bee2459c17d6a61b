//! Verifies the sender of a request (messenger-protocol section 2). A typestate: [`Unverified`] has no
//! accessor, and only the [`Verified`] that [`Unverified::verify`] returns can be read.

use bytes::Bytes;
use chat::messenger::Inbound;
use chat::messenger::inbound::{Body, Finding};
use chat::rejection::{Code, Rejection};
use chat::rpc::{Access, Security};
use chat::signature::{self, Untrusted};
use chat::time::Timestamp;
use hyper::HeaderMap;
use serde_json::Value;

use crate::request_error::RequestError;

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

/// A request that has not been verified.
pub(crate) struct Unverified {
    claim: Claim,
    body: Bytes,
}

/// The proof in a request's headers.
enum Claim {
    /// No signature.
    Unsigned,
    /// A signature.
    Signed(signature::Headers),
    /// A header is repeated or is not text, or a signature comes without the other two headers. Which
    /// of two values is meant must not be guessed.
    Invalid,
}

/// A request whose sender is verified, or whose channel requires no proof.
pub(crate) struct Verified {
    body: Bytes,
    /// The parsed body, if it contained the proof.
    parsed: Option<Body>,
    /// Whether the proof is by the code that a rotation replaced; `None` without a proof.
    pub(crate) old_code: Option<bool>,
    /// The `webhook-id`, if the proof is a signature.
    pub(crate) webhook_id: Option<String>,
}

impl Unverified {
    /// Wraps a request's headers and body.
    pub(crate) fn new(headers: &HeaderMap, body: Bytes) -> Self {
        Self {
            claim: claim(headers),
            body,
        }
    }

    /// Checks the proof that the channel requires; the request does not choose the algorithm. A
    /// signature covers the raw bytes, and if present it alone counts. An unsigned body is parsed,
    /// within bounds, because its `token` is the proof.
    pub(crate) fn verify(&self, access: &Access, now: Timestamp) -> Result<Verified, RequestError> {
        if !matches!(
            (&self.claim, access.security),
            (Claim::Unsigned, Security::Token)
        ) {
            let nth = self.verify_signature(access, now)?;
            return Ok(Verified {
                body: self.body.clone(),
                parsed: None,
                old_code: nth.map(|nth| nth > 0),
                webhook_id: self.signed_id(),
            });
        }
        let parsed = Body::parse(&self.body).map_err(|rejection| {
            if rejection.code == Code::Malformed {
                RequestError::Rejected(rejection)
            } else {
                // JSON, but not an object, so it has no token.
                RequestError::Untrusted(Untrusted::NoMatch)
            }
        })?;
        let token = parsed.object.get("token").and_then(Value::as_str);
        let nth = token.and_then(|token| signature::token_matches(access.codes_at(now), token));
        let nth = nth.ok_or(Untrusted::NoMatch)?;
        Ok(Verified {
            body: Bytes::new(),
            parsed: Some(parsed),
            old_code: Some(nth > 0),
            webhook_id: None,
        })
    }

    fn signed_id(&self) -> Option<String> {
        match &self.claim {
            Claim::Signed(headers) => Some(headers.id.clone()),
            Claim::Unsigned | Claim::Invalid => None,
        }
    }

    /// Checks the signature, and returns the position of its code. A request without a body has no token,
    /// so it must be signed unless the channel requires no proof.
    pub(crate) fn verify_signature(
        &self,
        access: &Access,
        now: Timestamp,
    ) -> Result<Option<usize>, Untrusted> {
        match &self.claim {
            Claim::Signed(headers) => {
                signature::verify(access.codes_at(now), headers, now, &self.body).map(Some)
            }
            Claim::Unsigned if access.security == Security::Open => Ok(None),
            Claim::Unsigned | Claim::Invalid => Err(Untrusted::NoMatch),
        }
    }
}

impl Verified {
    /// Parses the body. Returns the request and what was repaired in it.
    pub(crate) fn read(self) -> Result<(Inbound, Vec<Finding>), Rejection> {
        let body = match self.parsed {
            Some(parsed) => parsed,
            None => Body::parse(&self.body)?,
        };
        body.read()
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
        _ => Claim::Invalid,
    }
}

/// Returns the header's only value; an error if it is repeated or not plain text.
fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_not_text| ()),
        (Some(_), Some(_)) => Err(()),
    }
}
