//! Authentication of requests: Standard Webhooks 1.0 signatures and confirmation codes.
//!
//! The signed content is `id.timestamp.body`; the key is the confirmation code's UTF-8 bytes, or,
//! when it begins with `whsec_`, the base64-decoded rest.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::secret::Secret;
use crate::time::Timestamp;

/// The largest difference between a request's timestamp and the local clock.
pub const TOLERANCE: Duration = Duration::from_mins(5);

/// The prefix of a code that is a base64 key, from Standard Webhooks.
pub const WHSEC: &str = "whsec_";

/// The most signatures that are checked in one `webhook-signature` header. A sender that rotates its
/// code needs two, and each costs an HMAC.
pub const SIGNATURES_MAX: usize = 8;

/// The three headers of a signed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// `webhook-id`: the same for every attempt of one message or notice.
    pub id: String,
    /// `webhook-timestamp`: unix seconds of this attempt.
    pub timestamp: String,
    /// `webhook-signature`: `v1,<base64>`, several separated by spaces.
    pub signature: String,
}

/// Why a request is not authenticated. The sender only receives `unauthorized`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Untrusted {
    /// No signature verifies, or the token is wrong or missing.
    #[error("no signature or token matches")]
    NoMatch,
    /// The timestamp is not a number or further than [`TOLERANCE`] away.
    #[error("the timestamp is missing or more than 300 s away")]
    Stale,
    /// A code that begins with `whsec_` is not base64 after it.
    #[error("the code begins with whsec_ but the rest is not base64")]
    BadCode,
}

/// The key bytes of a confirmation code.
pub fn key(code: &Secret) -> Result<Vec<u8>, Untrusted> {
    match code.expose().strip_prefix(WHSEC) {
        Some(rest) => STANDARD.decode(rest).map_err(|_| Untrusted::BadCode),
        None => Ok(code.expose().as_bytes().to_vec()),
    }
}

/// Signs with every code, newest first; during a rotation there are two.
pub fn sign<'a>(
    codes: impl IntoIterator<Item = &'a Secret>,
    id: &str,
    now: Timestamp,
    body: &[u8],
) -> Result<Headers, Untrusted> {
    let timestamp = now.as_secs().to_string();
    let mut signature = String::new();
    for code in codes {
        if !signature.is_empty() {
            signature.push(' ');
        }
        signature.push_str("v1,");
        signature.push_str(
            &STANDARD.encode(
                mac(&key(code)?, id, &timestamp, body)
                    .finalize()
                    .into_bytes(),
            ),
        );
    }
    Ok(Headers {
        id: id.to_owned(),
        timestamp,
        signature,
    })
}

/// Checks a signed request against every valid code, in constant time for each pair. Returns the position
/// of the first code that signed it.
pub fn verify<'a>(
    codes: impl IntoIterator<Item = &'a Secret>,
    headers: &Headers,
    now: Timestamp,
    body: &[u8],
) -> Result<usize, Untrusted> {
    let stamped: i64 = headers.timestamp.parse().map_err(|_| Untrusted::Stale)?;
    if stamped.abs_diff(now.as_secs()) > TOLERANCE.as_secs() {
        return Err(Untrusted::Stale);
    }
    let offered: Vec<Vec<u8>> = headers
        .signature
        .split(' ')
        .filter_map(|one| one.strip_prefix("v1,"))
        .take(SIGNATURES_MAX)
        .filter_map(|one| STANDARD.decode(one).ok())
        .collect();
    let mut matched = None;
    for (nth, code) in codes.into_iter().enumerate() {
        let key = key(code)?;
        // Anybody can sign with an empty key.
        if key.is_empty() {
            continue;
        }
        let mac = mac(&key, &headers.id, &headers.timestamp, body);
        for signature in &offered {
            let is_right = mac.clone().verify_slice(signature).is_ok();
            matched = matched.or(is_right.then_some(nth));
        }
    }
    matched.ok_or(Untrusted::NoMatch)
}

/// Checks a body's `token` against every valid code. Returns the position of the code that it is. Hashing
/// first makes the time of the comparison independent of the lengths.
pub fn token_matches<'a>(
    codes: impl IntoIterator<Item = &'a Secret>,
    token: &str,
) -> Option<usize> {
    let offered = Sha256::digest(token);
    let mut matched = None;
    for (nth, code) in codes.into_iter().enumerate() {
        let right = Sha256::digest(code.expose()).ct_eq(&offered);
        // An empty token proves nothing.
        let is_right = bool::from(right) && !code.expose().is_empty();
        matched = matched.or(is_right.then_some(nth));
    }
    matched
}

/// The correct response to `challenge`: base64 of HMAC-SHA256(key, challenge).
pub fn answer(code: &Secret, challenge: &str) -> Result<String, Untrusted> {
    let mut mac = keyed(&key(code)?);
    mac.update(challenge.as_bytes());
    Ok(STANDARD.encode(mac.finalize().into_bytes()))
}

/// Whether an answer to `challenge` proves the code, in constant time.
pub fn answer_proves(code: &Secret, challenge: &str, offered: &str) -> bool {
    answer(code, challenge).is_ok_and(|right| right.as_bytes().ct_eq(offered.as_bytes()).into())
}

fn mac(key: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = keyed(key);
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    mac
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    #[expect(
        clippy::expect_used,
        reason = "HMAC takes a key of any length (RFC 2104)"
    )]
    Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests;
