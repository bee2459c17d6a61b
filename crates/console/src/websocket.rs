//! Where browsers are told that NATS is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use hyper::Uri;
use hyper::http::uri::Authority;

/// The address of NATS's WebSocket, as browsers have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Websocket(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// A proxy's, which is the same for everybody.
    Url(String),
    /// The listener's own.
    Listener(SocketAddr),
}

/// It is no address of a WebSocket.
#[derive(Debug, thiserror::Error)]
#[error("must be the URL of a WebSocket, such as wss://desk.example.org/nats")]
pub struct NotAWebsocket;

impl Websocket {
    /// One that is reached by this URL, `ws://` or `wss://`.
    pub fn at(url: &str) -> Result<Self, NotAWebsocket> {
        let uri: Uri = url.parse().map_err(|_| NotAWebsocket)?;
        let known = matches!(uri.scheme_str(), Some("ws" | "wss"));
        let host = uri.authority().and_then(host_of).is_some();
        if known && host && uri.query().is_none() {
            Ok(Self(Place::Url(url.to_owned())))
        } else {
            Err(NotAWebsocket)
        }
    }

    /// One that listens there. All addresses are no address to connect to: then it is at whatever
    /// name the page was asked for.
    #[must_use]
    pub fn listening(address: SocketAddr) -> Self {
        Self(Place::Listener(address))
    }

    /// Its URL for a page that was asked for with this `Host`.
    pub(crate) fn url(&self, host: Option<&str>) -> String {
        let address = match &self.0 {
            Place::Url(url) => return url.clone(),
            Place::Listener(address) => address,
        };
        let authority: Option<Authority> = host.and_then(|host| host.parse().ok());
        let named = authority.as_ref().and_then(host_of);
        match named.filter(|_| address.ip().is_unspecified()) {
            Some(host) => format!("ws://{host}:{}", address.port()),
            None => format!("ws://{}", on_this_machine(*address)),
        }
    }

    /// What a Content-Security-Policy calls that URL. It has no words for IPv6: there the scheme
    /// alone is named, and NATS's list of origins is what stands between.
    pub(crate) fn source(&self, host: Option<&str>) -> String {
        let url = self.url(host);
        let (scheme, rest) = url.split_once("://").unwrap_or(("wss", ""));
        match rest.split('/').next() {
            Some(authority) if !authority.starts_with('[') => format!("{scheme}://{authority}"),
            _ => format!("{scheme}:"),
        }
    }
}

/// As it is reached on this machine.
impl fmt::Display for Websocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url(None))
    }
}

/// The host without its port, when it is a name or an address and nothing cleverer: it is repeated
/// in a header.
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
    fn one_on_every_address_is_at_the_name_of_the_page() {
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
    fn a_host_that_is_none_is_never_repeated() {
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
    fn one_on_one_address_is_there_whatever_the_page_is_called() {
        let here = Websocket::listening("127.0.0.1:9222".parse().unwrap());
        let url = "ws://127.0.0.1:9222";
        check(&here, Some("localhost:8081"), url, url);
        check(&here, Some("evil.example"), url, url);
        let six = Websocket::listening("[::1]:9222".parse().unwrap());
        check(&six, None, "ws://[::1]:9222", "ws:");
    }

    #[test]
    fn what_is_set_is_told_to_everybody() {
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
