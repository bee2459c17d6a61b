//! The host of a URL: a name or an address that all programs parse alike.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use chat::reason::Reason;

/// The longest name and the longest label of one, in bytes (RFC 1035).
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// The host of a URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Host {
    /// A name in lower case, without the trailing dot.
    Name(String),
    /// An address in canonical form.
    Address(IpAddr),
}

impl Host {
    /// Parses a host. Some resolvers read `0x7f.1`, `2130706433`, `0177.0.0.1` or `127.1` as 127.0.0.1,
    /// so a host that ends in a number but is not four decimal ones is refused. So are zones (`%eth0`),
    /// escapes and non-ASCII letters (international names use punycode).
    pub(crate) fn parse(text: &str) -> Result<Self, Reason> {
        let refused = || Reason::HostRefused {
            name: text.to_owned(),
        };
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or_else(refused)?;
            let address: Ipv6Addr = inner.parse().map_err(|_| refused())?;
            return Ok(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(address.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        if name.len() > NAME_BYTES_MAX || is_number(last) || !name.split('.').all(is_label) {
            return Err(refused());
        }
        Ok(Self::Name(name))
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(address) => address.fmt(f),
        }
    }
}

fn is_label(label: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    !label.is_empty() && label.len() <= LABEL_BYTES_MAX && label.bytes().all(good)
}

fn is_number(label: &str) -> bool {
    match label.strip_prefix("0x") {
        Some(rest) => rest.bytes().all(|b| b.is_ascii_hexdigit()),
        None => label.bytes().all(|b| b.is_ascii_digit()),
    }
}
