use serde_json::json;

use super::*;
use crate::rejection::Code;

fn read(body: &Value) -> Result<Inbound, Rejection> {
    Inbound::read(&parse(body.to_string().as_bytes())?)
}

/// A good message with one member of `data` put in or, being null, left away.
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
fn each_member_that_is_missing_or_wrong_is_named() {
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
    check(&message("text", json!(7)), Code::Invalid, "/data/text");
    check(&message("text", Value::Null), Code::Invalid, "/data/text");
    check(&message("text", json!("")), Code::Invalid, "/data/text");
    check(
        &message("externalChatName", json!("x".repeat(256))),
        Code::Invalid,
        "/data/externalChatName",
    );
    check(
        &message("createdAt", json!("yesterday")),
        Code::Invalid,
        "/data/createdAt",
    );
    check(
        &message("createdAt", json!(1_795_341_600)),
        Code::Invalid,
        "/data/createdAt",
    );
    check(
        &message("replyTo", json!(7)),
        Code::Invalid,
        "/data/replyTo",
    );
    check(&message("files", json!({})), Code::Invalid, "/data/files");
    check(
        &message("files", json!([7])),
        Code::Invalid,
        "/data/files/0/name",
    );
    let good = json!({"name": "a", "URL": "http://h/a"});
    check(
        &message("files", json!([good, {"name": "a", "url": "x"}])),
        Code::Invalid,
        "/data/files/1/URL",
    );
    check(
        &message("files", json!([{"name": "", "URL": "x"}])),
        Code::Invalid,
        "/data/files/0/name",
    );

    let all = json!({"type": "message", "data": {"text": 7}});
    let rejection = read(&all).unwrap_err();
    assert_eq!(rejection.details["errors"].as_array().unwrap().len(), 4);
    check(
        &json!({"type": "message"}),
        Code::Invalid,
        "/data/externalChatId",
    );
    check(
        &json!({"type": "message", "data": "text"}),
        Code::Invalid,
        "/data",
    );
}

#[test]
fn limits_are_where_they_are_said_to_be() {
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
fn a_receipt_is_for_one_of_our_ids_and_says_one_of_three_things() {
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
fn what_is_not_json_is_malformed() {
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
fn nesting_ends_at_32() {
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
    // Brackets in strings, also behind escaped quotes, are no nesting.
    let words = format!("{{\"a\":\"\\\"{}\"}}", "[".repeat(100));
    assert!(parse(words.as_bytes()).is_ok());
}

#[test]
fn of_two_members_with_one_name_the_last_counts() {
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
fn the_digest_tells_messages_apart_and_sendings_not() {
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
