//! Optional members that cannot be read, and JSON that needs repair.

use super::*;
use crate::content::{File, INBOUND_URL_BYTES_MAX};

fn file(name: &str, size: Option<u64>) -> File {
    File {
        name: name.to_owned(),
        size,
        url: "http://h/a/b.png?c=d/e".to_owned(),
    }
}

/// Reads a message, and the pointers of its warnings.
fn tolerated(body: &str) -> (InboundMessage, Vec<String>) {
    let (inbound, warnings) = read_bytes(body).unwrap();
    let Inbound::Message(message) = inbound else {
        panic!("{body}")
    };
    let pointers = warnings.into_iter().map(|one| one.pointer);
    (message, pointers.collect())
}

#[track_caller]
fn check_member(name: &str, value: &Value, warned: Option<&str>) -> InboundMessage {
    let (read, pointers) = tolerated(&message(name, value.clone()).to_string());
    let expected = warned.map(|pointer| format!("/data/{pointer}"));
    assert_eq!(pointers, Vec::from_iter(expected), "{name}: {value}");
    read
}

#[test]
fn a_time_that_cannot_be_read_is_left_out() {
    for bad in [
        json!(""),
        json!("yesterday"),
        json!("2026-11-22T10:00:00"),
        json!("2026-11-22T10:00:00+25:00"),
        json!("-000001-11-22T10:00:00Z"),
        json!(1_795_341_600),
        json!({}),
    ] {
        let read = check_member("createdAt", &bad, Some("createdAt"));
        assert_eq!(read.created_at, None, "{bad}");
    }
    let good = json!("2026-11-22T10:00:00Z");
    assert!(check_member("createdAt", &good, None).created_at.is_some());
}

#[test]
fn a_reference_that_cannot_be_read_is_left_out() {
    for bad in [json!(""), json!(7.5), json!([]), json!("x".repeat(256))] {
        let read = check_member("replyTo", &bad, Some("replyTo"));
        assert_eq!(read.reply_to, None, "{bad}");
    }
}

#[test]
fn a_chat_name_is_cut_or_left_out() {
    let name = |value| check_member("externalChatName", &value, Some("externalChatName"));
    let read = name(json!("ж".repeat(300))).external_chat_name;
    assert_eq!(read.unwrap(), "ж".repeat(255));
    assert_eq!(name(json!(7)).external_chat_name.unwrap(), "7");
    assert_eq!(name(json!([])).external_chat_name, None);
}

#[test]
fn a_text_that_is_a_number_is_taken_as_text() {
    let read = check_member("text", &json!(42), Some("text"));
    assert_eq!(read.content.text.as_deref(), Some("42"));
}

#[test]
fn files_are_repaired_or_left_out() {
    let url = "http://h/a/b.png?c=d/e";
    for (sent, kept, warned) in [
        (json!({"URL": url}), Some(file("b.png", None)), "/0/name"),
        (
            json!({"name": "", "URL": url}),
            Some(file("b.png", None)),
            "/0/name",
        ),
        (
            json!({"name": 7, "URL": url}),
            Some(file("7", None)),
            "/0/name",
        ),
        (
            json!({"name": "x".repeat(256), "URL": url}),
            Some(file(&"x".repeat(255), None)),
            "/0/name",
        ),
        (
            json!({"name": "a", "URL": url, "size": "12"}),
            Some(file("a", Some(12))),
            "/0/size",
        ),
        (
            json!({"name": "a", "URL": url, "size": -1}),
            Some(file("a", None)),
            "/0/size",
        ),
        (json!({"name": "a", "url": url}), None, "/0/URL"),
        (json!({"name": "a", "URL": ""}), None, "/0/URL"),
        (json!(7), None, "/0/URL"),
    ] {
        let warned = format!("files{warned}");
        let read = check_member("files", &json!([sent]), Some(&warned));
        assert_eq!(read.content.files, Vec::from_iter(kept), "{sent}");
    }
    let read = check_member("files", &json!({}), Some("files"));
    assert!(read.content.files.is_empty());
    for (url, name) in [
        ("http://h", "file"),
        ("http://h/", "file"),
        ("http://h/a#b/c", "a"),
    ] {
        let sent = json!([{"name": null, "URL": url}]);
        let read = check_member("files", &sent, Some("files/0/name"));
        assert_eq!(read.content.files[0].name, name, "{url}");
    }
}

#[test]
fn the_warning_of_a_file_without_a_usable_url_says_what_is_missing() {
    let long = "x".repeat(8_193);
    for (sent, detail) in [
        (
            json!({"url": "http://h/a"}),
            "`URL` (in capitals) is required",
        ),
        (
            json!({"Url": "http://h/a"}),
            "`URL` (in capitals) is required",
        ),
        (json!({"name": "a"}), "`URL` (in capitals) is required"),
        (json!({"URL": null}), "`URL` (in capitals) is required"),
        (json!("http://h/a"), "`URL` (in capitals) is required"),
        (json!({"URL": 7}), "must be a string of 1 to 8192 bytes"),
        (json!({"URL": ""}), "must be a string of 1 to 8192 bytes"),
        (json!({"URL": long}), "must be a string of 1 to 8192 bytes"),
    ] {
        let expected = format!("{detail}; the file was left out");
        let mut body = message("files", json!([sent]));
        let (_, warnings) = read_bytes(body.to_string()).unwrap();
        assert_eq!(warnings[0].pointer, "/data/files/0/URL", "{sent}");
        assert_eq!(warnings[0].detail, expected, "{sent}");
        body["data"]["text"] = Value::Null;
        let rejection = read(&body).unwrap_err();
        assert_eq!(rejection.details["errors"][0]["detail"], expected, "{sent}");
    }
}

#[test]
fn a_file_whose_url_nobody_can_open_is_kept_with_a_warning() {
    for url in [
        "/relative",
        "//host/a",
        "ftp://h/a",
        "javascript:alert(1)",
        "data:text/plain,a",
        "file:///a",
        "notaurl",
        "http:h/a",
        "http://",
        "https:// /a",
        " https://h/a",
        "é://h",
    ] {
        let sent = json!([{"name": "a", "URL": url}]);
        let (_, warnings) = read_bytes(message("files", sent.clone()).to_string()).unwrap();
        let detail = warnings.first().map(|one| one.detail.as_str());
        let expected = "only http and https URLs can be opened; the file was kept";
        assert_eq!(detail, Some(expected), "{url}");
        let read = check_member("files", &sent, Some("files/0/URL"));
        assert_eq!(read.content.files[0].url, url);
    }
    for url in [
        "http://h",
        "HTTPS://h/a?b#c",
        "https://[::1]:8080/ж",
        "http://h/a b",
    ] {
        check_member("files", &json!([{"name": "a", "URL": url}]), None);
    }
}

#[test]
fn a_file_url_has_at_most_8192_bytes() {
    let sent = |bytes: usize| json!([{"name": "a", "URL": format!("{:x<bytes$}", "http://h/")}]);
    let read = check_member("files", &sent(INBOUND_URL_BYTES_MAX), None);
    assert_eq!(read.content.files[0].url.len(), 8_192);
    check_member("files", &sent(8_193), Some("files/0/URL"));
}

#[test]
fn a_report_that_is_too_long_is_cut() {
    let id = "0193aaaa-0000-7000-8000-000000000001";
    let data = json!({"messageId": id, "status": "failed", "reason": "r".repeat(300)});
    let body = json!({"type": "messageStatus", "data": data}).to_string();
    let (read, warnings) = read_bytes(body).unwrap();
    assert_eq!(warnings[0].pointer, "/data/reason");
    assert!(matches!(read, Inbound::Status { reason: Some(text), .. } if text.len() == 255));
}

#[test]
fn ids_that_are_integers_are_their_decimal_text() {
    for id in [
        "0",
        "-1001234567890",
        "18446744073709551615",
        "123456789012345678901234567890",
    ] {
        let body = format!(
            "{{\"type\":\"message\",\"data\":{{\"externalMessageId\":{id},\
             \"externalChatId\":{id},\"externalUserId\":{id},\"replyTo\":{id},\"text\":\"a\"}}}}"
        );
        let (read, warnings) = tolerated(&body);
        assert_eq!(warnings, [""; 0], "{id}");
        let ids = [
            read.external_message_id,
            read.external_chat_id,
            read.external_user_id,
            read.reply_to.unwrap(),
        ];
        assert_eq!(ids, [id; 4]);
    }
}

#[test]
fn lone_surrogates_are_replaced_with_a_warning() {
    let body = r#"{"type":"message","\ud83d":1,"data":{"externalMessageId":"m\udc00",
        "externalChatId":"\\ud83d","externalUserId":"\ud83d\ude00","text":"a\uD83Db\ud83d\ud83d\ude00",
        "files":[{"name":"\ude00\ud83d","URL":"http://h/\ufffd"}]}}"#;
    let (read, warnings) = tolerated(body);
    assert_eq!(read.external_message_id, "m\u{fffd}");
    assert_eq!(read.external_chat_id, "\\ud83d");
    assert_eq!(read.external_user_id, "\u{1f600}");
    let text = read.content.text.unwrap();
    assert_eq!(text, "a\u{fffd}b\u{fffd}\u{1f600}");
    assert_eq!(read.content.files[0].name, "\u{fffd}\u{fffd}");
    let members = ["externalMessageId", "files/0/name", "text"];
    let expected = members.map(|name| format!("/data/{name}"));
    assert_eq!(warnings[..3], expected);
    assert_eq!(warnings[3..], ["/\u{fffd}"]);
}

#[test]
fn the_warnings_of_a_response_are_bounded() {
    let list = |count: usize| vec!["\\ud800"; count].join("\",\"");
    let long = "x".repeat(1_000);
    let valid = message("text", json!("a")).to_string();
    let body = valid.replacen(
        '{',
        &format!(
            "{{\"{long}\":[\"{}\"],\"a\":[\"{}\"],",
            list(100),
            list(101)
        ),
        1,
    );
    let (_, warnings) = tolerated(&body);
    assert_eq!(warnings.len(), WARNINGS_MAX);
    assert!(warnings.iter().all(|one| one.starts_with("/a/")));
}

#[test]
fn a_number_that_is_too_large_does_not_fail_the_body() {
    for size in ["1e400", "-1e400", "99999999999999999999999"] {
        let body = message(
            "files",
            json!([{"name": "a", "URL": "http://h", "size": 77}]),
        );
        let body = body.to_string().replace("77", size);
        let (read, warnings) = tolerated(&body);
        assert_eq!(warnings, ["/data/files/0/size"], "{size}");
        assert_eq!(read.content.files[0].size, None, "{size}");
    }
    let unknown = message("text", json!("a"))
        .to_string()
        .replacen('{', "{\"x\":1e400,", 1);
    assert_eq!(tolerated(&unknown).1, [""; 0]);
}

#[test]
fn a_byte_order_mark_is_skipped() {
    let body = format!("\u{feff}{}", message("text", json!("a")));
    assert_eq!(tolerated(&body).1, [""; 0]);
}

#[test]
fn the_same_body_again_has_the_same_digest() {
    let body = message("files", json!([{"URL": "http://h/a?token=1", "size": "x"}]));
    let body = body.to_string().replace("hello", "\\ud83d");
    assert_eq!(tolerated(&body).0.digest(), tolerated(&body).0.digest());
}
