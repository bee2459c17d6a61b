//! Connecting channels: the handshake, failures, and changes of the webhook.

use serde_json::{Value, json};

use crate::messenger::Messenger;
use crate::response::{Behaviour, Gate, WebhookResponse};
use crate::world::{Setup, World, connect, create_live_chat, has};

/// Connects a messenger. Returns the channel.
async fn channel_of(world: &World, behaviour: Behaviour, code: &str, more: Value) -> Value {
    let messenger = Messenger::start(code, behaviour).await;
    connect(&world.admin, &world.live_chat, &messenger, more).await["channel"].clone()
}

#[tokio::test]
async fn a_connect_request_is_complete_and_its_response_verified() {
    let world = World::start().await;
    let connects = world.messenger.received_of("connect");
    let [connect] = &connects[..] else {
        panic!("{connects:?}")
    };
    assert!(connect.is_signed_with(&world.messenger.code));
    assert_eq!(connect.body["token"], world.messenger.code.as_str());
    assert_eq!(connect.body["channelId"], world.channel.as_str());
    assert_eq!(
        connect.data()["webhook"],
        world.broker.webhook(&world.channel)
    );
    assert!(connect.data()["challenge"].as_str().unwrap().len() >= 16);
    let channel = world.channel().await;
    assert_eq!(channel["verified"], "challenge");
    has(
        &channel,
        &json!({ "security": "token", "dialect": "native" }),
    );
    assert_eq!(channel["capabilities"]["operatorInitiated"], true);
    assert_eq!(channel["publicUrl"], world.broker.webhook(&world.channel));

    let plain = channel_of(&world, Behaviour::basic(), "another", json!({})).await;
    has(&plain, &json!({ "status": "active", "verified": "status" }));
    assert_eq!(plain["capabilities"]["operatorInitiated"], false);
}

#[tokio::test]
async fn a_failed_connection_has_a_reason_and_can_be_retried() {
    let world = World::start().await;
    let messenger = Messenger::start("its own code", Behaviour::complete()).await;
    let wrong_proof = json!({ "challenge": "AAAA" });
    for (response, reason) in [
        (WebhookResponse::status(401), "code"),
        (
            WebhookResponse::status(500).text("down for maintenance"),
            "500",
        ),
        (
            WebhookResponse::status(302).header("location", "http://127.0.0.1/"),
            "redirect",
        ),
        (WebhookResponse::json(&wrong_proof), "challenge"),
    ] {
        messenger.respond_to("connect", response);
        let answer = connect(&world.admin, &world.live_chat, &messenger, json!({})).await;
        let channel = &answer["channel"];
        assert_eq!(channel["status"], "failed", "{answer}");
        let shown = channel["reason"].to_string();
        assert!(shown.contains(reason), "{shown}");
        assert!(answer["trace"].is_object(), "{answer}");
        let shown = answer.to_string();
        assert!(
            !shown.contains("its own code"),
            "the code is a secret: {shown}"
        );
        world
            .admin
            .call("channels.delete", json!({ "channel": channel["id"] }))
            .await;
    }

    let mut stopped = Messenger::start("code", Behaviour::complete()).await;
    stopped.down().await;
    let answer = connect(&world.admin, &world.live_chat, &stopped, json!({})).await;
    assert_eq!(answer["channel"]["status"], "failed");
    stopped.up().await;
    let channel = json!({ "channel": answer["channel"]["id"] });
    let again = world.admin.call("channels.reconnect", channel).await;
    assert_eq!(again["channel"]["status"], "active", "{again}");
}

#[tokio::test]
async fn an_address_that_is_not_allowed_gets_no_request() {
    let settings = [("egress.allow", "[]")];
    let broker = crate::broker::TestBroker::with(&settings).await;
    let admin = broker.admin().await;
    let live_chat = create_live_chat(&admin, "Sales", &[]).await;
    let messenger = Messenger::start("code", Behaviour::complete()).await;
    let answer = connect(&admin, &live_chat, &messenger, json!({})).await;
    assert_eq!(answer["channel"]["status"], "failed", "{answer}");
    assert!(messenger.received().is_empty());
}

#[tokio::test]
async fn a_channel_test_sends_connect_and_changes_nothing() {
    let world = World::with(Setup::basic_messenger()).await;
    let before = world.channel().await;
    let channel = json!({ "channel": world.channel });
    let answer = world.admin.call("channels.test", channel.clone()).await;
    assert!(answer["trace"].is_object(), "{answer}");
    assert_eq!(world.messenger.received_of("connect").len(), 2);
    world.messenger.respond_status("connect", 401);
    let answer = world.admin.request("channels.test", channel).await;
    assert!(format!("{answer:?}").contains("401"), "{answer:?}");
    assert_eq!(world.channel().await["status"], before["status"]);
    world.messenger.say("m1", "ann", "still here").await;
}

#[tokio::test]
async fn a_reconnect_runs_once_and_the_audit_trail_has_its_user() {
    let world = World::start().await;
    let channel = json!({ "channel": world.channel });
    world
        .admin
        .call("channels.disconnect", channel.clone())
        .await;
    let args = json!({
        "channel": world.channel, "commandId": "01890a5d-ac96-774b-bcce-b302099a8057",
    });
    for _ in 0..2 {
        let answer = world.admin.call("channels.reconnect", args.clone()).await;
        assert_eq!(answer["channel"]["status"], "active", "{answer}");
        assert_eq!(world.messenger.received_of("connect").len(), 2);
    }
    let page = world.admin.call("audit.list", json!({ "limit": 1 })).await;
    let newest = &page["audit"][0];
    assert_eq!(newest["event"], "channel-status-changed", "{newest}");
    assert_eq!(newest["by"], "admin", "{newest}");
}

#[tokio::test]
async fn a_new_webhook_is_verified_before_it_is_used() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    let other = Messenger::start(&world.messenger.code, Behaviour::complete()).await;
    let update = json!({ "channel": world.channel, "webhook": other.url() });
    other.respond_status("connect", 403);
    // Ok or error, the old webhook stays in use.
    drop(world.admin.request("channels.update", update.clone()).await);
    assert_eq!(other.received_of("connect").len(), 1);
    assert_eq!(world.channel().await["webhook"], world.messenger.url());
    world.send(&session, "to the old one").await;
    world.messenger.wait_for("message", 1).await;

    other.respond_as_usual();
    world.admin.call("channels.update", update).await;
    assert_eq!(world.channel().await["webhook"], other.url());
    assert_eq!(world.channel().await["status"], "active");
    world.send(&session, "to the new one").await;
    let sent = other.wait_for("message", 1).await;
    assert_eq!(sent[0].text(), "to the new one");
    assert_eq!(world.messenger.received_of("message").len(), 1);
}

#[tokio::test]
async fn administrators_see_the_steps_of_a_handshake() {
    let world = World::start().await;
    let supervisor = world.new_user("sven", "supervisors").await;
    let handshakes = "sb.default.audit.*.handshake";
    let mut steps = world.admin.subscribe(handshakes).await;
    drop(supervisor.subscribe(handshakes).await);
    let violation = format!("Subscription to \"{handshakes}\"");
    supervisor.server_error(&violation).await;

    let messenger = Messenger::start("its own code", Behaviour::complete()).await;
    let gate = Gate::closed();
    let closed = WebhookResponse::status(500).text("closed: its own code");
    messenger.respond_to("connect", closed.behind(&gate));
    let command = "01890a5d-ac96-774b-bcce-b302099a8057";
    let args = json!({ "commandId": command });
    let answer = connect(&world.admin, &world.live_chat, &messenger, args);
    let published = async {
        let sending = steps.next().await;
        // The messenger has not responded yet, so the request is still open.
        gate.open();
        [sending, steps.next().await, steps.next().await]
    };
    let (answer, published) = tokio::join!(answer, published);
    let trace = &answer["trace"];
    let common =
        json!({ "channel": answer["channel"]["id"], "commandId": command, "user": "admin" });
    for (step, event, members) in [
        ("sending", &published[0], &["sent"][..]),
        ("answered", &published[1], &["received", "ms"]),
        ("judged", &published[2], &["error"]),
    ] {
        let mut wanted = common.clone();
        wanted["step"] = step.into();
        for member in members {
            wanted[*member] = trace[*member].clone();
        }
        assert_eq!(*event, wanted);
        assert!(!event.to_string().contains("its own code"), "{event}");
    }
    assert!(trace["error"].as_str().unwrap().contains("500"), "{trace}");
}
