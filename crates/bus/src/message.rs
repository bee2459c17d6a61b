//! A message and its headers.

use std::str::FromStr;

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;

use crate::error::Error;

/// The header with the text of a refusal (NATS ADR-32).
pub const ERROR_HEADER: &str = "Nats-Service-Error";
/// The header with the HTTP-like status of a refusal (NATS ADR-32).
pub const ERROR_CODE_HEADER: &str = "Nats-Service-Error-Code";

/// A message. Its `Debug` output omits the payload, which may contain secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The subject that it was sent to.
    pub subject: String,
    /// Names and values, in no particular order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub payload: Bytes,
    /// The subject for a reply, if the message is a request.
    pub reply: Option<String>,
}

impl Message {
    /// Returns a header's first value. Names are case-sensitive (NATS ADR-4).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.as_str())
    }

    /// Returns the error if this reply is a refusal.
    pub(crate) fn refusal(&self, subject: &str) -> Option<Error> {
        let code = self.header(ERROR_CODE_HEADER)?;
        Some(Error::Refused {
            subject: subject.to_owned(),
            code: code.parse().unwrap_or(500),
            reason: self.header(ERROR_HEADER).unwrap_or_default().to_owned(),
        })
    }
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message")
            .field("subject", &self.subject)
            .field("reply", &self.reply)
            .field("bytes", &self.payload.len())
            .finish_non_exhaustive()
    }
}

impl From<async_nats::Message> for Message {
    fn from(message: async_nats::Message) -> Self {
        Self {
            subject: message.subject.into_string(),
            headers: message.headers.as_ref().map(pairs).unwrap_or_default(),
            payload: message.payload,
            reply: message.reply.map(async_nats::Subject::into_string),
        }
    }
}

fn pairs(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect()
}

/// Converts headers for `async-nats`. Rejects line breaks, which would inject other headers.
pub(crate) fn checked(headers: &[(&str, &str)]) -> Result<HeaderMap, Error> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let bad = || Error::Header((*name).to_owned());
        if name.is_empty() {
            return Err(bad());
        }
        map.append(
            HeaderName::from_str(name).map_err(|_| bad())?,
            HeaderValue::from_str(value).map_err(|_| bad())?,
        );
    }
    Ok(map)
}
