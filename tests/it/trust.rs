//! How a messenger proves what it says, and how Switchboard does.

use serde_json::json;

use crate::http::{self, Reply};
use crate::messenger::message;
use crate::proof;
use crate::scene::{Scene, Setup};

const SIGNING: &str = "whsec_bm8gbW9yZSBzZWNyZXRzLCBwbGVhc2Uh";

/// Posts a message with these signed headers, and with or without a token.
async fn post(scene: &Scene, signed: Option<(&str, i64)>, token: Option<&str>) -> Reply {
    let mut body = message("m1", "ann", "it is me");
    if let Some(token) = token {
        body["token"] = token.into();
    }
    let body = body.to_string();
    let headers = signed
        .map(|(code, age)| proof::headers(code, "id-1", &proof::timestamp(age), body.as_bytes()));
    let headers = headers
        .iter()
        .flatten()
        .map(|(name, value)| (*name, value.as_str()));
    let headers: Vec<_> = headers.collect();
    http::post(&scene.messenger.broker(), &headers, body.as_bytes()).await
}

#[tokio::test]
async fn a_token_or_a_signature_is_a_proof_and_nothing_else_is() {
    let scene = Scene::open().await;
    let code = scene.messenger.code.clone();
    let details = [
        post(&scene, None, None).await,
        post(&scene, None, Some("")).await,
        post(&scene, None, Some("open sesamE")).await,
        post(&scene, Some(("wrong", 0)), None).await,
        post(&scene, Some((&code, -301)), None).await,
        post(&scene, Some((&code, 310)), None).await,
        // A signature that is there must verify, whatever the token is.
        post(&scene, Some(("wrong", 0)), Some(&code)).await,
        post(&scene, Some((&code, -400)), Some(&code)).await,
    ]
    .map(|reply| reply.problem(401, "unauthorized")["detail"].clone());
    assert!(
        details.iter().all(|one| *one == details[0]),
        "says nothing of which: {details:?}"
    );

    assert_eq!(post(&scene, None, Some(&code)).await.status, 200);
    assert_eq!(
        post(&scene, Some((&code, 0)), None).await.ok()["duplicate"],
        true
    );
    assert_eq!(
        post(&scene, Some((&code, -280)), Some("wrong")).await.ok()["duplicate"],
        true
    );
}

#[tokio::test]
async fn a_signed_channel_takes_no_token() {
    let scene = Scene::with(Setup {
        code: SIGNING,
        ..Setup::default()
    })
    .await;
    assert_eq!(scene.channel().await["security"], "signed");
    post(&scene, None, Some(SIGNING))
        .await
        .problem(401, "unauthorized");
    post(&scene, Some(("whsec_d3Jvbmc=", 0)), None)
        .await
        .problem(401, "unauthorized");
    assert_eq!(post(&scene, Some((SIGNING, 0)), None).await.status, 200);
    let asked = scene.messenger.wait_for("userInfo", 1).await;
    assert!(asked[0].is_signed_with(SIGNING), "with the decoded key");
    assert_eq!(
        asked[0].body["token"], SIGNING,
        "as existing adapters check it"
    );
}

#[tokio::test]
async fn an_empty_code_must_be_chosen_in_words() {
    let scene = Scene::open().await;
    let messenger = crate::messenger::Messenger::start("", crate::answer::Manners::plain()).await;
    let args = crate::scene::connecting(&scene.live_chat, &messenger, json!({}));
    scene
        .admin
        .refused("channels.connect", args, "invalid")
        .await;
    let open = json!({ "security": "open" });
    let answer = crate::scene::connect(&scene.admin, &scene.live_chat, &messenger, open).await;
    assert_eq!(answer["channel"]["status"], "active", "{answer}");
    assert_eq!(answer["channel"]["security"], "open");
}

#[tokio::test]
async fn while_a_code_is_rotated_both_are_good() {
    let scene = Scene::open().await;
    let old = scene.messenger.code.clone();
    let args = json!({ "channel": scene.channel, "code": "open barley" });
    scene
        .olga
        .refused("channels.rotate", args.clone(), "forbidden")
        .await;
    scene.admin.call("channels.rotate", args).await;
    assert_eq!(post(&scene, None, Some(&old)).await.status, 200);
    assert_eq!(
        post(&scene, None, Some("open barley")).await.ok()["duplicate"],
        true
    );
    assert_eq!(
        post(&scene, Some(("open barley", 0)), None).await.ok()["duplicate"],
        true
    );
    let asked = scene.messenger.wait_for("userInfo", 1).await;
    assert_eq!(asked[0].body["token"], "open barley");
    assert!(asked[0].is_signed_with(&old) && asked[0].is_signed_with("open barley"));
    let shown = scene
        .admin
        .call("events.after", json!({ "position": 0 }))
        .await
        .to_string();
    let said = scene.house.said();
    for secret in [old.as_str(), "open barley", crate::house::PASSWORD] {
        assert!(!shown.contains(secret), "events hold no secrets");
        assert!(!said.contains(secret), "nor does what the broker says");
    }
}
