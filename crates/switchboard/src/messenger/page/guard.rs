//! Whose browser may ask: only a page of ours, opened by this machine's address.

use std::net::IpAddr;

use hyper::Method;
use hyper::header::{CONTENT_TYPE, HOST, HeaderName, ORIGIN};
use hyper::http::request::Parts;

use super::action::Refusal;

/// Refuses what a foreign page could have its reader's browser ask.
pub(super) fn check(head: &Parts) -> Result<(), Refusal> {
    let text = |name: HeaderName| head.headers.get(name)?.to_str().ok();
    let host = text(HOST).unwrap_or("");
    // A name can be made to mean this machine by whoever owns it; an address cannot.
    if !is_address(host) {
        return Err(Refusal::HOST);
    }
    if head.method == Method::POST {
        let origin = text(ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        if origin != Some(host) {
            return Err(Refusal::ORIGIN);
        }
        if text(CONTENT_TYPE) != Some("application/json") {
            return Err(Refusal::KIND);
        }
    }
    Ok(())
}

/// Whether a `Host` is an address, or `localhost`, with or without a port.
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
        check(&head).map_err(|refusal| refusal.words)
    }

    #[test]
    fn only_an_address_is_a_host() {
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
    fn a_post_is_taken_from_our_own_page_alone() {
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
            let words = check_post(&[host, ("origin", origin), json]).unwrap_err();
            assert_eq!(words, Refusal::ORIGIN.words, "{origin}");
        }
        assert_eq!(check_post(&[host, json]), Err(Refusal::ORIGIN.words));
        let plain = ("content-type", "text/plain");
        assert_eq!(check_post(&[host, ours, plain]), Err(Refusal::KIND.words));
        let named = [
            ("host", "evil.example"),
            ("origin", "http://evil.example"),
            json,
        ];
        assert_eq!(check_post(&named), Err(Refusal::HOST.words));
    }
}
