//! Verification of channels: judges responses to `connect` and normalises webhook URLs.

use serde_json::Value;
use url::{Position, Url};

use crate::model::{Capabilities, Verified};
use crate::reason::Reason;
use crate::rpc::{Outcome, Security};
use crate::secret::Secret;
use crate::signature;
use crate::verdict::{RequestKind, Verdict};

/// Why a messenger is asked to verify itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The channel is new.
    Connect,
    /// An administrator reconnects the channel.
    Reconnect,
    /// An administrator tests the channel; nothing changes.
    Test,
    /// The channel's webhook is changed to this one.
    Webhook(String),
}

/// The result of a successful verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// How the channel was verified.
    pub verified: Verified,
    /// The messenger's capabilities, if it reported them.
    pub capabilities: Option<Capabilities>,
    /// Whether it answered the challenge with the code that a rotation replaced; `None` if it did not
    /// answer it.
    pub old_code: Option<bool>,
}

/// Judges the response to `connect`. Every code answers the challenge; they are in order, newest first.
pub fn judge(
    outcome: &Outcome,
    codes: &[Secret],
    challenge: &str,
    security: Security,
) -> Result<Proof, Reason> {
    let answer = match outcome {
        Outcome::Answered { status, answer, .. } => {
            if Verdict::of(RequestKind::Connect, *status) != Verdict::Accepted {
                return Err(Reason::of_status(*status));
            }
            answer
        }
        Outcome::Failed(reason) => return Err(reason.clone()),
    };
    let body: Value = serde_json::from_slice(answer).unwrap_or_default();
    let reported = body
        .get("capabilities")
        .filter(|c| c.is_object())
        .map(capabilities);
    let proves = |offered: &str| {
        let mut codes = codes.iter();
        codes.position(|code| signature::answer_proves(code, challenge, offered))
    };
    match body.get("challenge") {
        Some(Value::Null) | None if security != Security::Signed => Ok(Proof {
            verified: Verified::Status,
            capabilities: reported,
            old_code: None,
        }),
        Some(Value::Null) | None => Err(Reason::ChallengeNotAnswered),
        Some(answer) => {
            let nth = answer.as_str().and_then(proves);
            Ok(Proof {
                verified: Verified::Challenge,
                capabilities: reported,
                old_code: Some(nth.ok_or(Reason::WrongChallengeAnswer)? > 0),
            })
        }
    }
}

/// Reads capabilities. A member of the wrong type counts as missing.
fn capabilities(object: &Value) -> Capabilities {
    let flag = |name: &str| object.get(name).and_then(Value::as_bool).unwrap_or(false);
    Capabilities {
        operator_initiated: flag("operatorInitiated"),
        files: flag("files"),
        typing: flag("typing"),
        receipts: flag("receipts"),
        edits: flag("edits"),
        sessions: flag("sessions"),
        max_text_length: object
            .get("maxTextLength")
            .and_then(Value::as_u64)
            .and_then(|n| n.try_into().ok()),
    }
}

/// Normalises a webhook URL, which identifies an account: scheme and host in lower case, without the
/// default port and the fragment. An error says what is wrong with it.
pub fn account(webhook: &str) -> Result<String, &'static str> {
    let webhook = webhook.trim();
    let (scheme, rest) = webhook
        .split_once("://")
        .ok_or("must begin with http:// or https://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return Err("must begin with http:// or https://"),
    };
    let rest = rest.split('#').next().unwrap_or_default();
    if rest.bytes().any(|b| b <= b' ' || b == 0x7f || b == b'\\') {
        return Err("must not contain spaces, control characters or backslashes");
    }
    let (host, path) = match rest.find(['/', '?']) {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    if host.contains('@') {
        return Err("must not contain a user name or password");
    }
    let host = authority(&host.to_ascii_lowercase(), default_port)?;
    let path = if path.is_empty() || path.starts_with('?') {
        format!("/{path}")
    } else {
        path.to_owned()
    };
    Ok(format!("{scheme}://{host}{path}"))
}

/// Returns a normalised webhook URL as requests use it: path and query percent-encoded, and dot segments
/// resolved, by the WHATWG URL standard. The host is kept: the standard reads forms such as
/// `127.1` as addresses, which requests refuse.
pub fn request_url(webhook: &str) -> String {
    let (scheme, rest) = webhook.split_once("://").unwrap_or(("", webhook));
    let (host, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    match Url::parse(&format!("http://h{target}")) {
        Ok(url) => format!(
            "{scheme}://{host}{}",
            &url[Position::BeforePath..Position::AfterQuery]
        ),
        Err(_) => webhook.to_owned(),
    }
}

/// Whether two normalised webhook URLs name one account, that is, are equivalent by RFC 3986 (6.2.2 and
/// 6.2.3) once they are percent-encoded. A trailing slash makes another path. URLs of older logs are
/// less normalised, so that the comparison does the rest.
pub fn is_same_account(one: &str, other: &str) -> bool {
    one == other || equivalent(one) == equivalent(other)
}

/// The part of the normal form that [`account`] leaves out, because the URL is shown as it was entered:
/// dot segments, percent-encoding, and the dot at the end of a host.
fn equivalent(url: &str) -> String {
    let url = request_url(url);
    let (scheme, rest) = url.split_once("://").unwrap_or(("", &url));
    let (host, target) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let (name, port) = if port.contains(']') {
        (host, "")
    } else {
        (name, port)
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    format!("{scheme}://{name}:{port}{}", decoded(target))
}

/// Decodes the characters that need no percent-encoding, and writes the others in upper case.
fn decoded(text: &str) -> String {
    let mut parts = text.split('%');
    let mut decoded = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or(("", part));
        let is_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        match u8::from_str_radix(digits, 16) {
            Ok(b) if is_hex && (b.is_ascii_alphanumeric() || b"-._~".contains(&b)) => {
                decoded.push(b.into());
            }
            Ok(_) if is_hex => decoded.extend(["%", &digits.to_ascii_uppercase()]),
            _ => decoded.extend(["%", digits]),
        }
        decoded.push_str(rest);
    }
    decoded
}

/// A host and its port, without the default one.
fn authority(text: &str, default_port: u16) -> Result<String, &'static str> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, port),
        _ => (text, ""),
    };
    if host.is_empty() {
        return Err("must name a host");
    }
    if !host.is_ascii() {
        return Err("must have an international host name in its xn-- form");
    }
    if host.contains(':') && !host.starts_with('[') {
        return Err("must have an IPv6 address in brackets");
    }
    if port.is_empty() {
        return Ok(host.to_owned());
    }
    let digits = port.bytes().all(|b| b.is_ascii_digit());
    match port.parse::<u16>() {
        Ok(port) if digits && port == default_port => Ok(host.to_owned()),
        Ok(port @ 1..) if digits => Ok(format!("{host}:{port}")),
        _ => Err("must have a port from 1 to 65535"),
    }
}

#[cfg(test)]
mod tests;
