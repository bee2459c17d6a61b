//! Decides which addresses egress may connect to. Pure: it resolves no names.
//!
//! Administrators choose the webhook and the name's owner chooses its addresses, so neither is trusted:
//! without an entry in `egress.allow` only public addresses pass. IPv6 must be global unicast and
//! outside the special ranges. An IPv6 address that stands for an IPv4 address is checked as that one.

mod allow;
mod host;
mod ranges;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use chat::reason::Reason;

pub use allow::{Allow, BadAllow};
pub(crate) use host::Host;

/// The guard with its exceptions.
#[derive(Clone, Debug)]
pub(crate) struct Guard {
    allow: Vec<Allow>,
}

impl Guard {
    pub(crate) fn new(allow: Vec<Allow>) -> Self {
        Self { allow }
    }

    /// Checks all addresses of a host. One refused address refuses the host: a name with both kinds is
    /// an attack or a mistake.
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
            let meant = ranges::meant(address);
            let Some(class) = ranges::refused(meant) else {
                continue;
            };
            let is_allowed = |allow: &Allow| allow.holds(address) || allow.holds(meant);
            if !self.allow.iter().any(is_allowed) {
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
