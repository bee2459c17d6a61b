//! Authentication between messengers and Switchboard: signatures, tokens, and code rotation.

use serde_json::json;

use crate::http::{self, Reply};
use crate::messenger::message;
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
    assert_eq!(
        requests[0].body["token"], SIGNING,
        "existing adapters check the token"
    );
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
