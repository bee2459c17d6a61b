//! The types of the settings, and their parsers.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use chat::secret::Secret;
use chat::subject::Subjects;
use chat::time::parse_duration;
use toml::Value;

/// A type of a key. The error says what the value must be, beginning with "must".
pub(crate) trait FromValue: Sized {
    /// Whether the value must never be printed.
    const SECRET: bool = false;

    /// Parses a value.
    fn from_value(value: &Value) -> Result<Self, String>;
}

impl FromValue for String {
    fn from_value(value: &Value) -> Result<Self, String> {
        let text = value.as_str().ok_or("must be a string")?;
        Ok(text.to_owned())
    }
}

impl FromValue for bool {
    fn from_value(value: &Value) -> Result<Self, String> {
        value
            .as_bool()
            .ok_or_else(|| "must be true or false".to_owned())
    }
}

impl FromValue for u32 {
    fn from_value(value: &Value) -> Result<Self, String> {
        value
            .as_integer()
            .and_then(|n| Self::try_from(n).ok())
            .ok_or_else(|| format!("must be a whole number from 0 to {}", Self::MAX))
    }
}

impl FromValue for Vec<String> {
    fn from_value(value: &Value) -> Result<Self, String> {
        value
            .as_array()
            .and_then(|list| {
                list.iter()
                    .map(|one| one.as_str().map(str::to_owned))
                    .collect()
            })
            .ok_or_else(|| "must be a list of strings, such as [\"a\", \"b\"]".to_owned())
    }
}

impl FromValue for PathBuf {
    fn from_value(value: &Value) -> Result<Self, String> {
        String::from_value(value).map(Self::from)
    }
}

impl FromValue for Secret {
    const SECRET: bool = true;

    fn from_value(value: &Value) -> Result<Self, String> {
        String::from_value(value).map(Self::new)
    }
}

impl FromValue for Subjects {
    fn from_value(value: &Value) -> Result<Self, String> {
        String::from_value(value)?
            .parse()
            .map_err(|_| "must be 1 to 32 of a-z, 0-9, - and _".to_owned())
    }
}

/// An empty string means that the key is not set.
impl<T: FromValue> FromValue for Option<T> {
    const SECRET: bool = T::SECRET;

    fn from_value(value: &Value) -> Result<Self, String> {
        if value.as_str() == Some("") {
            return Ok(None);
        }
        T::from_value(value).map(Some)
    }
}

/// An address to listen on: IP address and port. Not a host name, which may have several addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) SocketAddr);

impl FromValue for Address {
    fn from_value(value: &Value) -> Result<Self, String> {
        let text = String::from_value(value)?;
        let text = text.replace("localhost:", "127.0.0.1:");
        text.parse()
            .map(Self)
            .map_err(|_| "must be an address and a port, such as 127.0.0.1:8080".to_owned())
    }
}

/// The address to connect to a listener on this machine: the unspecified address becomes loopback.
pub(crate) fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

impl FromValue for console::Websocket {
    fn from_value(value: &Value) -> Result<Self, String> {
        Self::at(&String::from_value(value)?).map_err(|error| error.to_string())
    }
}

/// The public URL of ingress, without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublicUrl(pub(crate) String);

impl FromValue for PublicUrl {
    fn from_value(value: &Value) -> Result<Self, String> {
        let wanted = || "must be a URL, such as https://chat.example.org".to_owned();
        let text = String::from_value(value)?;
        let uri: hyper::Uri = text.parse().map_err(|_| wanted())?;
        let http = matches!(uri.scheme_str(), Some("http" | "https"));
        if !http || uri.host().is_none_or(str::is_empty) || uri.query().is_some() {
            return Err(wanted());
        }
        Ok(Self(text.trim_end_matches('/').to_owned()))
    }
}

/// The trusted certificate authorities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Mozilla's certificate authorities, as of this build.
    Mozilla,
    /// The certificate authorities of this machine.
    System,
}

impl FromValue for Trust {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("mozilla") => Ok(Self::Mozilla),
            Some("system") => Ok(Self::System),
            _ => Err("must be mozilla or system".to_owned()),
        }
    }
}

/// A number greater than zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Count(pub(crate) NonZeroUsize);

impl FromValue for Count {
    fn from_value(value: &Value) -> Result<Self, String> {
        value
            .as_integer()
            .and_then(|n| usize::try_from(n).ok())
            .and_then(NonZeroUsize::new)
            .map(Self)
            .ok_or_else(|| "must be a whole number greater than zero".to_owned())
    }
}

/// A number of bytes greater than zero, optionally with a unit, such as `16 KiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) usize);

impl FromValue for Size {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a foreign enum: no other TOML value is a size"
    )]
    fn from_value(value: &Value) -> Result<Self, String> {
        let bytes = match value {
            Value::Integer(bytes) => usize::try_from(*bytes).ok(),
            Value::String(text) => size(text),
            _ => None,
        };
        bytes
            .filter(|bytes| *bytes > 0)
            .map(Self)
            .ok_or_else(|| "must be a size greater than zero, such as 16 KiB or 1 MiB".to_owned())
    }
}

/// A duration greater than zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span(pub(crate) Duration);

impl FromValue for Span {
    fn from_value(value: &Value) -> Result<Self, String> {
        String::from_value(value)
            .ok()
            .and_then(|text| parse_duration(&text))
            .filter(|duration| !duration.is_zero())
            .map(Self)
            .ok_or_else(|| "must be a duration greater than zero, such as 24h or 30s".to_owned())
    }
}

/// The times of attempts, counted from the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Schedule(pub(crate) Vec<Duration>);

impl FromValue for Schedule {
    fn from_value(value: &Value) -> Result<Self, String> {
        Vec::<String>::from_value(value)
            .ok()
            .and_then(|list| list.iter().map(|one| parse_duration(one)).collect())
            .filter(|list: &Vec<Duration>| !list.is_empty() && list.is_sorted())
            .map(Self)
            .ok_or_else(|| {
                "must be a list of increasing durations, such as [\"0s\", \
                 \"1s\", \"5m\"]"
                    .to_owned()
            })
    }
}

/// The format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl FromValue for Format {
    fn from_value(value: &Value) -> Result<Self, String> {
        match value.as_str() {
            Some("text") => Ok(Self::Text),
            Some("json") => Ok(Self::Json),
            _ => Err("must be text or json".to_owned()),
        }
    }
}

/// Parses a number with an optional unit: `B`, `KiB`, `MiB` or `GiB`.
fn size(text: &str) -> Option<usize> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let number: usize = number.parse().ok()?;
    number.checked_mul(match unit.trim() {
        "" | "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    })
}
