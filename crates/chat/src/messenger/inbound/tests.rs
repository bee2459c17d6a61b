use serde_json::json;

use super::*;
use crate::rejection::Code;

fn read(body: &Value) -> Result<Inbound, Rejection> {
    Inbound::read(&parse(body.to_string().as_bytes())?)
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
    let errors = rejection.details.get("errors").cloned().unwrap_or_default();
    let pointers: Vec<_> = errors
        .as_array()
        .into_iter()
        .flatten()
        .map(|e| e["pointer"].clone())
        .collect();
    if !pointer.is_empty() {
        assert!(pointers.contains(&pointer.into()), "{pointers:?}");
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
        for bad in [
            Value::Null,
            json!(""),
            json!(7),
            json!(["x"]),
            json!("x".repeat(256)),
            json!("ж".repeat(128)),
        ] {
            check(&message(id, bad), Code::Invalid, &pointer);
        }
        assert!(read(&message(id, json!("x".repeat(255)))).is_ok());
    }
}

#[test]
fn any_other_invalid_member_is_reported() {
    let good = json!({"name": "a", "URL": "http://h/a"});
    for (name, bad, pointer) in [
        ("text", json!(7), "text"),
        ("text", Value::Null, "text"),
        ("text", json!(""), "text"),
        (
            "externalChatName",
            json!("x".repeat(256)),
            "externalChatName",
        ),
        ("createdAt", json!("yesterday"), "createdAt"),
        ("createdAt", json!(1_795_341_600), "createdAt"),
        ("replyTo", json!(7), "replyTo"),
        ("files", json!({}), "files"),
        ("files", json!([7]), "files/0/name"),
        (
            "files",
            json!([good, {"name": "a", "url": "x"}]),
            "files/1/URL",
        ),
        ("files", json!([{"name": "", "URL": "x"}]), "files/0/name"),
    ] {
        let pointer = format!("/data/{pointer}");
        check(&message(name, bad), Code::Invalid, &pointer);
    }
}

#[test]
fn every_invalid_member_is_reported_at_once() {
    let all = json!({"type": "message", "data": {"text": 7}});
    let rejection = read(&all).unwrap_err();
    assert_eq!(rejection.details["errors"].as_array().unwrap().len(), 4);
    let none = json!({"type": "message"});
    check(&none, Code::Invalid, "/data/externalChatId");
    let not_an_object = json!({"type": "message", "data": "text"});
    check(&not_an_object, Code::Invalid, "/data");
}

#[test]
fn a_text_has_at_most_10000_characters_and_a_message_20_files() {
    let file = |n: usize| json!(vec![json!({"name": "a", "URL": "http://h/a"}); n]);
    assert!(read(&message("text", json!("ж".repeat(10_000)))).is_ok());
    check(
        &message("text", json!("ж".repeat(10_001))),
        Code::TooLarge,
        "",
    );
    assert!(read(&message("files", file(20))).is_ok());
    check(&message("files", file(21)), Code::TooLarge, "");
}

#[test]
fn an_unknown_type_is_invalid() {
    for kind in [
        json!("tea"),
        json!("Message"),
        json!(""),
        json!(7),
        Value::Null,
    ] {
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
    let read = |kind: &str| read(&json!({"type": kind, "data": data})).unwrap();
    let message = id.parse().unwrap();
    let (external_message_id, text) = ("m".to_owned(), "t".to_owned());
    assert_eq!(read("disconnect"), Inbound::Disconnect);
    assert_eq!(
        read("userInfo"),
        Inbound::UserInfo {
            user: "ann".to_owned()
        }
    );
    let status = Inbound::Status {
        message,
        status: ReceiptStatus::Read,
        reason: Some("r".to_owned()),
    };
    assert_eq!(read("messageStatus"), status);
    assert_eq!(
        read("messageEdited"),
        Inbound::Edited {
            external_message_id: external_message_id.clone(),
            text
        }
    );
    assert_eq!(
        read("messageDeleted"),
        Inbound::Deleted {
            external_message_id
        }
    );
    let typing = Inbound::Typing {
        external_chat_id: "c".to_owned(),
        external_user_id: "u".to_owned(),
    };
    assert_eq!(read("typing"), typing);
}

#[test]
fn a_receipt_needs_one_of_our_message_ids_and_a_known_status() {
    let id = json!("0193aaaa-0000-7000-8000-000000000001");
    let receipt = |id: &Value, status: &Value| json!({"type": "messageStatus", "data": {"messageId": id, "status": status}});
    for good in ["delivered", "read", "failed"] {
        assert!(read(&receipt(&id, &json!(good))).is_ok());
    }
    for bad in [json!("seen"), json!(7), Value::Null] {
        check(&receipt(&id, &bad), Code::Invalid, "/data/status");
    }
    for bad in [json!("m-1"), Value::Null, json!(7)] {
        check(
            &receipt(&bad, &json!("read")),
            Code::Invalid,
            "/data/messageId",
        );
    }
    check(
        &json!({"type": "messageEdited", "data": {"externalMessageId": "m"}}),
        Code::Invalid,
        "/data/text",
    );
}

#[test]
fn a_body_that_is_not_json_is_malformed() {
    let malformed = |body: &[u8]| assert_eq!(parse(body).unwrap_err().code, Code::Malformed);
    for body in [
        "",
        " ",
        "{",
        "{} x",
        "{'a':1}",
        "{\"a\":NaN}",
        "\u{feff}{}",
        "{\"a\":1,}",
    ] {
        malformed(body.as_bytes());
    }
    malformed(b"{\"a\":\"\xff\"}");
    malformed(b"{\"a\":\"\xed\xa0\x80\"}");
    malformed(b"{\"a\":\"\\ud800\"}");
    for body in ["[]", "7", "\"x\"", "null"] {
        assert_eq!(
            parse(body.as_bytes()).unwrap_err().code,
            Code::Invalid,
            "{body}"
        );
    }
}

#[test]
fn a_body_nested_deeper_than_32_is_malformed() {
    let nested =
        |deep: usize| format!("{{\"a\":{}{}}}", "[".repeat(deep - 1), "]".repeat(deep - 1));
    assert!(parse(nested(32).as_bytes()).is_ok());
    assert_eq!(
        parse(nested(33).as_bytes()).unwrap_err().code,
        Code::Malformed
    );
    assert_eq!(
        parse(nested(100_000).as_bytes()).unwrap_err().code,
        Code::Malformed
    );
    // Brackets in strings, even after an escaped quote, do not nest.
    let text = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(100));
    assert!(parse(text.as_bytes()).is_ok());
}

#[test]
fn the_last_of_two_members_with_the_same_name_wins() {
    let body = br#"{"type":"disconnect","type":"userInfo","data":{"userId":"ann","userId":"bob"}}"#;
    let read = Inbound::read(&parse(body).unwrap()).unwrap();
    assert_eq!(
        read,
        Inbound::UserInfo {
            user: "bob".to_owned()
        }
    );
}

#[test]
fn the_digest_differs_between_messages_and_not_between_retries() {
    let read = |body: &Value| match read(body).unwrap() {
        Inbound::Message(message) => message.digest(),
        other => panic!("{other:?}"),
    };
    let first = read(&message("text", json!("hello")));
    assert_eq!(
        first,
        read(&message("createdAt", json!("2026-11-22T10:00:00Z")))
    );
    assert_eq!(first, read(&message("externalChatName", json!("name"))));
    let others = [
        ("text", json!("hello!")),
        ("externalChatId", json!("c2")),
        ("externalUserId", json!("u2")),
        ("replyTo", json!("m0")),
        ("files", json!([{"name": "a", "URL": "http://h/a"}])),
        ("files", json!([{"name": "ahttp", "URL": "://h/a"}])),
    ];
    let mut digests: Vec<_> = others
        .into_iter()
        .map(|(name, value)| read(&message(name, value)))
        .collect();
    digests.push(first);
    let count = digests.len();
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), count);
}
