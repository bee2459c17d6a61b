//! A webhook's URL, as far as it matters to where we connect.

use hyper::Uri;
use hyper::http::uri::Scheme;

use crate::guard::{Host, Refused};

/// A URL that can be spoken to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) uri: Uri,
    pub(crate) host: Host,
    pub(crate) port: u16,
}

impl Target {
    /// Reads a URL: `http` or `https`, with a host that has one reading, without user or password.
    pub(crate) fn parse(url: &str) -> Result<Self, Refused> {
        url.parse().map_err(|_| Refused::Url).and_then(Self::of)
    }

    /// The same for a URL that is one already.
    pub(crate) fn of(uri: Uri) -> Result<Self, Refused> {
        let default = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => 80,
            Some(scheme) if *scheme == Scheme::HTTPS => 443,
            _ => return Err(Refused::Url),
        };
        let authority = uri.authority().ok_or(Refused::Url)?;
        if authority.as_str().contains('@') {
            return Err(Refused::UserInfo);
        }
        let host = Host::parse(authority.host())?;
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            // `host:` and `host:99999` are no ports either.
            None if authority.as_str() != authority.host() => return Err(Refused::Url),
            None => default,
        };
        Ok(Self { uri, host, port })
    }
}
