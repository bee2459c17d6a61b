//! The exceptions of the guard.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::Host;

/// An exception of the guard: a network such as `10.0.0.0/8` or `::1/128`, an address such as
/// `127.0.0.1`, or a host name such as `chat.corp.local`, whatever it resolves to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Allow {
    /// Every address of this network.
    Net(IpNet),
    /// This name in lower case, without subdomains.
    Host(String),
}

/// An invalid entry of `egress.allow`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is neither a network such as 10.0.0.0/8 nor an address nor a host name")]
pub struct BadAllow {
    /// The entry.
    pub text: String,
}

impl FromStr for Allow {
    type Err = BadAllow;

    fn from_str(text: &str) -> Result<Self, BadAllow> {
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self::Net(net.trunc()));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Net(address.into()));
        }
        match Host::parse(text) {
            Ok(Host::Name(name)) => Ok(Self::Host(name)),
            Ok(Host::Address(address)) => Ok(Self::Net(address.into())),
            Err(_) => Err(BadAllow {
                text: text.to_owned(),
            }),
        }
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(net) => net.fmt(f),
            Self::Host(name) => name.fmt(f),
        }
    }
}

impl Allow {
    pub(super) fn is_host(&self, name: &str) -> bool {
        matches!(self, Self::Host(allowed) if allowed == name)
    }

    /// Returns whether the network contains the address.
    pub(super) fn holds(&self, address: IpAddr) -> bool {
        match self {
            Self::Net(net) => net.contains(&address),
            Self::Host(_) => false,
        }
    }
}
