//! Erasure of a person's data.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::broker::TestBroker;
use crate::program;
use crate::response::WebhookResponse;
use crate::world::{World, each, list, text};

/// Texts that must not be found anywhere after the erasure.
const SECRETS: [&str; 5] = [
    "my little secret",
    "Zebulon Quackenbush",
    "+44 555 0199",
    "we will keep it",
    "zebra-chat",
];

/// The files of the data directory that contain one of these texts.
async fn files_with(broker: &TestBroker, texts: &[&str]) -> String {
    let mut grep = program::command(program::find("grep"));
    grep.args([
        "--recursive",
        "--fixed-strings",
        "--text",
        "--files-with-matches",
    ]);
    for text in texts {
        grep.args(["-e", text]);
    }
    let output = program::output(grep.arg(broker.data())).await;
    // Exit code 1 means no match, 2 an error.
    assert_ne!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Asserts that neither a file nor the printed log contains one of these texts.
pub(crate) async fn assert_no_trace(broker: &TestBroker, secrets: &[&str]) {
    assert_ne!(
        files_with(broker, &["egress.allow"]).await,
        "",
        "the search finds existing text"
    );
    assert_eq!(files_with(broker, secrets).await, "");
    let log = broker.call(&["log", "show", "--limit", "1000"]).await;
    let log = String::from_utf8(log.stdout).unwrap();
    assert!(log.contains("user-created"), "{log}");
    assert_no_secrets(secrets, &[json!(log)]);
}

/// Asserts that the chain is valid, with or without a running broker.
async fn assert_log_verifies(broker: &TestBroker) {
    let verified = broker.call(&["log", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
}

/// Asserts that no answer contains one of these texts.
fn assert_no_secrets(secrets: &[&str], answers: &[Value]) {
    for shown in answers.iter().map(Value::to_string) {
        for secret in secrets {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
}

/// Waits until the profile of a session's contact is known. Returns the parameters that name the contact.
async fn known_contact(world: &World, session: &str) -> Value {
    let args = json!({ "session": session });
    let contact = world.olga.call("sessions.get", args).await;
    let contact = json!({ "contact": contact["contact"]["id"] });
    let known = |answer: &Value| (answer["contact"]["username"] == SECRETS[1]).then_some(());
    world
        .admin
        .until("contacts.get", contact.clone(), known)
        .await;
    contact
}

#[tokio::test]
async fn forgetting_a_person_erases_their_data_and_keeps_the_chain_valid() {
    let mut world = World::start().await;
    let profile = json!({ "id": "z", "username": SECRETS[1], "phoneNumber": SECRETS[2] });
    world.messenger.respond_with(move |request| {
        let is_theirs = request.data()["userId"] == "user-of-z";
        is_theirs.then(|| WebhookResponse::json(&profile))
    });
    let mut first = crate::messenger::message("z1", "z", SECRETS[0]);
    first["data"]["externalChatName"] = SECRETS[4].into();
    let accepted = world.messenger.post(&first).await.ok();
    let session = text(&accepted["sessionId"]);
    world.olga.on_session("sessions.take", &session).await;
    let id = world.send(&session, SECRETS[3]).await;
    world.delivery(&session, &id, "accepted").await;
    let other = world.queued_session("bob").await;
    let contact = known_contact(&world, &session).await;

    world
        .olga
        .rejected("contacts.forget", contact.clone(), "forbidden")
        .await;
    world.admin.call("contacts.forget", contact.clone()).await;
    for restarted in [false, true] {
        if restarted {
            world.broker.restart().await;
            world.admin = world.broker.admin().await;
        }
        let history = world.history(&session).await;
        assert_eq!(
            history.len(),
            2,
            "erased messages are still listed: {history:?}"
        );
        let forgotten = world.admin.call("contacts.get", contact.clone()).await;
        assert!(!forgotten["contact"]["forgotten"].is_null(), "{forgotten}");
        let events = world
            .admin
            .call("events.after", json!({ "position": 0 }))
            .await;
        assert_no_secrets(&SECRETS, &[json!(history), forgotten, events]);
        let kept = world.history(&other).await;
        assert_eq!(
            each(&kept, "text"),
            ["hello"],
            "other contacts keep their messages"
        );
        assert_no_trace(&world.broker, &SECRETS).await;
    }
    let page = world
        .admin
        .call("contacts.list", json!({ "text": "Quackenbush" }))
        .await;
    assert_eq!(page["contacts"], json!([]));

    assert_log_verifies(&world.broker).await;
    world.broker.stop().await;
    assert_log_verifies(&world.broker).await;
    assert_no_trace(&world.broker, &SECRETS).await;
    assert_no_secrets(&SECRETS, &[json!(world.broker.log())]);
}

#[tokio::test]
async fn what_a_messenger_says_about_a_message_is_erased_with_its_recipient() {
    let said = ["Zebulon reads it", "Zebulon blocked us"];
    let world = World::start().await;
    let answer = WebhookResponse::status(200).text(said[0]);
    world.messenger.respond_to("message", answer);
    let session = world.assigned_session("z").await;
    let id = world.send(&session, "hello").await;
    world.delivery(&session, &id, "accepted").await;
    let failed = json!({ "messageId": id, "status": "failed", "reason": said[1] });
    assert_eq!(
        world.messenger.event("messageStatus", failed).await.status,
        200
    );
    let args = json!({ "message": id });
    let attempts = world.admin.call("deliveries.list", args.clone()).await;
    assert_eq!(attempts["attempts"][0]["answer"], said[0]);
    let reason = &world.delivery_of(&session, &id).await["reason"];
    assert_eq!(reason["detail"], said[1]);
    assert_no_trace(&world.broker, &said).await;

    let of_session = json!({ "session": session });
    let shown = world.admin.call("sessions.get", of_session).await;
    let forget = json!({ "contact": shown["contact"]["id"] });
    world.admin.call("contacts.forget", forget).await;
    let reason = &world.delivery_of(&session, &id).await["reason"];
    assert_eq!(reason["code"], "report_erased");
    let answers = [
        world.admin.call("deliveries.list", args).await,
        world
            .admin
            .call("events.after", json!({ "position": 0 }))
            .await,
        json!(world.history(&session).await),
    ];
    assert_no_secrets(&said, &answers);
}

/// A messenger's ids of a person, their chat, two of their messages and one that is unknown, and of a
/// person and a chat that an operator names: phone numbers.
const IDS: [&str; 7] = [
    "+447700900101",
    "+447700900102",
    "+447700900103",
    "+447700900104",
    "+447700900105",
    "+447700900106",
    "+447700900107",
];

/// A message with these ids.
fn of_phone(id: &str, text: &str) -> Value {
    json!({ "type": "message", "data": {
        "externalUserId": IDS[0], "externalChatId": IDS[1], "externalMessageId": id, "text": text,
    } })
}

/// Writes everything that names an id. Returns the session and the message that the operator answered.
async fn name_every_id(world: &World) -> (String, Value) {
    let first = world.messenger.post(&of_phone(IDS[2], "hello")).await.ok();
    let session = text(&first["sessionId"]);
    let mut second = of_phone(IDS[3], "anybody?");
    second["data"]["replyTo"] = IDS[2].into();
    world.messenger.post(&second).await.ok();
    let typing = json!({ "externalUserId": IDS[0], "externalChatId": IDS[1] });
    world.messenger.accepted("typing", typing).await;
    for id in [IDS[3], IDS[4]] {
        let edit = json!({ "externalMessageId": id, "text": "edited" });
        world.messenger.accepted("messageEdited", edit).await;
    }
    world.olga.on_session("sessions.take", &session).await;
    let read = json!({ "session": session, "upTo": first["messageId"] });
    world.olga.call("messages.read", read).await;
    let reply = json!({ "session": session, "text": "yes", "replyTo": first["messageId"] });
    world.olga.call("messages.send", reply).await;
    let create = json!({
        "channel": world.channel, "externalUserId": IDS[5], "externalChatId": IDS[6],
        "text": "good day",
    });
    world.olga.call("sessions.create", create).await;
    (session, first)
}

/// Asserts that the messenger was told its own ids.
async fn assert_messenger_knows(world: &World) {
    let sent = world.messenger.wait_for("message", 2).await;
    let reply = sent.iter().find(|m| m.text() == "yes").unwrap();
    assert_eq!(
        (&reply.data()["targetChatId"], &reply.data()["replyTo"]),
        (&json!(IDS[1]), &json!(IDS[2]))
    );
    let started = sent.iter().find(|m| m.text() == "good day").unwrap();
    assert_eq!(started.data()["targetChatId"], IDS[6]);
    for (kind, member, ids) in [
        ("userInfo", "userId", &[IDS[0]][..]),
        ("messageOutcome", "messageId", &[IDS[2], IDS[3]]),
        ("markAsRead", "messageId", &[IDS[2]]),
    ] {
        let received = world.messenger.wait_for(kind, ids.len()).await;
        let named = received.iter().map(|r| text(&r.data()[member]));
        let named: BTreeSet<String> = named.collect();
        assert!(named.iter().eq(ids), "{kind}: {named:?}");
    }
}

/// Asserts that operators see the ids, and find people by them.
async fn assert_ids_are_shown(world: &World, session: &str) {
    let of_session = json!({ "session": session });
    let shown = world.olga.call("sessions.get", of_session).await;
    assert_eq!(shown["session"]["externalChatId"], IDS[1]);
    assert_eq!(shown["contact"]["externalUserId"], IDS[0]);
    let history = world.history(session).await;
    assert_eq!(history[0]["externalMessageId"], IDS[2]);
    for id in [IDS[0], IDS[5]] {
        let args = json!({ "text": id });
        let found = world.admin.call("contacts.list", args).await;
        assert_eq!(each(&list(&found, "contacts"), "externalUserId"), [id]);
    }
}

/// Asserts that the first message of [`name_every_id`] is known.
async fn assert_repeat_has_no_effect(world: &World, first: &Value) {
    let mut again = first.clone();
    again["duplicate"] = true.into();
    let repeated = of_phone(IDS[2], "hello");
    assert_eq!(world.messenger.post(&repeated).await.ok(), again);
    let reused = of_phone(IDS[2], "something else");
    world
        .messenger
        .expect_problem(&reused, 409, "message_conflict")
        .await;
}

/// What administrators are shown about a contact, a session, and everything that happened.
async fn everything_shown(world: &World, contact: &Value, session: &str) -> Vec<Value> {
    let admin = &world.admin;
    let of_channel = json!({ "channel": world.channel });
    let attempts = admin.call("deliveries.list", of_channel).await;
    assert!(!list(&attempts, "attempts").is_empty(), "{attempts}");
    let all = json!({ "position": 0, "limit": 1000 });
    let of_contact = json!({ "contact": contact });
    let of_session = json!({ "session": session });
    vec![
        attempts,
        json!(admin.sessions("closed").await),
        json!(world.history(session).await),
        admin.call("contacts.get", of_contact).await,
        admin.call("contacts.list", json!({})).await,
        admin.call("sessions.get", of_session).await,
        admin.call("audit.list", json!({})).await,
        admin.call("events.after", all).await,
    ]
}

#[tokio::test]
async fn ids_of_the_messenger_are_stored_sealed_and_erased_with_their_person() {
    let mut world = World::start().await;
    let (session, first) = name_every_id(&world).await;
    assert_messenger_knows(&world).await;
    assert_ids_are_shown(&world, &session).await;
    assert_no_trace(&world.broker, &IDS).await;

    world.broker.restart().await;
    world.admin = world.broker.admin().await;
    assert_repeat_has_no_effect(&world, &first).await;
    let more = world.messenger.post(&of_phone(IDS[4], "late")).await.ok();
    assert_eq!(more["sessionId"], first["sessionId"]);
    let of_session = json!({ "session": session });
    let shown = world.admin.call("sessions.get", of_session).await;
    assert_eq!(shown["session"]["lastMessage"]["text"], "edited");

    let contacts = world.admin.call("contacts.list", json!({})).await;
    let contacts = each(&list(&contacts, "contacts"), "id");
    for id in &contacts {
        let forget = json!({ "contact": id });
        world.admin.call("contacts.forget", forget).await;
    }
    for restarted in [false, true] {
        if restarted {
            world.broker.restart().await;
            world.admin = world.broker.admin().await;
        }
        assert_repeat_has_no_effect(&world, &first).await;
        for contact in &contacts {
            let shown = everything_shown(&world, contact, &session).await;
            assert_no_secrets(&IDS, &shown);
        }
        assert_no_trace(&world.broker, &IDS).await;
    }
    let new = world
        .messenger
        .post(&of_phone("new", "me again"))
        .await
        .ok();
    assert_ne!(new["sessionId"], first["sessionId"]);
    let of_session = json!({ "session": new["sessionId"] });
    let shown = world.admin.call("sessions.get", of_session).await;
    assert!(!contacts.contains(&shown["contact"]["id"]), "{shown}");
    world.broker.stop().await;
    assert_no_trace(&world.broker, &IDS).await;
    assert_no_secrets(&IDS, &[json!(world.broker.log())]);
}
