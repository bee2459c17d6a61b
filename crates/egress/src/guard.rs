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

pub use allow::{Allow, BadAllow};
pub(crate) use host::Host;

/// Why a webhook is not spoken to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Not a URL, or not one of HTTP. It is not repeated: it may hold a secret.
    #[error("the webhook is not an http or https URL with a host")]
    Url,
    /// A user or password in the URL, which also serves to disguise the host.
    #[error("the webhook's URL holds a user name or password; remove what stands before the @")]
    UserInfo,
    /// A host that some read as one address and others as another.
    #[error(
        "the guard refuses the host {host:?}; write a name, four decimal numbers, or IPv6 in brackets"
    )]
    Spelling {
        /// The host as it was written.
        host: String,
    },
    /// An address that is not of the public internet.
    #[error(
        "the guard refuses {address} of {host} ({class}); egress.allow opens it if it is meant"
    )]
    Address {
        /// The host as it was written.
        host: String,
        /// The address that it is, or resolves to.
        address: IpAddr,
        /// What the address is.
        class: &'static str,
    },
}

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
    ) -> Result<(), Refused> {
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
                return Err(Refused::Address {
                    host: host.to_string(),
                    address,
                    class,
                });
            }
        }
        Ok(())
    }
}
