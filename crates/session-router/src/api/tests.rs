//! What requests mean: every method, right and wrong.

mod table;

use chat::command::{ChannelCommand, Command, SessionCommand, UserCommand};
use chat::rejection::{Code, Rejection};
use chat::secret::Secret;
use chat::time::Timestamp;
use serde_json::{Value, json};

use super::{Call, METHODS, Query, parse, reply};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn ask(method: &str, payload: &Value) -> Result<Call, Rejection> {
    let user = "ann".parse().unwrap();
    parse(&user, method, payload.to_string().as_bytes(), NOW)
}

/// The pointer of the one member that a refusal names.
fn pointer(method: &str, payload: &Value) -> String {
    let rejection = ask(method, payload).expect_err(&format!("{method} {payload}"));
    assert_eq!(rejection.code, Code::Invalid, "{method} {payload}");
    let pointer = rejection.details["errors"][0]["pointer"].as_str();
    pointer.unwrap().to_owned()
}

#[test]
fn every_method_is_understood_and_every_wrong_kind_is_named() {
    let table = table::table();
    let methods: Vec<_> = table.iter().map(|(method, ..)| *method).collect();
    assert_eq!(methods, METHODS);
    for (method, good, required) in table {
        ask(method, &good).unwrap_or_else(|e| panic!("{method}: {e}"));
        let members = good.as_object().unwrap();
        for member in members.keys() {
            let mut wrong = good.clone();
            wrong[member] = json!({ "of another": "kind" });
            assert!(
                pointer(method, &wrong).starts_with(&format!("/{member}")),
                "{method}"
            );
        }
        for member in required {
            let mut lacking = good.clone();
            lacking[member] = Value::Null;
            let pointer = pointer(method, &lacking);
            let either = ["/message", "/session"].contains(&pointer.as_str());
            assert!(
                pointer == format!("/{member}") || either,
                "{method} {member} {pointer}"
            );
        }
    }
}

#[test]
fn what_is_no_request_is_refused_in_the_words_of_the_api() {
    let user = "ann".parse().unwrap();
    let code = |method: &str, payload: &[u8]| parse(&user, method, payload, NOW).unwrap_err().code;
    assert_eq!(code("messages.sent", b"{}"), Code::NotFound);
    assert_eq!(code("messages.sent", b"not JSON"), Code::NotFound);
    assert_eq!(code("me", b"not JSON"), Code::Invalid);
    assert_eq!(code("me", b"\xff"), Code::Invalid);
    assert_eq!(code("me", b"[]"), Code::Invalid);
    assert_eq!(code("me", "[".repeat(100).as_bytes()), Code::Invalid);
    assert_eq!(code("me", &vec![b' '; 300 * 1024]), Code::TooLarge);
    assert!(matches!(
        parse(&user, "me", b"", NOW),
        Ok(Call::Query(Query::Me))
    ));
    let unknown = parse(&user, "no.such", b"", NOW).unwrap_err();
    assert!(unknown.message.contains("no.such"), "{unknown}");
}

#[test]
fn of_two_that_exclude_each_other_one_is_asked_for() {
    let bad = [
        ("sessions.transfer", json!({ "session": ID }), "/to"),
        (
            "sessions.transfer",
            json!({ "session": ID, "to": "bob", "queue": true }),
            "/to",
        ),
        (
            "sessions.history",
            json!({ "session": ID, "contact": ID }),
            "/session",
        ),
        ("sessions.history", json!({}), "/session"),
        (
            "deliveries.replay",
            json!({ "message": ID, "channel": ID }),
            "/message",
        ),
        (
            "sessions.create",
            json!({ "channel": ID, "externalChatId": "c" }),
            "/externalUserId",
        ),
        (
            "sessions.create",
            json!({ "channel": ID, "contact": ID, "externalChatId": "c" }),
            "/contact",
        ),
    ];
    for (method, payload, wanted) in bad {
        assert_eq!(pointer(method, &payload), wanted, "{method} {payload}");
    }
}

#[test]
fn a_wrong_value_is_named_where_it_stands() {
    let bad = [
        ("users.update", json!({ "login": "bob" }), ""),
        (
            "users.update",
            json!({ "login": "bob", "name": "B", "disabled": true }),
            "/disabled",
        ),
        (
            "users.create",
            json!({ "login": "Bob", "password": "12345678" }),
            "/login",
        ),
        (
            "users.create",
            json!({ "login": "bob", "password": "short" }),
            "/password",
        ),
        (
            "users.create",
            json!({ "login": "b", "password": "12345678", "groups": ["x"] }),
            "/groups/0",
        ),
        (
            "messages.send",
            json!({ "session": ID, "files": [{ "name": "f" }] }),
            "/files/0/URL",
        ),
        (
            "messages.send",
            json!({ "session": ID, "commandId": "1" }),
            "/commandId",
        ),
        (
            "channels.update",
            json!({ "channel": ID, "name": "N" }),
            "/name",
        ),
        (
            "channels.rotate",
            json!({ "channel": ID, "code": "c", "overlap": "soon" }),
            "/overlap",
        ),
        ("sessions.list", json!({ "before": "yesterday" }), "/before"),
        ("sessions.list", json!({ "limit": 0 }), "/limit"),
        ("sessions.list", json!({ "text": "x".repeat(256) }), "/text"),
    ];
    for (method, payload, wanted) in bad {
        assert_eq!(pointer(method, &payload), wanted, "{method} {payload}");
    }
}

#[test]
fn what_is_left_out_has_its_usual_value() {
    let query = |method, payload: Value| match ask(method, &payload).unwrap() {
        Call::Query(query) => query,
        other => panic!("{other:?}"),
    };
    let Query::History(history) =
        query("sessions.history", json!({ "session": ID, "limit": 9_999 }))
    else {
        panic!()
    };
    assert_eq!((history.limit, history.before), (500, None));
    let Query::EventsAfter(after) = query("events.after", json!({ "position": "12" })) else {
        panic!()
    };
    assert_eq!((after.position, after.limit), (12, 1_000));
    let overlap = |payload: Value| match ask("channels.rotate", &payload).unwrap() {
        Call::Command {
            command: Command::Channel(ChannelCommand::Rotate { overlap, .. }),
            ..
        } => overlap.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(overlap(json!({ "channel": ID, "code": "c" })), 86_400);
    assert_eq!(
        overlap(json!({ "channel": ID, "code": "c", "overlap": 0 })),
        0
    );
    assert_eq!(
        overlap(json!({ "channel": ID, "code": "c", "overlap": "15m" })),
        900
    );
    let queue = ask(
        "sessions.transfer",
        &json!({ "session": ID, "queue": true }),
    );
    let queue = matches!(
        queue,
        Ok(Call::Command {
            command: Command::Session(SessionCommand::Transfer { to: None, .. }),
            ..
        })
    );
    assert!(queue);
}

#[test]
fn a_password_is_hashed_outside_and_put_in_its_place() {
    let payload = json!({ "login": "bob", "password": "correct horse", "commandId": ID });
    let Ok(Call::NeedsHash(needs)) = ask("users.create", &payload) else {
        panic!()
    };
    assert_eq!(needs.password().expose(), "correct horse");
    assert!(!format!("{needs:?}").contains("correct horse"));
    let call = needs.finish(Secret::new("$argon2id$"));
    let Call::Command {
        command: Command::User(UserCommand::Create(user)),
        command_id: Some(id),
        ..
    } = call
    else {
        panic!("{call:?}")
    };
    assert_eq!(user.password_hash.expose(), "$argon2id$");
    assert_eq!((user.name.as_str(), id.to_string().as_str()), ("bob", ID));
}

#[test]
fn a_repetition_is_known_by_its_digest() {
    let digest = |method: &str, payload: &str| {
        let user = "ann".parse().unwrap();
        match parse(&user, method, payload.as_bytes(), NOW).unwrap() {
            Call::Command { digest, .. } | Call::Token { digest, .. } => digest,
            Call::NeedsHash(needs) => needs.digest,
            other => panic!("{other:?}"),
        }
    };
    let note = |rest: &str| digest("messages.note", &format!(r#"{{"session":"{ID}",{rest}}}"#));
    let first = note(r#""text":"t""#);
    assert_eq!(
        first,
        note(&format!(r#" "commandId":"{ID}", "text" : "t", "x":null"#))
    );
    assert_eq!(
        first,
        digest(
            "messages.note",
            &format!(r#"{{"text":"t","session":"{ID}"}}"#)
        )
    );
    assert_ne!(first, note(r#""text":"u""#));
    assert_ne!(
        digest("sessions.take", &format!(r#"{{"session":"{ID}"}}"#)),
        digest("sessions.close", &format!(r#"{{"session":"{ID}"}}"#))
    );
    // The digest stays in the log: nobody can try passwords against it.
    let user = |password: &str| {
        digest(
            "users.update",
            &format!(r#"{{"login":"bob","password":"{password}"}}"#),
        )
    };
    assert_eq!(user("correct horse"), user("wrong horse"));
}

#[test]
fn an_answer_is_an_envelope_that_fits() {
    assert_eq!(reply::ok(&json!({ "a": 1 })), br#"{"ok":{"a":1}}"#);
    let huge = reply::ok(&json!({ "a": "x".repeat(1_000_000) }));
    let huge: Value = serde_json::from_slice(&huge).unwrap();
    assert_eq!(huge["error"]["code"], "too_large");
    let rejection =
        Rejection::new(Code::SessionAlreadyOpen, "there\r\nis one").with("sessionId", ID);
    let (headers, body) = reply::error(&rejection);
    assert_eq!(
        headers[0],
        ("Nats-Service-Error", "there  is one".to_owned())
    );
    assert_eq!(headers[1], ("Nats-Service-Error-Code", "409".to_owned()));
    let body: Value = serde_json::from_slice(&body).unwrap();
    let wanted = json!({ "error": {
        "code": "session_already_open",
        "message": "there\r\nis one",
        "details": { "sessionId": ID },
    }});
    assert_eq!(body, wanted);
}
