//! What a phone makes of what happens.

use chat::time::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::messenger::OUTBOX_MAX;

const NOW: Timestamp = Timestamp::from_micros(1_000_000);

fn phone() -> Phone {
    let ann = Person::unknown("ann", "Ann", "c1");
    let boris = Person::unknown("boris", "Boris", "c2");
    Phone::new(&[ann, boris], "http://127.0.0.1:7000/", false, NOW)
}

fn message(id: &str) -> Value {
    let data = json!({ "externalMessageId": id, "externalChatId": "c1", "text": id });
    json!({ "type": "message", "data": data })
}

fn queue(phone: &mut Phone, body: &Value) {
    phone.see(&Event::Queued { body }, NOW);
}

/// Our side said something, and this was the answer.
fn answered(phone: &mut Phone, body: &Value, status: Option<u16>, kept: bool) {
    let answer = &json!({ "detail": "as it was said" });
    let event = Event::Sent {
        body,
        attempt: 1,
        status,
        answer,
        kept,
    };
    phone.see(&event, NOW);
}

/// Switchboard said something.
#[expect(
    clippy::needless_pass_by_value,
    reason = "`json!({ … })` reads better without a & before it"
)]
fn receive(phone: &mut Phone, kind: &str, data: Value) {
    let event = Event::Received {
        body: &json!({ "type": kind, "data": data }),
        id: None,
        again: false,
        status: 200,
    };
    phone.see(&event, NOW);
}

fn shown(phone: &Phone, since: Option<u64>) -> Value {
    phone.update(since, NOW).what
}

fn states(phone: &Phone) -> Vec<(String, String)> {
    let update = shown(phone, None);
    let entries = update["entries"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    entries
        .map(|e| (text(&e["id"]), text(&e["state"])))
        .collect()
}

fn state(phone: &Phone) -> String {
    states(phone).pop().unwrap().1
}

#[test]
fn a_message_gets_further_step_by_step_and_never_back() {
    let mut phone = phone();
    let body = message("m1");
    queue(&mut phone, &body);
    assert_eq!(state(&phone), "kept");
    phone.see(&Event::Sending { body: &body }, NOW);
    assert_eq!(state(&phone), "sending");
    answered(&mut phone, &body, Some(503), true);
    assert_eq!(state(&phone), "kept");
    // The outcome may overtake the answer to our request.
    let outcome = json!({ "success": true, "messageId": "m1" });
    receive(&mut phone, "messageOutcome", outcome);
    answered(&mut phone, &body, Some(200), false);
    assert_eq!(state(&phone), "told");
    receive(&mut phone, "markAsRead", json!({ "messageId": "m1" }));
    assert_eq!(state(&phone), "read");
}

#[test]
fn a_message_that_is_refused_for_good_says_why() {
    let mut phone = phone();
    queue(&mut phone, &message("m1"));
    answered(&mut phone, &message("m1"), Some(422), false);
    let update = shown(&phone, None);
    let entry = &update["entries"][0];
    assert_eq!(
        (&entry["state"], &entry["why"]),
        (&json!("failed"), &json!("as it was said"))
    );
    assert_eq!(update["link"], "connected", "whoever refuses is there");
}

#[test]
fn read_means_everything_up_to_that_message() {
    let mut phone = phone();
    for id in ["m1", "m2", "m3", "m4"] {
        queue(&mut phone, &message(id));
    }
    for id in ["m1", "m2", "m3"] {
        answered(&mut phone, &message(id), Some(200), false);
    }
    receive(&mut phone, "markAsRead", json!({ "messageId": "m2" }));
    let states = states(&phone);
    let states: Vec<_> = states.iter().map(|(_, state)| state.as_str()).collect();
    assert_eq!(states, ["read", "read", "accepted", "kept"]);
}

#[test]
fn how_switchboard_is_shows_in_whatever_it_answers() {
    let mut phone = phone();
    let link = |phone: &Phone| shown(phone, None)["link"].clone();
    assert_eq!(link(&phone), "unconnected");
    receive(&mut phone, "connect", json!({}));
    assert_eq!(link(&phone), "connected");
    let body = message("m1");
    queue(&mut phone, &body);
    let check = |phone: &mut Phone, status, kept, expected| {
        answered(phone, &body, status, kept);
        assert_eq!(link(phone), expected, "{status:?}");
    };
    check(&mut phone, None, true, "away");
    check(&mut phone, Some(409), true, "disconnected");
    check(&mut phone, Some(503), true, "away");
    assert_eq!(shown(&phone, None)["kept"], 1);
    check(&mut phone, Some(200), false, "connected");
    assert_eq!(shown(&phone, None)["kept"], 0);
    let mut health = |status, answer: &Value, expected: &str| {
        phone.see(&Event::Health { status, answer }, NOW);
        assert_eq!(link(&phone), expected, "{status:?} {answer}");
    };
    health(None, &Value::Null, "away");
    health(Some(429), &Value::Null, "away");
    health(
        Some(200),
        &json!({ "status": "active", "operatorsOnline": 2 }),
        "connected",
    );
    health(
        Some(200),
        &json!({ "status": "interrupted" }),
        "disconnected",
    );
    health(Some(401), &Value::Null, "disconnected");
}

#[test]
fn an_update_is_what_was_not_seen_yet() {
    let mut phone = phone();
    queue(&mut phone, &message("m1"));
    let data = json!({ "targetChatId": "c1", "messageId": "o1", "text": "hi",
        "operator": { "id": "olga", "name": "Olga" }, "replyTo": "m1" });
    receive(&mut phone, "message", data);
    let seen = phone.update(None, NOW);
    assert_eq!(seen.what["entries"].as_array().unwrap().len(), 2);
    assert_eq!(seen.what["entries"][1]["author"], "Olga");
    assert_eq!(seen.what["entries"][1]["replyTo"], "m1");

    receive(&mut phone, "typing", json!({ "targetChatId": "c1" }));
    let update = shown(&phone, Some(seen.revision));
    assert_eq!(
        (&update["fresh"], &update["entries"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(update["chats"].as_array().unwrap().len(), 1);
    assert_eq!(update["chats"][0]["typing"], true);
    let later = NOW.plus(std::time::Duration::from_secs(7));
    assert_eq!(phone.update(None, later).what["chats"][0]["typing"], false);

    let seen = phone.update(None, NOW);
    let data = json!({ "externalMessageId": "m2", "externalChatId": "c3", "text": "hi",
        "externalChatName": "Zoe" });
    queue(&mut phone, &json!({ "type": "message", "data": data }));
    let update = shown(&phone, Some(seen.revision));
    assert_eq!(
        update["chats"][0]["name"], "Zoe",
        "a chat that is new is told of"
    );

    let id = format!("{}-{}", NOW.as_micros(), seen.revision);
    assert_eq!(phone.revision_of(Some(&id)), Some(seen.revision));
    for other in ["1-1", "x", &format!("{}-999", NOW.as_micros())] {
        assert_eq!(phone.revision_of(Some(other)), None, "{other}");
    }
}

#[test]
fn what_changes_nothing_is_no_revision() {
    let mut phone = phone();
    let answer = &json!({ "status": "active", "operatorsOnline": 1 });
    let health = Event::Health {
        status: Some(200),
        answer,
    };
    let revision = phone.see(&health, NOW);
    assert_eq!(phone.see(&health, NOW), revision);
    assert_eq!(phone.see(&Event::Note { words: "x" }, NOW), revision);
    receive(&mut phone, "markAsRead", json!({ "messageId": "nobody's" }));
    assert_eq!(phone.update(None, NOW).revision, revision);

    // A request without an id, as the terminal may send one, is nobody's message.
    let data = json!({ "targetChatId": "c1", "state": "opened" });
    receive(&mut phone, "session", data);
    let revision = phone.update(None, NOW).revision;
    answered(&mut phone, &message(""), Some(422), false);
    assert_eq!(phone.update(None, NOW).revision, revision);
}

#[test]
fn a_phone_holds_so_much_and_no_more() {
    let mut phone = phone();
    for n in 0..=OUTBOX_MAX {
        queue(&mut phone, &message(&format!("m{n}")));
    }
    let states = states(&phone);
    assert_eq!(states.len(), OUTBOX_MAX);
    assert_eq!(states[0].0, "m1", "the oldest is gone");
    for n in 0..CHATS_MAX * 2 {
        let data = json!({ "targetChatId": format!("new-{n}"), "text": "hi" });
        receive(&mut phone, "message", data);
    }
    let update = shown(&phone, None);
    assert_eq!(update["chats"].as_array().unwrap().len(), CHATS_MAX);
}

#[test]
fn words_can_be_changed_and_taken_back() {
    let mut phone = phone();
    queue(&mut phone, &message("m1"));
    let data = json!({ "externalMessageId": "m1", "text": "better" });
    queue(
        &mut phone,
        &json!({ "type": "messageEdited", "data": data }),
    );
    let entry = shown(&phone, None)["entries"][0].clone();
    assert_eq!(
        (&entry["text"], &entry["edited"]),
        (&json!("better"), &json!(true))
    );
    let data = json!({ "externalMessageId": "m1" });
    queue(
        &mut phone,
        &json!({ "type": "messageDeleted", "data": data }),
    );
    let entry = shown(&phone, None)["entries"][0].clone();
    assert_eq!(
        (&entry["text"], &entry["deleted"]),
        (&json!(""), &json!(true))
    );
}
