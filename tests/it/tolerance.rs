//! Requests of messengers that are not quite what the protocol asks for.

use hyper::Method;
use serde_json::{Value, json};

use crate::http;
use crate::messenger::{Messenger, message};
use crate::response::{Behaviour, Gate, WebhookResponse};
use crate::world::{World, connect, text};

/// The pointers of an answer's warnings.
fn warned(answer: &Value) -> Vec<String> {
    let warnings = answer["warnings"].as_array();
    let pointers = warnings.into_iter().flatten();
    pointers.map(|one| text(&one["pointer"])).collect()
}

#[tokio::test]
async fn a_message_is_not_lost_because_of_its_optional_members() {
    let mut world = World::start().await;
    let mut sent = message("m1", "ann", "");
    let url = format!("http://files.example/a.png?{}", "x".repeat(8_000));
    for (name, value) in [
        ("createdAt", json!("2026-11-22T10:00:00+25:00")),
        ("replyTo", json!("")),
        ("externalChatName", json!("n".repeat(300))),
        ("files", json!([{ "URL": url, "size": "12" }])),
    ] {
        sent["data"][name] = value;
    }
    let first = world.messenger.post(&sent).await.ok();
    let members = [
        "externalChatName",
        "files/0/name",
        "files/0/size",
        "createdAt",
        "replyTo",
    ];
    assert_eq!(
        warned(&first),
        members.map(|name| format!("/data/{name}")),
        "{first}"
    );
    let session = text(&first["sessionId"]);
    let file = &world.history(&session).await[0]["files"][0];
    assert_eq!(
        *file,
        json!({ "name": "a.png", "size": 12, "URL": sent["data"]["files"][0]["URL"] })
    );

    world.crash().await;
    world.admin = world.broker.admin().await;
    let again = world.messenger.post(&sent).await.ok();
    assert_eq!(again["duplicate"], true);
    assert_eq!(again["messageId"], first["messageId"]);
    assert_eq!(world.history(&session).await.len(), 1);
}

#[tokio::test]
async fn integer_ids_lone_surrogates_and_a_byte_order_mark_are_accepted() {
    let world = World::start().await;
    let body = format!(
        "\u{feff}{{\"type\":\"message\",\"token\":\"{}\",\"data\":{{\"externalMessageId\":1,\
         \"externalChatId\":-1001234567890,\"externalUserId\":123456789012345678901,\
         \"text\":\"\\ud83d!\",\"files\":[{{\"name\":\"a\",\"URL\":\"u\",\"size\":1e400}}]}}}}",
        world.messenger.code
    );
    let url = world.messenger.ingress_url();
    let answer = http::post(&url, &[], body.as_bytes()).await.ok();
    let members = ["text", "files/0/URL", "files/0/size"];
    assert_eq!(
        warned(&answer),
        members.map(|name| format!("/data/{name}")),
        "{answer}"
    );
    let history = world.history(&text(&answer["sessionId"])).await;
    assert_eq!(history[0]["files"][0]["URL"], "u", "kept");
    assert_eq!(history[0]["text"], "\u{fffd}!");
    assert_eq!(history[0]["externalMessageId"], "1");
    let outcome = &world.messenger.wait_for("messageOutcome", 1).await[0];
    assert_eq!(outcome.data()["messageId"], "1");
    let asked = &world.messenger.wait_for("userInfo", 1).await[0];
    assert_eq!(asked.data()["userId"], "123456789012345678901");
}

#[tokio::test]
async fn json_is_accepted_under_its_other_media_types() {
    let world = World::start().await;
    let url = world.messenger.ingress_url();
    let mut sent = message("m1", "ann", "hello");
    sent["token"] = world.messenger.code.clone().into();
    let body = sent.to_string();
    for (kind, status) in [
        (None, 200),
        (Some("text/json"), 200),
        (Some("application/vnd.api+json"), 200),
        (Some("application/json; charset=UTF-8"), 200),
        (Some("application/json; charset=windows-1251"), 415),
        (Some("application/x-www-form-urlencoded"), 415),
    ] {
        let headers: Vec<_> = kind
            .map(|kind| ("content-type", kind))
            .into_iter()
            .collect();
        let reply = http::send(&Method::POST, &url, &headers, body.as_bytes()).await;
        let reply = reply.unwrap();
        assert_eq!(reply.status, status, "{kind:?}: {}", reply.text());
    }
}

#[tokio::test]
async fn an_edit_with_the_same_text_changes_nothing_and_a_blank_one_is_invalid() {
    let mut world = World::start().await;
    let messenger = &world.messenger;
    let session = text(&messenger.say("m1", "ann", "Hi").await["sessionId"]);
    let edit = |id: &str, text: &str| json!({ "type": "messageEdited", "data": { "externalMessageId": id, "text": text } });
    let status = json!({ "status": "accepted" });
    assert_eq!(messenger.post(&edit("m1", "Hi")).await.ok(), status);
    for blank in ["", " "] {
        for id in ["m1", "not there yet"] {
            let answer = messenger
                .expect_problem(&edit(id, blank), 422, "invalid")
                .await;
            assert_eq!(answer["errors"][0]["pointer"], "/data/text");
        }
    }
    let first = world.history(&session).await;
    assert_eq!(
        (&first[0]["text"], first[0].get("edited")),
        (&json!("Hi"), None)
    );

    messenger.post(&edit("m1", "Ho")).await.ok();
    let changed = world.history(&session).await;
    assert_eq!(changed[0]["text"], "Ho");
    assert!(changed[0]["edited"].is_string());
    world.crash().await;
    world.admin = world.broker.admin().await;
    let messenger = &world.messenger;
    assert_eq!(messenger.post(&edit("m1", "Ho")).await.ok(), status);
    assert_eq!(world.history(&session).await, changed);

    // The same for an edit that arrives first.
    for _ in 0..2 {
        messenger.post(&edit("m2", "later")).await.ok();
    }
    let parked = messenger.say("m2", "ann", "sooner").await;
    let position = messenger.say("m3", "ann", "next").await["position"].as_u64();
    // The message and its edit.
    assert_eq!(position, parked["position"].as_u64().map(|first| first + 2));

    messenger.post(&edit("m5", "as sent")).await.ok();
    messenger.say("m5", "ann", "as sent").await;
    let unchanged = world.history(&session).await.pop().unwrap();
    assert_eq!(
        (&unchanged["text"], unchanged.get("edited")),
        (&json!("as sent"), None)
    );

    let mut photo = message("m4", "ann", "caption");
    photo["data"]["files"] = json!([{ "name": "a.png", "URL": "http://h/a.png" }]);
    messenger.post(&photo).await.ok();
    messenger.post(&edit("m4", "")).await.ok();
    let last = world.history(&session).await.pop().unwrap();
    assert_eq!(
        (&last["text"], &last["files"][0]["name"]),
        (&json!(""), &json!("a.png"))
    );
}

#[tokio::test]
async fn what_a_messenger_sends_before_it_answers_connect_is_asked_for_again() {
    let world = World::start().await;
    let channel = json!({ "channel": world.channel });
    let gate = Gate::closed();
    let answer = WebhookResponse::status(200).behind(&gate);
    let early = message("m1", "ann", "hello");

    let other = Messenger::start("another", Behaviour::basic()).await;
    other.respond_to("connect", answer.clone());
    let connects = connect(&world.admin, &world.live_chat, &other, json!({}));
    let sends = async {
        other.wait_for("connect", 1).await;
        for early in [&early, &json!({ "type": "disconnect" })] {
            let reply = other.post(early).await;
            reply.problem(503, "channel_connecting");
            assert_eq!(reply.header("retry-after"), "1");
        }
        gate.open();
    };
    let (connected, ()) = futures_util::future::join(connects, sends).await;
    assert_eq!(connected["channel"]["status"], "active");
    other.post(&early).await.ok();

    world
        .admin
        .call("channels.disconnect", channel.clone())
        .await;
    let disconnected = "channel_disconnected";
    world
        .messenger
        .expect_problem(&early, 409, disconnected)
        .await;
    let gate = Gate::closed();
    let answer = WebhookResponse::status(500).behind(&gate);
    world.messenger.respond_to("connect", answer);
    let reconnects = world.admin.request("channels.reconnect", channel);
    let sends = async {
        world.messenger.wait_for("connect", 2).await;
        world
            .messenger
            .expect_problem(&early, 503, "channel_connecting")
            .await;
        gate.open();
    };
    futures_util::future::join(reconnects, sends)
        .await
        .0
        .unwrap();
    world
        .messenger
        .expect_problem(&early, 409, disconnected)
        .await;
}

#[tokio::test]
async fn a_message_with_a_new_signature_in_a_url_is_a_duplicate_and_an_echo_has_no_effect() {
    let mut world = World::start().await;
    let signed = |signature: &str| {
        let mut photo = message("m1", "ann", "photo");
        let url = format!("http://files.example/a.png?signature={signature}");
        photo["data"]["files"] = json!([{ "name": "a.png", "URL": url }]);
        photo
    };
    let first = world.messenger.post(&signed("1")).await.ok();
    world.crash().await;
    let again = world.messenger.post(&signed("2")).await.ok();
    assert_eq!(again["duplicate"], true);
    assert_eq!(again["messageId"], first["messageId"]);

    (world.admin, world.olga) = (
        world.broker.admin().await,
        world.broker.sign_in("olga").await,
    );
    let session = text(&first["sessionId"]);
    world.olga.on_session("sessions.take", &session).await;
    let sent = world.send(&session, "good day").await;
    world.delivery(&session, &sent, "accepted").await;
    let echo = message(&sent, "ann", "good day");
    let answer = world.messenger.post(&echo).await.ok();
    assert_eq!(
        (&answer["echo"], &answer["messageId"]),
        (&json!(true), &json!(sent))
    );
    assert_eq!(world.history(&session).await.len(), 2);
}
