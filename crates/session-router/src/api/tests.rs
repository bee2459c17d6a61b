//! Requests of every method, good and malformed.

mod examples;

use std::collections::BTreeSet;

use chat::api::{Kind, METHODS, Presence};
use chat::command::{ChannelCommand, Command, SessionCommand, UserCommand};
use chat::reason::Reason;
use chat::rejection::{Code, Rejection};
use chat::secret::Secret;
use chat::time::Timestamp;
use serde_json::{Value, json};

use super::args::Args;
use super::{Call, CommandKey, LogQuery, Query, call, parse, reply};
use examples::{example, examples};

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_000_000);

fn ask(method: &str, payload: &Value) -> Result<Call, Rejection> {
    let user = "ann".parse().unwrap();
    parse(&user, method, payload.to_string().as_bytes(), NOW)
}

/// Returns the pointer of the one member that the rejection names.
fn pointer(method: &str, payload: &Value) -> String {
    let rejection = ask(method, payload).expect_err(&format!("{method} {payload}"));
    assert_eq!(rejection.code, Code::Invalid, "{method} {payload}");
    let pointer = rejection.details["errors"][0]["pointer"].as_str();
    pointer.unwrap().to_owned()
}

#[test]
fn every_method_reads_exactly_the_parameters_of_the_table() {
    for method in METHODS {
        let mut asked = BTreeSet::new();
        for request in examples(method) {
            let args = Args::read(method, request.to_string().as_bytes()).unwrap();
            let parsed = call(&"ann".parse().unwrap(), &args, NOW);
            parsed.unwrap_or_else(|e| panic!("{} {request}: {e}", method.name));
            asked.append(&mut args.asked.borrow_mut());
        }
        let takes_id = asked.remove("commandId");
        assert_eq!(takes_id, method.changes(), "{}", method.name);
        let names = method.parameters.iter();
        let names = names.flat_map(|p| [Some(p.name), p.alias]).flatten();
        assert_eq!(asked, names.map(str::to_owned).collect(), "{}", method.name);
    }
}

#[test]
fn every_choice_of_the_table_is_accepted() {
    for method in METHODS {
        for parameter in method.parameters {
            let (Kind::Choice(choices) | Kind::Choices(choices)) = parameter.kind else {
                continue;
            };
            for choice in choices {
                let mut request = example(method, 1);
                request[parameter.name] = match parameter.kind {
                    Kind::Choices(_) => json!([choice]),
                    _ => json!(choice),
                };
                ask(method.name, &request).unwrap_or_else(|e| panic!("{choice}: {e}"));
            }
        }
    }
}

#[test]
fn a_parameter_of_the_wrong_type_is_named() {
    for method in METHODS {
        for request in examples(method) {
            for name in request.as_object().unwrap().keys() {
                let mut wrong = request.clone();
                wrong[name] = json!({ "of another": "type" });
                let pointer = pointer(method.name, &wrong);
                assert!(
                    pointer.starts_with(&format!("/{name}")),
                    "{} {name}: {pointer}",
                    method.name
                );
            }
        }
    }
}

#[test]
fn required_parameters_are_demanded_and_optional_ones_are_not() {
    for method in METHODS {
        for alternative in [1, 2] {
            let full = example(method, alternative);
            let mut least = full.clone();
            for parameter in method.parameters {
                if parameter.presence == Presence::Optional {
                    least[parameter.name] = Value::Null;
                    continue;
                }
                let mut lacking = full.clone();
                if lacking[parameter.name].take().is_null() {
                    continue;
                }
                let pointer = pointer(method.name, &lacking);
                let names = method.parameters.iter().filter(|p| match p.presence {
                    Presence::Alternative(_) => parameter.presence != Presence::Required,
                    Presence::Required | Presence::Optional => p.name == parameter.name,
                });
                let pointers: Vec<_> = names.map(|p| format!("/{}", p.name)).collect();
                assert!(pointers.contains(&pointer), "{} {pointer}", method.name);
            }
            // An update of nothing is refused as a whole, not for one parameter.
            if method.name != "users.update" {
                ask(method.name, &least).unwrap_or_else(|e| panic!("{} {e}", method.name));
            }
        }
    }
}

#[test]
fn a_malformed_request_gets_a_code_of_the_console_api() {
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
    assert!(unknown.message().contains("no.such"), "{unknown}");
}

/// Checks lines of a method, a request and the pointer of the member that is refused.
fn check_pointers(lines: &str) {
    for line in lines.lines() {
        let line = line.replace(":ID", &format!(":{ID:?}"));
        let (method, rest) = line.trim().split_once(' ').unwrap();
        let (request, wanted) = rest.rsplit_once(" -> ").unwrap();
        let request = serde_json::from_str(request).unwrap();
        assert_eq!(format!("{:?}", pointer(method, &request)), wanted, "{line}");
    }
}

#[test]
fn exactly_one_of_two_alternatives_is_required() {
    check_pointers(
        r#"sessions.transfer {"session":ID} -> "/to"
        sessions.transfer {"session":ID,"to":"bob","queue":true} -> "/to"
        sessions.history {"session":ID,"contact":ID} -> "/session"
        sessions.history {} -> "/session"
        deliveries.replay {"message":ID,"channel":ID} -> "/message"
        sessions.create {"channel":ID,"externalChatId":"c"} -> "/externalUserId"
        sessions.create {"channel":ID,"contact":ID,"externalChatId":"c"} -> "/contact""#,
    );
}

#[test]
fn a_wrong_value_is_named_by_its_pointer() {
    check_pointers(
        r#"users.update {"login":"bob"} -> ""
        users.update {"login":"bob","name":"B","disabled":true} -> "/disabled"
        users.create {"login":"Bob","password":"12345678"} -> "/login"
        users.create {"login":"bob","password":"short"} -> "/password"
        users.create {"login":"b","password":"12345678","groups":["x"]} -> "/groups/0"
        messages.send {"session":ID,"files":[{"name":"f"}]} -> "/files/0/URL"
        messages.send {"session":ID,"commandId":"1"} -> "/commandId"
        channels.update {"channel":ID,"name":"N"} -> "/name"
        channels.rotate {"channel":ID,"code":"c","overlap":"soon"} -> "/overlap"
        sessions.list {"before":"yesterday"} -> "/before"
        sessions.list {"limit":0} -> "/limit""#,
    );
    let long = json!({ "text": "x".repeat(256) });
    assert_eq!(pointer("sessions.list", &long), "/text");
}

#[test]
fn absent_parameters_get_their_defaults() {
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
    let after = ask("events.after", &json!({ "position": "12" }));
    let Ok(Call::LogQuery(LogQuery::EventsAfter(after))) = after else {
        panic!()
    };
    assert_eq!((after.position, after.limit), (12, 1_000));
    let overlap = |payload: Value| match ask("channels.rotate", &payload).unwrap() {
        Call::Command(Command::Channel(ChannelCommand::Rotate { overlap, .. }), _) => {
            overlap.as_secs()
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(overlap(json!({ "channel": ID, "code": "c" })), 86_400);
    for (given, seconds) in [
        (json!(0), 0),
        (json!("90"), 90),
        (json!("15m"), 900),
        (json!("1h30m"), 5_400),
    ] {
        let args = json!({ "channel": ID, "code": "c", "overlap": given });
        assert_eq!(overlap(args), seconds);
    }
    let queue = json!({ "session": ID, "queue": true });
    let Call::Command(Command::Session(SessionCommand::Transfer { to: None, .. }), _) =
        ask("sessions.transfer", &queue).unwrap()
    else {
        panic!("not a transfer to the queue")
    };
}

#[test]
fn a_password_is_hashed_elsewhere_and_put_into_the_command() {
    let payload = json!({ "login": "bob", "password": "correct horse", "commandId": ID });
    let Ok(Call::NeedsHash(needs)) = ask("users.create", &payload) else {
        panic!()
    };
    assert_eq!(needs.password().expose(), "correct horse");
    assert!(!format!("{needs:?}").contains("correct horse"));
    let call = needs.finish(Secret::new("$argon2id$"));
    let Call::Command(Command::User(UserCommand::Create(user)), CommandKey { id: Some(id), .. }) =
        call
    else {
        panic!("{call:?}")
    };
    assert_eq!(user.password_hash.expose(), "$argon2id$");
    assert_eq!((user.name.as_str(), id.to_string().as_str()), ("bob", ID));
}

#[test]
fn a_repeated_request_has_the_same_digest() {
    let digest = |method: &str, payload: &str| {
        let user = "ann".parse().unwrap();
        match parse(&user, method, payload.as_bytes(), NOW).unwrap() {
            Call::Command(_, key) | Call::Token(_, key) => key.digest,
            Call::NeedsHash(needs) => needs.key.digest,
            other => panic!("{other:?}"),
        }
    };
    let note = |rest: &str| digest("messages.note", &format!(r#"{{"session":"{ID}",{rest}}}"#));
    let first = note(r#""text":"t""#);
    assert_eq!(
        first,
        note(&format!(r#" "commandId":"{ID}", "text" : "t", "x":null"#))
    );
    let swapped = format!(r#"{{"text":"t","session":"{ID}"}}"#);
    assert_eq!(first, digest("messages.note", &swapped));
    assert_ne!(first, note(r#""text":"u""#));
    let session = format!(r#"{{"session":"{ID}"}}"#);
    let take = digest("sessions.take", &session);
    assert_ne!(take, digest("sessions.close", &session));
    // The digest is stored in the log and must not help to guess a password.
    let user = |password: &str| {
        digest(
            "users.update",
            &format!(r#"{{"login":"bob","password":"{password}"}}"#),
        )
    };
    assert_eq!(user("correct horse"), user("wrong horse"));
}

#[test]
fn a_reply_is_an_envelope_within_the_payload_limit() {
    assert_eq!(reply::ok(&json!({ "a": 1 })), br#"{"ok":{"a":1}}"#);
    let huge = reply::ok(&json!({ "a": "x".repeat(1_000_000) }));
    let huge: Value = serde_json::from_slice(&huge).unwrap();
    assert_eq!(huge["error"]["code"], "too_large");
    let reason = Reason::Unknown {
        detail: "there\r\nis one".to_owned(),
    };
    let rejection = Rejection::from(reason).with("sessionId", ID);
    let (headers, body) = reply::error(&rejection);
    assert_eq!(
        headers[0],
        ("Nats-Service-Error", "there  is one".to_owned())
    );
    assert_eq!(headers[1], ("Nats-Service-Error-Code", "409".to_owned()));
    let body: Value = serde_json::from_slice(&body).unwrap();
    let wanted = json!({ "error": {
        "code": "conflict",
        "message": "there\r\nis one",
        "details": {
            "sessionId": ID,
            "reason": {
                "code": "unknown",
                "detail": "there\r\nis one",
                "message": "there\r\nis one",
            },
        },
    }});
    assert_eq!(body, wanted);
}
