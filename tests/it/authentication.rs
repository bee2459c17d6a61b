//! Authentication between messengers and Switchboard: signatures, tokens, and code rotation.

use hyper::Method;
use serde_json::json;

use crate::http::{self, Reply};
use crate::messenger::{Received, message};
use crate::response::WebhookResponse;
use crate::signing;
use crate::world::{Setup, World};

const SIGNING: &str = "whsec_bm8gbW9yZSBzZWNyZXRzLCBwbGVhc2Uh";

/// Posts a message signed with a code at an age in seconds, and with an optional token.
async fn post(world: &World, signed: Option<(&str, i64)>, token: Option<&str>) -> Reply {
    let mut body = message("m1", "ann", "hello");
    if let Some(token) = token {
        body["token"] = token.into();
    }
    let body = body.to_string();
    let headers = signed.map(|(code, age)| {
        signing::headers(code, "id-1", &signing::timestamp(age), body.as_bytes())
    });
    let headers = headers
        .iter()
        .flatten()
        .map(|(name, value)| (*name, value.as_str()));
    let headers: Vec<_> = headers.collect();
    http::post(&world.messenger.ingress_url(), &headers, body.as_bytes()).await
}

#[tokio::test]
async fn only_a_valid_token_or_signature_is_accepted() {
    let world = World::start().await;
    let code = world.messenger.code.clone();
    let details = [
        post(&world, None, None).await,
        post(&world, None, Some("open sesamE")).await,
        post(&world, Some((&code, -310)), None).await,
        // A present signature must verify even if the token is right.
        post(&world, Some(("wrong", 0)), Some(&code)).await,
    ]
    .map(|reply| reply.problem(401, "unauthorized")["detail"].clone());
    assert!(
        details.iter().all(|one| *one == details[0]),
        "the detail does not reveal the cause: {details:?}"
    );

    assert_eq!(post(&world, None, Some(&code)).await.status, 200);
    assert_eq!(
        post(&world, Some((&code, 0)), None).await.ok()["duplicate"],
        true
    );
    assert_eq!(
        post(&world, Some((&code, -280)), Some("wrong")).await.ok()["duplicate"],
        true
    );
}

#[tokio::test]
async fn a_signed_channel_rejects_tokens() {
    let world = World::with(Setup {
        code: SIGNING,
        ..Setup::default()
    })
    .await;
    assert_eq!(world.channel().await["security"], "signed");
    post(&world, None, Some(SIGNING))
        .await
        .problem(401, "unauthorized");
    post(&world, Some(("whsec_d3Jvbmc=", 0)), None)
        .await
        .problem(401, "unauthorized");
    assert_eq!(post(&world, Some((SIGNING, 0)), None).await.status, 200);
    let requests = world.messenger.wait_for("userInfo", 1).await;
    assert!(
        requests[0].is_signed_with(SIGNING),
        "signed with the decoded key"
    );
}

#[tokio::test]
async fn a_signed_channel_is_never_sent_its_code() {
    for dialect in ["native", "brix"] {
        let world = World::with(Setup {
            code: SIGNING,
            connect: json!({ "dialect": dialect }),
            ..Setup::default()
        })
        .await;
        let messenger = &world.messenger;
        let said = messenger.post_signed(&message("m1", "ann", "hello")).await;
        let said = said.ok();
        let session = said["sessionId"].as_str().unwrap();
        world.olga.on_session("sessions.take", session).await;
        let read = json!({ "session": session, "upTo": said["messageId"] });
        world.olga.call("messages.read", read).await;
        world.olga.on_session("typing", session).await;
        world.send(session, "hi").await;
        let mut kinds = vec!["userInfo", "messageOutcome", "markAsRead", "message"];
        if dialect == "native" {
            kinds.push("typing");
        }
        for kind in kinds {
            messenger.wait_for(kind, 1).await;
        }
        let channel = json!({ "channel": world.channel });
        world.admin.call("channels.disconnect", channel).await;
        messenger.wait_for("disconnect", 1).await;
        for request in messenger.received() {
            assert_eq!(request.body.get("token"), None, "{}", request.kind());
            assert!(request.is_signed_with(SIGNING), "{}", request.kind());
        }
    }
}

/// Waits until the administrator sees, or no longer sees, that the messenger has the old code.
async fn shows_old_code(world: &World, shown: bool) {
    let args = json!({ "channel": world.channel });
    let is_shown = |answer: &serde_json::Value| {
        (answer["channel"]["oldCodeUsedAt"].is_string() == shown).then_some(())
    };
    world.admin.until("channels.get", args, is_shown).await;
}

#[tokio::test]
async fn a_messenger_with_the_old_code_works_in_both_directions_during_a_rotation() {
    let world = World::start().await;
    let (messenger, session) = (&world.messenger, world.assigned_session("ann").await);
    let has_only = |code: &'static str| {
        messenger.respond_with(move |request| {
            (request.body["token"] != code).then(|| WebhookResponse::status(401))
        });
    };
    let old = "open sesame";
    has_only(old);
    let rotate = json!({ "channel": world.channel, "code": "open barley" });
    world.admin.call("channels.rotate", rotate).await;
    shows_old_code(&world, false).await;

    let id = world.send(&session, "still here?").await;
    let delivery = world.delivery(&session, &id, "accepted").await;
    assert_eq!(delivery["attempts"], 1, "{delivery}");
    let sent = messenger.wait_for("message", 2).await;
    let tokens = [&sent[0].body["token"], &sent[1].body["token"]];
    assert_eq!(tokens, ["open barley", old]);
    assert_eq!(sent[0].id(), sent[1].id());
    shows_old_code(&world, true).await;
    let channel = world.channel().await;
    assert_eq!(
        (&channel["status"], &channel["lastError"]),
        (&json!("active"), &json!(null))
    );

    // Its own requests, with its token and its signature, and the notices that follow.
    assert_eq!(
        messenger.say("m2", "bob", "hello").await["status"],
        "accepted"
    );
    let answered = |kind: &'static str| async move {
        let taken = format!("a {kind} with the old token");
        let is_taken = |one: &Received| one.kind() == kind && one.body["token"] == old;
        messenger
            .wait_until(&taken, |all| {
                all.iter().filter(|one| is_taken(one)).count() >= 2
            })
            .await;
    };
    answered("userInfo").await;
    answered("messageOutcome").await;
    messenger
        .post_signed(&message("m3", "bob", "hello"))
        .await
        .ok();
    let headers = signing::headers(old, "get-1", &signing::timestamp(0), b"");
    let headers = headers
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let health = http::send(&Method::GET, &messenger.ingress_url(), &headers, b"").await;
    assert_eq!(health.unwrap().ok()["status"], "active");
    let test = json!({ "channel": world.channel });
    world.admin.call("channels.test", test).await;
    assert_eq!(world.channel().await["status"], "active");

    // It gets the new code, in both directions.
    has_only("open barley");
    world.send(&session, "and now?").await;
    let posted = post(&world, None, Some("open barley")).await;
    assert_eq!(posted.status, 200);
    shows_old_code(&world, false).await;
}

#[tokio::test]
async fn both_codes_are_valid_during_a_rotation() {
    let world = World::start().await;
    let old = world.messenger.code.clone();
    let args = json!({ "channel": world.channel, "code": "open barley" });
    world
        .olga
        .rejected("channels.rotate", args.clone(), "forbidden")
        .await;
    world.admin.call("channels.rotate", args).await;
    assert_eq!(post(&world, None, Some(&old)).await.status, 200);
    assert_eq!(
        post(&world, None, Some("open barley")).await.ok()["duplicate"],
        true
    );
    assert_eq!(
        post(&world, Some(("open barley", 0)), None).await.ok()["duplicate"],
        true
    );
    let requests = world.messenger.wait_for("userInfo", 1).await;
    assert_eq!(requests[0].body["token"], "open barley");
    assert!(requests[0].is_signed_with(&old) && requests[0].is_signed_with("open barley"));
    let shown = world
        .admin
        .call("events.after", json!({ "position": 0 }))
        .await
        .to_string();
    let log = world.broker.log();
    for secret in [old.as_str(), "open barley", crate::broker::PASSWORD] {
        assert!(!shown.contains(secret), "events contain no secrets");
        assert!(!log.contains(secret), "logs contain no secrets");
    }
}
