//! The address of NATS's WebSocket for browsers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::Uri;
use hyper::http::uri::Authority;

/// The address of NATS's WebSocket for browsers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Websocket(Address);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    /// The URL at a proxy, the same for all browsers.
    Url(String),
    /// The address of the listener.
    Listener(SocketAddr),
}

/// The text is not the URL of a WebSocket.
#[derive(Debug, thiserror::Error)]
#[error("must be the URL of a WebSocket, such as wss://desk.example.org/nats")]
pub struct NotAWebsocket;

impl Websocket {
    /// Parses a URL, `ws://` or `wss://`.
    pub fn at(url: &str) -> Result<Self, NotAWebsocket> {
        let uri: Uri = url.parse().map_err(|_| NotAWebsocket)?;
        let known = matches!(uri.scheme_str(), Some("ws" | "wss"));
        let host = uri.authority().and_then(host_of).is_some();
        if known && host && uri.query().is_none() {
            Ok(Self(Address::Url(url.to_owned())))
        } else {
            Err(NotAWebsocket)
        }
    }

    /// Uses the listener's address. If that is unspecified (`0.0.0.0`), browsers connect to the host of
    /// the page.
    #[must_use]
    pub fn listening(address: SocketAddr) -> Self {
        Self(Address::Listener(address))
    }

    /// Returns the URL for a page requested with this `Host`.
    pub(crate) fn url(&self, host: Option<&str>) -> String {
        let address = match &self.0 {
            Address::Url(url) => return url.clone(),
            Address::Listener(address) => address,
        };
        let authority: Option<Authority> = host.and_then(|host| host.parse().ok());
        let named = authority.as_ref().and_then(host_of);
        match named.filter(|_| address.ip().is_unspecified()) {
            Some(host) => format!("ws://{host}:{}", address.port()),
            None => format!("ws://{}", on_this_machine(*address)),
        }
    }

    /// Returns the URL as a source of a Content-Security-Policy. That cannot express IPv6 addresses, so
    /// for them it allows the scheme, and NATS's list of origins is the protection.
    pub(crate) fn source(&self, host: Option<&str>) -> String {
        let url = self.url(host);
        let (scheme, rest) = url.split_once("://").unwrap_or(("wss", ""));
        match rest.split('/').next() {
            Some(authority) if !authority.starts_with('[') => format!("{scheme}://{authority}"),
            _ => format!("{scheme}:"),
        }
    }
}

/// Formats the URL for this machine.
impl fmt::Display for Websocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url(None))
    }
}

/// Returns the host without its port if it is a plain name or address: it is copied into a header.
fn host_of(authority: &Authority) -> Option<&str> {
    let host = authority.host();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let inner = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let good = match inner {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(plain),
    };
    (good && !authority.as_str().contains('@')).then_some(host)
}

fn on_this_machine(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(websocket: &Websocket, host: Option<&str>, url: &str, source: &str) {
        assert_eq!(websocket.url(host), url, "{host:?}");
        assert_eq!(websocket.source(host), source, "{host:?}");
    }

    #[test]
    fn an_unspecified_address_uses_the_host_of_the_page() {
        let all = Websocket::listening("0.0.0.0:9222".parse().unwrap());
        for (host, named) in [
            ("desk.lan:8081", "desk.lan"),
            ("desk.lan", "desk.lan"),
            ("10.1.2.3:8081", "10.1.2.3"),
            ("localhost:8081", "localhost"),
        ] {
            let url = format!("ws://{named}:9222");
            check(&all, Some(host), &url, &url);
        }
        check(&all, Some("[::1]:8081"), "ws://[::1]:9222", "ws:");
    }

    #[test]
    fn an_invalid_host_is_never_copied() {
        let all = Websocket::listening("0.0.0.0:9222".parse().unwrap());
        let here = "ws://127.0.0.1:9222";
        check(&all, None, here, here);
        for host in [
            "",
            "a; script-src *",
            "a,b",
            "user@a",
            "a'b",
            "*",
            "[x]:1",
            "a b",
            "a/b",
        ] {
            check(&all, Some(host), here, here);
        }
    }

    #[test]
    fn a_specific_address_is_used_for_every_host() {
        let here = Websocket::listening("127.0.0.1:9222".parse().unwrap());
        let url = "ws://127.0.0.1:9222";
        check(&here, Some("localhost:8081"), url, url);
        check(&here, Some("evil.example"), url, url);
        let six = Websocket::listening("[::1]:9222".parse().unwrap());
        check(&six, None, "ws://[::1]:9222", "ws:");
    }

    #[test]
    fn a_configured_url_is_used_for_every_host() {
        let proxied = Websocket::at("wss://desk.example.org/nats").unwrap();
        let source = "wss://desk.example.org";
        check(&proxied, Some("x"), "wss://desk.example.org/nats", source);
        for url in [
            "",
            "desk.example.org",
            "https://desk.example.org",
            "ws://",
            "ws://u@h",
            "wss://a;b/",
            "wss://a/?b",
        ] {
            assert!(Websocket::at(url).is_err(), "{url}");
        }
    }
}
