//! Erasure of a person's data.

use serde_json::{Value, json};

use crate::broker::TestBroker;
use crate::program;
use crate::response::WebhookResponse;
use crate::world::{World, each};

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
    let session = crate::world::text(&accepted["sessionId"]);
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
