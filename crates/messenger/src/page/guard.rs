//! Accepts requests only from the phone's own page, opened by IP address.

use std::net::IpAddr;

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;

use super::refusal::Refusal;

/// Refuses requests that a foreign page could make the browser send.
pub(crate) fn check(head: &Parts) -> Result<(), Refusal> {
    let text = |name: HeaderName| head.headers.get(name)?.to_str().ok();
    let host = text(HOST).unwrap_or("");
    // A foreign host name can be made to resolve to this machine (DNS rebinding).
    if !is_address(host) {
        return Err(Refusal::HOST);
    }
    if head.method == Method::POST {
        let origin = text(ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        if origin != Some(host) {
            return Err(Refusal::ORIGIN);
        }
        if text(CONTENT_TYPE) != Some("application/json") {
            return Err(Refusal::CONTENT_TYPE);
        }
    }
    Ok(())
}

/// Whether a `Host` is an IP address or `localhost`, with or without a port.
fn is_address(host: &str) -> bool {
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (host, "80"),
    };
    let bare = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let is_host = name == "localhost" || bare.unwrap_or(name).parse::<IpAddr>().is_ok();
    is_host && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_post(headers: &[(&str, &str)]) -> Result<(), &'static str> {
        let mut request = hyper::Request::post("/do");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).unwrap().into_parts();
        check(&head).map_err(|refusal| refusal.message)
    }

    #[test]
    fn only_addresses_are_accepted_as_host() {
        for host in [
            "127.0.0.1:7080",
            "localhost:7080",
            "[::1]:7080",
            "[::1]",
            "10.0.0.1",
        ] {
            assert!(is_address(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example:80",
            "localhost.",
            "127.0.0.1:x",
        ] {
            assert!(!is_address(host), "{host}");
        }
    }

    #[test]
    fn posts_are_accepted_only_from_our_own_page() {
        let json = ("content-type", "application/json");
        let host = ("host", "127.0.0.1:7080");
        let ours = ("origin", "http://127.0.0.1:7080");
        assert_eq!(check_post(&[host, ours, json]), Ok(()));
        for origin in [
            "http://evil.example",
            "http://127.0.0.1:7081",
            "null",
            "https://127.0.0.1:7080",
        ] {
            let message = check_post(&[host, ("origin", origin), json]).unwrap_err();
            assert_eq!(message, Refusal::ORIGIN.message, "{origin}");
        }
        assert_eq!(check_post(&[host, json]), Err(Refusal::ORIGIN.message));
        let plain = ("content-type", "text/plain");
        assert_eq!(
            check_post(&[host, ours, plain]),
            Err(Refusal::CONTENT_TYPE.message)
        );
        let named = [
            ("host", "evil.example"),
            ("origin", "http://evil.example"),
            json,
        ];
        assert_eq!(check_post(&named), Err(Refusal::HOST.message));
    }
}
