//! Which addresses are spoken to: the only place that decides it. Pure: no name is resolved here.
//!
//! A webhook is written by whoever may connect a channel, and resolved by whoever owns the name, so
//! neither is believed: without an entry in `egress.allow` only addresses of the public internet
//! pass. IPv6 is refused unless it is global unicast and none of the ranges that lead elsewhere.

mod allow;
mod host;
mod ranges;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use chat::reason::Reason;

pub use allow::{Allow, BadAllow};
pub(crate) use host::Host;

/// Decides by the list of what is allowed nevertheless.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    allow: Vec<Allow>,
}

impl Guard {
    pub(crate) fn new(allow: Vec<Allow>) -> Self {
        Self { allow }
    }

    /// Whether a host may be connected to at every one of these addresses: those that its name
    /// resolves to, or the one that it is. One bad address spoils them all, since a name that has
    /// both is either a trick or a mistake.
    pub(crate) fn check(
        &self,
        host: &Host,
        addresses: impl IntoIterator<Item = IpAddr>,
    ) -> Result<(), Reason> {
        if let Host::Name(name) = host
            && self.allow.iter().any(|allow| allow.is_host(name))
        {
            return Ok(());
        }
        for address in addresses {
            let Some(class) = ranges::refused(address) else {
                continue;
            };
            if !self.allow.iter().any(|allow| allow.holds(address)) {
                return Err(Reason::AddressRefused {
                    address: address.to_string(),
                    name: host.to_string(),
                    detail: class.to_owned(),
                });
            }
        }
        Ok(())
    }
}
