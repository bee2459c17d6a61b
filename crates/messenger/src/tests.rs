//! Tests of the parts that need no socket.

use clap::Parser as _;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::composer::{Composer, Input};
use crate::options::Options;
use crate::outbox::{Verdict, verdict};
use crate::people;

#[derive(clap::Parser)]
struct Cli {
    #[command(flatten)]
    options: Options,
}

fn composer(flags: &[&str]) -> Composer {
    let args = ["messenger"].iter().chain(flags);
    let options = Cli::parse_from(args).options;
    Composer::new(people::named(&options), options.json)
}

fn typed(composer: &mut Composer, line: &str, theirs: Option<&str>) -> Result<Value, String> {
    match composer.read(line, theirs.map(str::to_owned), Timestamp::UNIX_EPOCH) {
        Input::Send(item) => Ok(item.body),
        Input::Note(text) => Err(text),
        Input::Empty => Err("nothing".to_owned()),
        Input::Quit => Err("quit".to_owned()),
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
    assert_eq!(reply["data"]["replyTo"], "m1");
    assert_eq!(reply["data"]["text"], "yes");
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
        "writing as Bob B"
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
fn a_wrong_command_is_answered_with_a_hint() {
    let mut composer = composer(&[]);
    for line in [
        "/edit x", "/delete", "/reply x", "/read", "/chat", "/frob", "/file",
    ] {
        let text = typed(&mut composer, line, None).unwrap_err();
        assert!(text.ends_with("see /help"), "{line}: {text}");
    }
    assert_eq!(typed(&mut composer, "", None).unwrap_err(), "nothing");
    assert_eq!(typed(&mut composer, "/quit", None).unwrap_err(), "quit");
    // Without --json an object is an ordinary text.
    assert_eq!(
        typed(&mut composer, "{}", None).unwrap()["data"]["text"],
        "{}"
    );
}

#[test]
fn with_json_an_object_is_sent_unchanged() {
    let mut composer = composer(&["--json"]);
    let body = json!({ "type": "userInfo", "data": { "userId": "admin" } });
    assert_eq!(typed(&mut composer, &body.to_string(), None).unwrap(), body);
    assert_eq!(
        typed(&mut composer, "{oops", None).unwrap_err(),
        "the line is not a JSON object"
    );
}

#[test]
fn the_answer_decides_whether_to_retry() {
    use std::time::Duration;
    let check = |status, code, retry_after, expected| {
        assert_eq!(
            verdict(status, code, retry_after),
            expected,
            "{status:?} {code}"
        );
    };
    check(Some(200), "", None, Verdict::Done);
    for (status, code) in [
        (400, "malformed"),
        (404, "not_found"),
        (405, "method_not_allowed"),
        (409, "message_conflict"),
        (413, "too_large"),
        (415, "unsupported_media_type"),
        (422, "invalid"),
    ] {
        check(Some(status), code, None, Verdict::Done);
    }
    for (status, code) in [
        (401, "unauthorized"),
        (404, "channel_not_found"),
        (404, ""),
        (301, ""),
        (307, ""),
        (408, "request_timeout"),
        (500, ""),
        (502, ""),
        (504, ""),
    ] {
        check(Some(status), code, None, Verdict::Retry(None));
    }
    check(
        Some(409),
        "channel_disconnected",
        None,
        Verdict::AwaitConnect,
    );
    check(
        Some(503),
        "unavailable",
        Some(2),
        Verdict::Retry(Some(Duration::from_secs(2))),
    );
    check(
        Some(429),
        "rate_limited",
        Some(1),
        Verdict::Retry(Some(Duration::from_secs(1))),
    );
    check(None, "", None, Verdict::Retry(None));
}
