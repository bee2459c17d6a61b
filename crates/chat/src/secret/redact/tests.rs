use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE};
use serde_json::{Value, json};

use super::*;
use crate::rpc::ANSWER_BYTES_MAX;

const ALL: usize = 10_000;

fn redacted(text: &str, code: &str) -> String {
    redact(text, &[Secret::new(code)], ALL)
}

/// The code as JSON of ASCII characters, as PHP and Python write it.
fn ascii_json(code: &str) -> String {
    let escaped = |unit: u16| match u8::try_from(unit).ok().filter(u8::is_ascii) {
        Some(b'/') => "\\/".to_owned(),
        Some(b'"') => "\\\"".to_owned(),
        Some(b'\\') => "\\\\".to_owned(),
        Some(byte) => char::from(byte).to_string(),
        None => format!("\\u{unit:04x}"),
    };
    code.encode_utf16().map(escaped).collect()
}

/// In hexadecimal digits, of lower case if wanted.
fn percent(code: &str, lower: bool) -> String {
    let escaped = |b: u8| match b {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(b).to_string(),
        b if lower => format!("%{b:02x}"),
        b => format!("%{b:02X}"),
    };
    code.bytes().map(escaped).collect()
}

fn html(code: &str) -> String {
    let escaped = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '"' => "&#34;".to_owned(),
        '\'' => "&#x27;".to_owned(),
        c => c.to_string(),
    };
    code.chars().map(escaped).collect()
}

/// Everything that an echo may turn a code into.
fn forms(code: &str) -> Vec<String> {
    let body = json!({ "token": code, "type": "message" }).to_string();
    let quoted = Value::from(body.as_str()).to_string();
    let wrapped = BASE64_STANDARD.encode(body.repeat(3));
    let wrapped: Vec<_> = wrapped
        .as_bytes()
        .chunks(76)
        .map(String::from_utf8_lossy)
        .collect();
    vec![
        code.to_owned(),
        body.clone(),
        Value::from(quoted.as_str()).to_string(),
        quoted,
        ascii_json(code),
        percent(code, false),
        percent(code, true).replace("%20", "+"),
        html(code),
        html(&ascii_json(code)),
        BASE64_STANDARD.encode(code),
        BASE64_URL_SAFE.encode(code),
        BASE64_STANDARD.encode(format!("x{code}yz")),
        BASE64_STANDARD.encode(format!("xy{code}z")),
        percent(&BASE64_STANDARD.encode(&body), false),
        wrapped.join("\r\n"),
    ]
}

#[test]
fn a_code_is_removed_in_every_form_that_an_echo_may_give_it() {
    for code in [
        "confirmation-code",
        "secret code",
        "a\"quoted\\code",
        "p&ss<word>'s",
        "50%25 off/now",
        "наш секретный код",
        "key 🔑 key 🔑",
        "whsec_dGhlIGtleSBvZiBhIGNoYW5uZWw=",
        "u0041%41&amp;",
    ] {
        let secret = code.strip_prefix(WHSEC).unwrap_or(code);
        for form in forms(code) {
            let shown = redacted(&format!("before {form} after"), code);
            assert!(
                shown.starts_with("before ") && shown.ends_with(" after"),
                "{shown}"
            );
            assert!(shown.contains(REDACTED), "{code}: {form}: {shown}");
            // What is left cannot be decoded to the code.
            let left = shown.replace(['\r', '\n', '\\'], "");
            for form in forms(secret) {
                let form = form.replace(['\r', '\n', '\\'], "");
                assert!(!left.contains(&form), "{code}: {form}: {shown}");
            }
        }
    }
}

#[test]
fn text_without_a_code_is_not_changed() {
    for text in [
        "",
        "{\"error\": \"chat is archived\"}",
        "100 % & more \\ than \\u00e",
        "ü%C3%BC&uuml;&#252;\\u00fc",
        "secre code",
        "secret cod and more",
        "QUJDREVGRw==",
        "line\nline\r\n",
    ] {
        assert_eq!(redacted(text, "secret code"), text);
    }
    assert_eq!(redacted("any text", ""), "any text");
    assert_eq!(redact("any text", &[], ALL), "any text");
}

#[test]
fn a_code_that_is_cut_off_at_the_end_is_removed() {
    let code = "secret code";
    for form in [
        "secret code",
        "secret%20code",
        "c2VjcmV0IGNvZGU",
        "s\\u0065cret code",
    ] {
        for length in 0..form.len() {
            let Some(part) = form.get(..length) else {
                continue;
            };
            let shown = redacted(&format!("says {part}"), code);
            let most = "says ".len() + SHOWN_BYTES_MAX + "\\u0065".len();
            assert!(
                !shown.contains("secr") && shown.len() <= most,
                "{part}: {shown}"
            );
        }
    }
}

#[test]
fn the_text_is_cut_after_the_codes_are_removed() {
    let secrets = ["secret code", "old code"].map(Secret::new);
    let text = "secret code, old code, ".repeat(1_000);
    for chars_max in 0..60 {
        let shown = redact(&text, &secrets, chars_max);
        assert!(shown.chars().count() < chars_max + REDACTED.len());
        assert!("***, ".repeat(20).starts_with(&shown), "{shown}");
    }
}

#[test]
fn a_code_of_backslashes_is_removed() {
    assert_eq!(redacted("a \\\\\\ b", "\\\\\\"), "a *** b");
}

#[test]
fn ignored_characters_are_bounded() {
    let code = "secret code";
    let quoted = |backslashes: usize| format!("secret{} code", "\\".repeat(backslashes));
    assert_eq!(redacted(&quoted(IGNORED_MAX), code), "***");
    assert_eq!(
        redacted(&quoted(IGNORED_MAX + 1), code),
        quoted(IGNORED_MAX + 1)
    );
    // Takes minutes without the bound.
    for ignored in ["\\", "%5C", "&#92;", "\\u005c", "s\\"] {
        let text = ignored.repeat(ANSWER_BYTES_MAX / ignored.len());
        assert_eq!(redact(&text, &[Secret::new(code)], 2_000), text[..2_000]);
    }
}

#[test]
fn base64_with_escaped_line_breaks_is_removed() {
    let encoded = "c2VjcmV0IGNvZGU";
    for escaped in ["\\n", "\\r\\n", "\\\\r\\\\n", "\\u000a", "%0D%0A", "&#10;"] {
        for at in 1..encoded.len() - 1 {
            let (start, end) = encoded.split_at(at);
            let text = format!("{start}{escaped}{end}");
            assert_eq!(redacted(&text, "secret code"), "***U", "{text}");
        }
    }
    assert_eq!(redacted("a\\\\name", "a\\name"), "***");
    assert_eq!(redacted("a\\name", "a\\name"), "***");
}
