//! The confirmation code: signs and verifies requests (Standard Webhooks), answers challenges.

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use hyper::HeaderMap;
use hyper::http::request::Builder;
use jiff::Timestamp;
use sha2::Sha256;
use standardwebhooks::{
    HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook,
};
use subtle::ConstantTimeEq as _;

/// The confirmation code that the channel was connected with.
pub struct Code {
    text: String,
    challenges: Hmac<Sha256>,
    webhook: Webhook,
}

impl Code {
    /// A code as people write it. The key is its UTF-8 bytes or, after `whsec_`, the decoded base64.
    ///
    /// # Errors
    ///
    /// The code is empty, or begins with `whsec_` and does not continue in base64.
    pub fn new(text: &str) -> anyhow::Result<Self> {
        let key = match text.strip_prefix("whsec_") {
            Some(rest) => STANDARD
                .decode(rest)
                .context("a code that begins with whsec_ must continue in base64")?,
            None => text.as_bytes().to_vec(),
        };
        // Anybody can sign with an empty key.
        ensure!(!key.is_empty(), "the confirmation code is empty");
        Ok(Self {
            text: text.to_owned(),
            challenges: Hmac::new_from_slice(&key)?,
            webhook: Webhook::from_bytes(key)?,
        })
    }

    /// The `token` of unsigned requests.
    pub(crate) fn token(&self) -> &str {
        &self.text
    }

    /// Adds the three headers of a signed request.
    pub(crate) fn sign(&self, request: Builder, id: &str, body: &[u8]) -> anyhow::Result<Builder> {
        let timestamp = Timestamp::now().as_second();
        let signature = self.webhook.sign(id, timestamp, body)?;
        Ok(request
            .header(HEADER_WEBHOOK_ID, id)
            .header(HEADER_WEBHOOK_TIMESTAMP, timestamp)
            .header(HEADER_WEBHOOK_SIGNATURE, signature))
    }

    /// Whether the headers sign this body, within 300 s of this machine's clock.
    pub(crate) fn verifies(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        self.webhook.verify(body, headers).is_ok()
    }

    /// Compares a token with the code, in constant time.
    pub(crate) fn matches(&self, token: &str) -> bool {
        token.as_bytes().ct_eq(self.text.as_bytes()).into()
    }

    /// The answer to the `challenge` of a `connect`: base64 of HMAC-SHA256(key, challenge).
    pub(crate) fn answer(&self, challenge: &str) -> String {
        let mac = self.challenges.clone().chain_update(challenge);
        STANDARD.encode(mac.finalize().into_bytes())
    }
}
