//! How the phone applies events.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

const NOW: Timestamp = Timestamp::constant(1, 0);

fn phone() -> Phone {
    let ann = Person::unknown("ann", "Ann", "c1");
    let boris = Person::unknown("boris", "Boris", "c2");
    Phone::new(&[ann, boris], "http://127.0.0.1:7000/", false)
}

fn message(id: &str) -> Value {
    let data = json!({ "externalMessageId": id, "externalChatId": "c1", "text": id });
    json!({ "type": "message", "data": data })
}

fn queue(phone: &mut Phone, body: &Value) {
    phone.apply(&Event::Queued { body }, NOW);
}

/// A request was sent, and this was the answer.
fn answered(phone: &mut Phone, body: &Value, status: Option<u16>, kept: bool) {
    let answer = &json!({ "detail": "text too long" });
    let event = Event::Sent {
        body,
        attempt: 1,
        status,
        answer,
        kept,
    };
    phone.apply(&event, NOW);
}

/// Receives a request of Switchboard.
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
    phone.apply(&event, NOW);
}

fn shown(phone: &Phone, since: Option<u64>) -> Value {
    phone.update(since, NOW).changes
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
fn a_message_advances_step_by_step_and_never_moves_back() {
    let mut phone = phone();
    let body = message("m1");
    queue(&mut phone, &body);
    assert_eq!(state(&phone), "kept");
    phone.apply(&Event::Sending { body: &body }, NOW);
    assert_eq!(state(&phone), "sending");
    answered(&mut phone, &body, Some(503), true);
    assert_eq!(state(&phone), "kept");
    // The outcome may overtake the answer to our request.
    let outcome = json!({ "success": true, "messageId": "m1" });
    receive(&mut phone, "messageOutcome", outcome);
    answered(&mut phone, &body, Some(200), false);
    assert_eq!(state(&phone), "confirmed");
    receive(&mut phone, "markAsRead", json!({ "messageId": "m1" }));
    assert_eq!(state(&phone), "read");
}

#[test]
fn a_message_refused_for_good_shows_the_reason() {
    let mut phone = phone();
    queue(&mut phone, &message("m1"));
    answered(&mut phone, &message("m1"), Some(422), false);
    let update = shown(&phone, None);
    let entry = &update["entries"][0];
    assert_eq!(entry["state"], "failed");
    assert_eq!(entry["why"], "text too long");
    assert_eq!(update["link"], "connected", "a refusal is an answer");
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
fn every_answer_updates_the_state_of_the_channel() {
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
    check(&mut phone, None, true, "unreachable");
    check(&mut phone, Some(409), true, "disconnected");
    check(&mut phone, Some(401), true, "rejected");
    check(&mut phone, Some(503), true, "unreachable");
    assert_eq!(shown(&phone, None)["kept"], 1);
    check(&mut phone, Some(200), false, "connected");
    assert_eq!(shown(&phone, None)["kept"], 0);
    let mut health = |status, answer: &Value, expected: &str| {
        phone.apply(&Event::Status { status, answer }, NOW);
        assert_eq!(link(&phone), expected, "{status:?} {answer}");
    };
    health(None, &Value::Null, "unreachable");
    health(Some(429), &Value::Null, "unreachable");
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
    health(Some(401), &Value::Null, "rejected");
    health(Some(404), &Value::Null, "disconnected");
}

#[test]
fn an_update_contains_what_the_page_has_not_seen() {
    let mut phone = phone();
    queue(&mut phone, &message("m1"));
    let data = json!({ "targetChatId": "c1", "messageId": "o1", "text": "hi",
        "operator": { "id": "olga", "name": "Olga" }, "replyTo": "m1" });
    receive(&mut phone, "message", data);
    let seen = phone.update(None, NOW);
    assert_eq!(seen.changes["entries"].as_array().unwrap().len(), 2);
    assert_eq!(seen.changes["entries"][1]["author"], "Olga");
    assert_eq!(seen.changes["entries"][1]["replyTo"], "m1");

    receive(&mut phone, "typing", json!({ "targetChatId": "c1" }));
    let update = shown(&phone, Some(seen.revision));
    assert_eq!(update["fresh"], false);
    assert_eq!(update["entries"], json!([]));
    assert_eq!(update["chats"].as_array().unwrap().len(), 1);
    assert_eq!(update["chats"][0]["typing"], true);
    let later = NOW + std::time::Duration::from_secs(7);
    assert_eq!(
        phone.update(None, later).changes["chats"][0]["typing"],
        false
    );

    let seen = phone.update(None, NOW);
    let data = json!({ "externalMessageId": "m2", "externalChatId": "c3", "text": "hi",
        "externalChatName": "Zoe" });
    queue(&mut phone, &json!({ "type": "message", "data": data }));
    let update = shown(&phone, Some(seen.revision));
    assert_eq!(
        update["chats"][0]["name"], "Zoe",
        "a new chat is in the update"
    );

    let id = format!("{}-{}", phone.epoch, seen.revision);
    assert_eq!(phone.revision_of(Some(&id)), Some(seen.revision));
    for other in ["1-1", "x", &format!("{}-999", phone.epoch)] {
        assert_eq!(phone.revision_of(Some(other)), None, "{other}");
    }
}

#[test]
fn events_without_effect_make_no_revision() {
    let mut phone = phone();
    let answer = &json!({ "status": "active", "operatorsOnline": 1 });
    let health = Event::Status {
        status: Some(200),
        answer,
    };
    let revision = phone.apply(&health, NOW);
    assert_eq!(phone.apply(&health, NOW), revision);
    assert_eq!(phone.apply(&Event::Note { text: "x" }, NOW), revision);
    receive(&mut phone, "markAsRead", json!({ "messageId": "unknown" }));
    assert_eq!(phone.update(None, NOW).revision, revision);

    // The terminal may send a request without an id, which matches no message.
    let data = json!({ "targetChatId": "c1", "state": "opened" });
    receive(&mut phone, "session", data);
    let revision = phone.update(None, NOW).revision;
    answered(&mut phone, &message(""), Some(422), false);
    assert_eq!(phone.update(None, NOW).revision, revision);
}

#[test]
fn entries_and_chats_are_bounded() {
    let mut phone = phone();
    for n in 0..=ENTRIES_MAX {
        queue(&mut phone, &message(&format!("m{n}")));
    }
    let states = states(&phone);
    assert_eq!(states.len(), ENTRIES_MAX);
    assert_eq!(states[0].0, "m1", "the oldest is gone");
    for n in 0..CHATS_MAX * 2 {
        let data = json!({ "targetChatId": format!("new-{n}"), "text": "hi" });
        receive(&mut phone, "message", data);
    }
    let update = shown(&phone, None);
    assert_eq!(update["chats"].as_array().unwrap().len(), CHATS_MAX);
}

#[test]
fn messages_can_be_edited_and_deleted() {
    let mut phone = phone();
    queue(&mut phone, &message("m1"));
    let data = json!({ "externalMessageId": "m1", "text": "better" });
    queue(
        &mut phone,
        &json!({ "type": "messageEdited", "data": data }),
    );
    let entry = shown(&phone, None)["entries"][0].clone();
    assert_eq!(entry["text"], "better");
    assert_eq!(entry["edited"], true);
    let data = json!({ "externalMessageId": "m1" });
    queue(
        &mut phone,
        &json!({ "type": "messageDeleted", "data": data }),
    );
    let entry = shown(&phone, None)["entries"][0].clone();
    assert_eq!(entry["text"], "");
    assert_eq!(entry["deleted"], true);
}
