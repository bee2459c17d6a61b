//! The parts of a webhook's URL.

use std::sync::Arc;

use chat::reason::Reason;
use chat::verification::request_url;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Scheme;

use crate::guard::Host;

/// A valid webhook URL.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) uri: Uri,
    pub(crate) host: Host,
    pub(crate) port: u16,
    /// Scheme, host and port, whose connections serve every target with the same.
    pub(crate) origin: Arc<str>,
    /// What a request line has: the path and the query.
    pub(crate) path: Uri,
    /// The value of the header `host`.
    pub(crate) host_header: HeaderValue,
}

impl Target {
    /// Parses a URL: `http` or `https`, with an unambiguous host, without user or password.
    pub(crate) fn parse(url: &str) -> Result<Self, Reason> {
        request_url(url)
            .parse()
            .map_err(|_| Reason::NotAWebhook)
            .and_then(Self::of)
    }

    /// Checks a parsed URL.
    pub(crate) fn of(uri: Uri) -> Result<Self, Reason> {
        let default = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTP => 80,
            Some(scheme) if *scheme == Scheme::HTTPS => 443,
            _ => return Err(Reason::NotAWebhook),
        };
        let authority = uri.authority().ok_or(Reason::NotAWebhook)?;
        if authority.as_str().contains('@') {
            return Err(Reason::WebhookWithCredentials);
        }
        let host = Host::parse(authority.host())?;
        let port = match authority.port() {
            Some(port) => port.as_u16(),
            // `host:` and `host:99999` are invalid.
            None if authority.as_str() != authority.host() => return Err(Reason::NotAWebhook),
            None => default,
        };
        let named = if port == default {
            authority.host()
        } else {
            authority.as_str()
        };
        let host_header = HeaderValue::from_str(named).map_err(|_| Reason::NotAWebhook)?;
        let path = uri.path_and_query().cloned();
        Ok(Self {
            origin: format!("{}//{host}:{port}", uri.scheme_str().unwrap_or_default()).into(),
            path: path.map_or_else(Uri::default, Uri::from),
            host_header,
            uri,
            host,
            port,
        })
    }
}
