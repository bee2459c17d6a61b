//! The responses to requests of browsers.

use super::*;

/// A page as its build makes it.
fn page() -> Page {
    let files = [
        (INDEX, "<!doctype html>"),
        ("assets/main-1a2b.js", "plain"),
        ("assets/main-1a2b.js.br", "brotli"),
        ("assets/main-1a2b.js.gz", "gzip"),
        ("icon.svg", "<svg/>"),
        ("icon.svg.gz", "zipped"),
        // A suffix without an original is an ordinary file.
        ("alone.txt.br", "alone"),
    ];
    let files = files.map(|(name, body)| (name.to_owned(), Bytes::from_static(body.as_bytes())));
    let websocket = Websocket::listening("0.0.0.0:9222".parse().unwrap());
    let origins = vec!["http://desk.lan:8081".to_owned()];
    let workspace = "default".to_owned();
    Page {
        files: Files::of(&files.into()),
        public: Public {
            workspace,
            websocket,
            origins,
        },
    }
}

fn ask(path: &str, headers: &[(&str, &str)]) -> Response<Full<Bytes>> {
    say("GET", path, headers)
}

fn say(method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    page().answer(&request.body(()).unwrap())
}

fn header<'a>(response: &'a Response<Full<Bytes>>, name: &str) -> Option<&'a str> {
    response
        .headers()
        .get(name)
        .map(|value| value.to_str().unwrap())
}

/// The body, which is all there at once.
fn body(response: &Response<Full<Bytes>>) -> String {
    let mut body = response.body().clone();
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut all = String::new();
    while let std::task::Poll::Ready(Some(frame)) =
        hyper::body::Body::poll_frame(std::pin::Pin::new(&mut body), &mut context)
    {
        all += std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap();
    }
    all
}

#[test]
fn the_page_is_revalidated_and_hashed_files_are_cached() {
    let index = ask("/", &[]);
    assert_eq!(index.status(), StatusCode::OK);
    assert_eq!(header(&index, "content-type"), Some(HTML));
    assert_eq!(header(&index, "cache-control"), Some("no-cache"));
    assert_eq!(header(&index, "vary"), None);
    let named = ask("/index.html", &[]);
    assert_eq!(header(&named, "etag"), header(&index, "etag"));
    let main = ask("/assets/main-1a2b.js", &[]);
    let kept = header(&main, "cache-control");
    assert_eq!(kept, Some("public, max-age=31536000, immutable"));
    let kind = header(&main, "content-type");
    assert_eq!(kind, Some("text/javascript; charset=utf-8"));
    let icon = ask("/icon.svg", &[]);
    assert_eq!(header(&icon, "cache-control"), Some("no-cache"));
    assert_eq!(header(&icon, "content-type"), Some("image/svg+xml"));
}

#[test]
fn a_file_is_sent_in_the_preferred_encoding() {
    for (path, accepted, encoding, content) in [
        ("/assets/main-1a2b.js", "gzip, br", Some("br"), "brotli"),
        ("/assets/main-1a2b.js", "gzip", Some("gzip"), "gzip"),
        ("/assets/main-1a2b.js", "deflate", None, "plain"),
        ("/icon.svg", "br", None, "<svg/>"),
        ("/icon.svg", "br, gzip;q=0.1", Some("gzip"), "zipped"),
        ("/alone.txt.br", "br", None, "alone"),
    ] {
        let answer = ask(path, &[("accept-encoding", accepted)]);
        assert_eq!(header(&answer, "content-encoding"), encoding, "{path}");
        assert_eq!(body(&answer), content, "{path} as {accepted}");
        let varies = path != "/alone.txt.br";
        assert_eq!(header(&answer, "vary").is_some(), varies, "{path}");
    }
    let twice = [("accept-encoding", "deflate"), ("accept-encoding", "br")];
    assert_eq!(body(&ask("/assets/main-1a2b.js", &twice)), "brotli");
    // The encodings are not separate files.
    for path in ["/assets/main-1a2b.js.br", "/assets/main-1a2b.js.gz"] {
        assert_eq!(ask(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[test]
fn a_cached_file_is_not_sent_again() {
    let path = "/assets/main-1a2b.js";
    let zipped = ("accept-encoding", "gzip");
    let plain = ask(path, &[]);
    let tag = header(&plain, "etag").unwrap().to_owned();
    let other = ask(path, &[zipped]);
    let other = header(&other, "etag").unwrap().to_owned();
    assert_ne!(tag, other, "one tag for different bytes");
    for (known, headers, status) in [
        (tag.clone(), &[][..], 304),
        (format!("W/{tag}"), &[], 304),
        (format!("\"x\", {tag}"), &[], 304),
        ("*".to_owned(), &[], 304),
        (other.clone(), &[], 200),
        (other, &[zipped], 304),
        (tag.trim_matches('"').to_owned(), &[], 200),
        (String::new(), &[], 200),
    ] {
        let mut all = headers.to_vec();
        all.push(("if-none-match", &known));
        let answer = ask(path, &all);
        assert_eq!(answer.status().as_u16(), status, "{known} {headers:?}");
        assert_eq!(body(&answer).is_empty(), status == 304);
        assert!(header(&answer, "etag").is_some());
        assert!(header(&answer, "cache-control").is_some());
    }
}

#[test]
fn only_the_page_may_load_anything_and_only_our_own_files() {
    let host = [("host", "desk.lan:8081")];
    let index = ask("/", &host);
    let policy = header(&index, "content-security-policy").unwrap();
    for part in [
        "default-src 'none'; ",
        "script-src 'self'; ",
        "style-src 'self'; ",
        "connect-src 'self' ws://desk.lan:9222; ",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"));
    for path in ["/icon.svg", "/config.json", "/x", "/assets/main-1a2b.js"] {
        let answer = ask(path, &host);
        let policy = header(&answer, "content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; base-uri"), "{path}");
        assert!(!policy.contains("script-src"), "{path}");
        for name in [
            "referrer-policy",
            "permissions-policy",
            "cross-origin-opener-policy",
        ] {
            assert!(header(&answer, name).is_some(), "{path}: {name}");
        }
        assert_eq!(header(&answer, "x-content-type-options"), Some("nosniff"));
    }
    // An invalid host is not copied into a header.
    let index = ask("/", &[("host", "a; script-src *")]);
    let policy = header(&index, "content-security-policy").unwrap();
    assert!(policy.contains("connect-src 'self' ws://127.0.0.1:9222; "));
}

#[test]
fn the_config_names_the_websocket_and_its_origins() {
    let config = ask("/config.json", &[("host", "desk.lan:8081")]);
    assert_eq!(header(&config, "content-type"), Some(JSON));
    assert_eq!(header(&config, "etag"), None);
    let config: serde_json::Value = serde_json::from_str(&body(&config)).unwrap();
    let wanted = serde_json::json!({
        "workspace": "default",
        "websocket": "ws://desk.lan:9222",
        "origins": ["http://desk.lan:8081"],
    });
    assert_eq!(config, wanted);
}

#[test]
fn missing_files_and_other_methods_get_a_plain_text_error() {
    for path in [
        "/x",
        "/assets",
        "/assets/",
        "//",
        "/../icon.svg",
        "/ICON.svg",
    ] {
        let answer = ask(path, &[]);
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(body(&answer), "Not found; try /\n");
    }
    for (method, path, status) in [
        ("POST", "/", 405),
        ("DELETE", "/icon.svg", 405),
        ("OPTIONS", "/config.json", 405),
        ("POST", "/x", 404),
        ("HEAD", "/icon.svg", 200),
    ] {
        let answer = say(method, path, &[]);
        assert_eq!(answer.status().as_u16(), status, "{method} {path}");
        let allowed = (status == 405).then_some("GET, HEAD");
        assert_eq!(header(&answer, "allow"), allowed);
    }
}

#[test]
fn every_embedded_file_has_a_known_media_type() {
    for name in Files::built().names() {
        assert_ne!(files::kind(name), "application/octet-stream", "{name}");
    }
}
