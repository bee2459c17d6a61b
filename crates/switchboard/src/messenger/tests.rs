//! The parts of the messenger that need no socket.

use chat::chance::Chance;
use chat::time::Timestamp;
use clap::Parser as _;
use serde_json::{Value, json};

use super::Args;
use super::compose::{Composer, Typed};
use super::outbox::{Verdict, verdict};
use super::people;

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    args: Args,
}

fn composer(flags: &[&str]) -> Composer {
    let args = ["messenger", "--code", "c"].iter().chain(flags);
    let args = Cli::parse_from(args).args;
    Composer::new(people::named(&args), args.json, Chance::from_seed([1; 32]))
}

fn typed(composer: &mut Composer, line: &str, theirs: Option<&str>) -> Result<Value, String> {
    match composer.typed(line, theirs.map(str::to_owned), Timestamp::from_micros(0)) {
        Typed::Send(item) => Ok(item.body),
        Typed::Said(words) => Err(words),
        Typed::Nothing => Err("nothing".to_owned()),
        Typed::Quit => Err("quit".to_owned()),
    }
}

#[test]
fn lines_become_requests() {
    let mut composer = composer(&["--user", "ann", "--chat", "c1", "--name", "Ann"]);
    let one = typed(&mut composer, "hello", None).unwrap();
    assert_eq!(one["type"], "message");
    assert_eq!(one["data"]["text"], "hello");
    assert_eq!(one["data"]["createdAt"], "1970-01-01T00:00:00.000000Z");
    let id = one["data"]["externalMessageId"].clone();

    let edit = typed(&mut composer, "/edit  good morning ", None).unwrap();
    assert_eq!(
        edit["data"],
        json!({ "externalMessageId": id, "text": "good morning" })
    );
    let delete = typed(&mut composer, "/delete", None).unwrap();
    assert_eq!(delete["data"], json!({ "externalMessageId": id }));
    let reply = typed(&mut composer, "/reply yes", Some("m1")).unwrap();
    assert_eq!(
        (&reply["data"]["replyTo"], &reply["data"]["text"]),
        (&json!("m1"), &json!("yes"))
    );
    let read = typed(&mut composer, "/read", Some("m1")).unwrap();
    assert_eq!(read["data"], json!({ "messageId": "m1", "status": "read" }));
    let file = typed(&mut composer, "/file https://x/a.png", None).unwrap();
    assert_eq!(
        file["data"]["files"],
        json!([{ "name": "a.png", "URL": "https://x/a.png" }])
    );

    assert_eq!(
        typed(&mut composer, "/chat c2", None).unwrap_err(),
        "writing in c2"
    );
    assert_eq!(
        typed(&mut composer, "/user bob Bob B", None).unwrap_err(),
        "being Bob B"
    );
    let typing = typed(&mut composer, "/typing", None).unwrap();
    assert_eq!(
        typing["data"],
        json!({ "externalChatId": "c2", "externalUserId": "bob" })
    );
    assert_eq!(
        typed(&mut composer, "/disconnect", None).unwrap(),
        json!({ "type": "disconnect" })
    );
}

#[test]
fn what_makes_no_sense_is_answered_with_words() {
    let mut composer = composer(&[]);
    for line in [
        "/edit x", "/delete", "/reply x", "/read", "/chat", "/frob", "/file",
    ] {
        let words = typed(&mut composer, line, None).unwrap_err();
        assert!(words.ends_with("see /help"), "{line}: {words}");
    }
    assert_eq!(typed(&mut composer, "", None).unwrap_err(), "nothing");
    assert_eq!(typed(&mut composer, "/quit", None).unwrap_err(), "quit");
    // Without --json an object is a text like any other.
    assert_eq!(
        typed(&mut composer, "{}", None).unwrap()["data"]["text"],
        "{}"
    );
}

#[test]
fn with_json_an_object_is_sent_as_it_is() {
    let mut composer = composer(&["--json"]);
    let body = json!({ "type": "userInfo", "data": { "userId": "admin" } });
    assert_eq!(typed(&mut composer, &body.to_string(), None).unwrap(), body);
    assert_eq!(
        typed(&mut composer, "{oops", None).unwrap_err(),
        "that is no JSON object"
    );
}

#[test]
fn answers_decide_whether_it_is_sent_again() {
    use std::time::Duration;
    let check = |status, code, retry_after, expected| {
        assert_eq!(
            verdict(status, code, retry_after),
            expected,
            "{status:?} {code}"
        );
    };
    check(Some(200), "", None, Verdict::Over);
    check(Some(422), "invalid", None, Verdict::Over);
    check(Some(409), "message_conflict", None, Verdict::Over);
    check(
        Some(409),
        "channel_disconnected",
        None,
        Verdict::Reconnected,
    );
    check(Some(401), "unauthorized", None, Verdict::Reconnected);
    check(
        Some(503),
        "unavailable",
        Some(2),
        Verdict::Later(Some(Duration::from_secs(2))),
    );
    check(
        Some(429),
        "rate_limited",
        Some(1),
        Verdict::Later(Some(Duration::from_secs(1))),
    );
    check(None, "", None, Verdict::Later(None));
}
