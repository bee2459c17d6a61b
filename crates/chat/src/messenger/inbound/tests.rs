mod tolerance;

use serde_json::json;

use super::*;
use crate::rejection::Code;

fn read(body: &Value) -> Result<Inbound, Rejection> {
    read_bytes(body.to_string()).map(|(inbound, _)| inbound)
}

fn read_bytes(body: impl AsRef<[u8]>) -> Result<(Inbound, Vec<Finding>), Rejection> {
    Body::parse(body.as_ref())?.read()
}

/// A valid message with one member of `data` replaced, or removed by `null`.
fn message(name: &str, value: Value) -> Value {
    let mut body = json!({"type": "message", "data": {
        "externalMessageId": "m", "externalChatId": "c", "externalUserId": "u", "text": "hello",
    }});
    body["data"][name] = value;
    body
}

#[track_caller]
fn check(body: &Value, code: Code, pointer: &str) {
    let rejection = read(body).unwrap_err();
    assert_eq!(rejection.code, code, "{rejection}");
    let errors = rejection.details.get("errors").and_then(Value::as_array);
    let mut pointers = errors.into_iter().flatten().map(|e| &e["pointer"]);
    if !pointer.is_empty() {
        assert!(pointers.any(|p| p == pointer), "{rejection}");
    }
}

#[test]
fn a_message_is_read_with_all_its_members() {
    let body = json!({"type": "message", "token": "code", "unknown": [1], "data": {
        "externalMessageId": "m-1", "externalChatId": "c-1", "externalUserId": "u-1",
        "externalChatName": "Lunch", "text": "hello", "replyTo": "m-0", "later": {},
        "files": [{"name": "a.png", "URL": "http://h/a", "size": 7}, {"name": "b", "URL": "http://h/b"}],
        "createdAt": "2026-11-22T12:00:00+02:00",
    }});
    let Inbound::Message(read) = read(&body).unwrap() else {
        panic!()
    };
    assert_eq!(read.external_message_id, "m-1");
    assert_eq!(read.external_chat_name.as_deref(), Some("Lunch"));
    assert_eq!(read.reply_to.as_deref(), Some("m-0"));
    assert_eq!(
        read.created_at.unwrap().to_string(),
        "2026-11-22T10:00:00.000000Z"
    );
    assert_eq!(
        (read.content.files.len(), read.content.files[0].size),
        (2, Some(7))
    );
}

#[test]
fn an_invalid_id_is_reported() {
    for id in ["externalMessageId", "externalChatId", "externalUserId"] {
        let pointer = format!("/data/{id}");
        let long = ["x".repeat(256), "ж".repeat(128)];
        let invalid = json!([null, "", 7.5, 1e300, true, ["x"], long[0], long[1]]);
        for bad in invalid.as_array().unwrap() {
            check(&message(id, bad.clone()), Code::Invalid, &pointer);
        }
        assert!(read(&message(id, json!("x".repeat(255)))).is_ok());
    }
}

#[test]
fn a_message_without_readable_content_is_reported() {
    for bad in [json!([]), Value::Null, json!("")] {
        check(&message("text", bad), Code::Invalid, "/data/text");
    }
    let mut body = message("text", json!(true));
    body["data"]["files"] = json!([{"name": "a", "url": "x"}]);
    check(&body, Code::Invalid, "/data/text");
    check(&body, Code::Invalid, "/data/files/0/URL");
}

#[test]
fn every_invalid_member_is_reported_at_once() {
    let all = json!({"type": "message", "data": {"text": [7]}});
    let rejection = read(&all).unwrap_err();
    assert_eq!(rejection.details["errors"].as_array().unwrap().len(), 4);
    let none = json!({"type": "message"});
    check(&none, Code::Invalid, "/data/externalChatId");
    let not_an_object = json!({"type": "message", "data": "text"});
    check(&not_an_object, Code::Invalid, "/data");
}

#[test]
fn a_text_has_at_most_10000_characters_and_a_message_20_files() {
    let text = |n: usize| message("text", json!("ж".repeat(n)));
    let file = json!({"name": "a", "URL": "http://h/a"});
    let files = |n: usize| message("files", json!(vec![&file; n]));
    for good in [text(10_000), files(20)] {
        assert!(read(&good).is_ok());
    }
    for bad in [text(10_001), files(21)] {
        check(&bad, Code::TooLarge, "");
    }
}

#[test]
fn an_unknown_type_is_invalid() {
    let invalid = json!(["tea", "Message", "", 7, null]);
    for kind in invalid.as_array().unwrap() {
        check(&json!({"type": kind, "data": {}}), Code::Invalid, "/type");
    }
    check(&json!({}), Code::Invalid, "/type");
}

#[test]
fn every_type_is_read() {
    let id = "0193aaaa-0000-7000-8000-000000000001";
    let data = json!({
        "userId": "ann", "messageId": id, "status": "read", "reason": "r",
        "externalMessageId": "m", "text": "t", "externalChatId": "c", "externalUserId": "u",
    });
    let text = |text: &str| text.to_owned();
    let user_info = Inbound::UserInfo { user: text("ann") };
    let status = Inbound::Status {
        message: id.parse().unwrap(),
        status: ReceiptStatus::Read,
        reason: Some(text("r")),
    };
    let edited = Inbound::Edited {
        external_message_id: text("m"),
        text: text("t"),
    };
    let deleted = Inbound::Deleted {
        external_message_id: text("m"),
    };
    let typing = Inbound::Typing {
        external_chat_id: text("c"),
        external_user_id: text("u"),
    };
    for (kind, expected) in [
        ("disconnect", Inbound::Disconnect),
        ("userInfo", user_info),
        ("messageStatus", status),
        ("messageEdited", edited),
        ("messageDeleted", deleted),
        ("typing", typing),
    ] {
        let result = read(&json!({"type": kind, "data": data}));
        assert_eq!(result.unwrap(), expected, "{kind}");
    }
}

#[test]
fn a_receipt_needs_one_of_our_message_ids_and_a_known_status() {
    let id = json!("0193aaaa-0000-7000-8000-000000000001");
    let receipt = |id: &Value, status: &Value| json!({"type": "messageStatus", "data": {"messageId": id, "status": status}});
    for good in ["delivered", "read", "failed"] {
        assert!(read(&receipt(&id, &json!(good))).is_ok(), "{good}");
    }
    for bad in [json!("seen"), json!(7), Value::Null] {
        check(&receipt(&id, &bad), Code::Invalid, "/data/status");
    }
    for bad in [json!("m-1"), Value::Null, json!(7), json!([])] {
        let receipt = receipt(&bad, &json!("read"));
        check(&receipt, Code::Invalid, "/data/messageId");
    }
}

#[test]
fn an_edit_needs_a_text() {
    for bad in [Value::Null, json!(7), json!({})] {
        let data = json!({"externalMessageId": "m", "text": bad});
        let edit = json!({"type": "messageEdited", "data": data});
        check(&edit, Code::Invalid, "/data/text");
    }
}

#[track_caller]
fn check_parse(body: impl AsRef<[u8]>, code: Code) {
    let body = body.as_ref();
    let shown = body.escape_ascii();
    assert_eq!(parse(body).map_err(|r| r.code), Err(code), "{shown}");
    let repaired = Body::parse(body).map(|body| body.object);
    assert_eq!(repaired.map_err(|r| r.code), Err(code), "{shown}");
}

#[test]
fn a_body_that_is_not_json_is_malformed() {
    for body in [
        &b""[..],
        b" ",
        b"{",
        b"{} x",
        b"{'a':1}",
        b"{\"a\":NaN}",
        "\u{feff}".as_bytes(),
        "\u{feff}\u{feff}{}".as_bytes(),
        b"{\"a\":007}",
        b"{\"a\":1.e400}",
        b"{\"a\":-}",
        b"{\"a\":00000000000000000000}",
        b"{\"a\":\"\\ud80\"}",
        b"{\"a\":\"\\",
        b"{\"a\":1,}",
        b"{\"a\":\"\xff\"}",
        b"{\"a\":\"\xed\xa0\x80\"}",
    ] {
        check_parse(body, Code::Malformed);
    }
}

#[test]
fn a_body_that_is_not_an_object_is_invalid() {
    for body in ["[]", "7", "\"x\"", "null"] {
        check_parse(body, Code::Invalid);
    }
}

#[test]
fn a_body_nested_deeper_than_32_is_malformed() {
    let nested =
        |deep: usize| format!("{{\"a\":{}{}}}", "[".repeat(deep - 1), "]".repeat(deep - 1));
    assert!(parse(nested(32).as_bytes()).is_ok());
    for deep in [33, 100_000] {
        check_parse(nested(deep), Code::Malformed);
    }
    // Brackets in strings, even after an escaped quote, do not nest.
    let text = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(100));
    assert!(parse(text.as_bytes()).is_ok());
}

#[test]
fn the_last_of_two_members_with_the_same_name_wins() {
    let body = br#"{"type":"disconnect","type":"userInfo","data":{"userId":"ann","userId":"bob"}}"#;
    let (read, _) = read_bytes(body).unwrap();
    assert_eq!(
        read,
        Inbound::UserInfo {
            user: "bob".to_owned()
        }
    );
}

#[test]
fn the_digest_differs_between_messages_and_not_between_retries() {
    let digest = |name: &str, value: Value| match read(&message(name, value)).unwrap() {
        Inbound::Message(message) => message.digest(),
        other => panic!("{other:?}"),
    };
    let first = digest("text", json!("hello"));
    for (name, value) in [
        ("createdAt", "2026-11-22T10:00:00Z"),
        ("externalChatName", "name"),
    ] {
        assert_eq!(digest(name, json!(value)), first, "{name}");
    }
    let mut digests = std::collections::BTreeSet::from([first]);
    for (name, value) in [
        ("text", json!("hello!")),
        ("externalChatId", json!("c2")),
        ("externalUserId", json!("u2")),
        ("replyTo", json!("m0")),
        ("files", json!([{"name": "a", "URL": "http://h/a"}])),
        ("files", json!([{"name": "ahttp", "URL": "://h/a"}])),
        ("files", json!([{"name": "a", "URL": "http://h/a#b?c"}])),
    ] {
        let text = value.to_string();
        assert!(digests.insert(digest(name, value)), "{name}: {text}");
    }
}

#[test]
fn the_digest_ignores_the_queries_of_urls() {
    let digests = |url: &str| match read(&message("files", json!([{"name": "a", "URL": url}]))) {
        Ok(Inbound::Message(message)) => {
            let digest = message.digest();
            (digest, message.former_digest().unwrap_or(digest))
        }
        other => panic!("{other:?}"),
    };
    let (first, former) = digests("http://h/a#b");
    assert_eq!(first, former);
    for url in ["http://h/a?x=1#b", "http://h/a?x=2?/#b", "http://h/a?#b"] {
        let (digest, former) = digests(url);
        assert_eq!(digest, first, "{url}");
        assert_ne!(former, first, "{url}");
    }
}
