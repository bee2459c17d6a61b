//! What the machine's operator and a messenger's own watch look at.

use hyper::Method;
use serde_json::json;

use crate::http::{self, Reply};
use crate::messenger::message;
use crate::proof;
use crate::scene::Scene;

async fn state(scene: &Scene, code: Option<&str>) -> Reply {
    let headers = code.map(|code| proof::headers(code, "id", &proof::timestamp(0), b""));
    let headers: Vec<_> = headers
        .iter()
        .flatten()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let url = scene.house.webhook(&scene.channel);
    http::send(&Method::GET, &url, &headers, b"").await.unwrap()
}

#[tokio::test]
async fn a_messenger_can_ask_how_its_channel_is() {
    let scene = Scene::open().await;
    state(&scene, None).await.problem(401, "unauthorized");
    state(&scene, Some("wrong"))
        .await
        .problem(401, "unauthorized");
    scene.session("ann").await;
    // An operator who is at a console asks now and then.
    scene.olga.call("me", json!({})).await;
    let shown = state(&scene, Some(&scene.messenger.code)).await.ok();
    assert_eq!(shown["status"], "active");
    assert_eq!(shown["pendingDeliveries"], 0);
    assert_eq!(shown["lastMessageId"], "first-of-ann");
    assert_eq!(shown["operatorsOnline"], 1);
    scene
        .admin
        .call("channels.disconnect", json!({ "channel": scene.channel }))
        .await;
    scene
        .messenger
        .post(&message("m2", "ann", "x"))
        .await
        .problem(409, "channel_disconnected");
    let shown = state(&scene, Some(&scene.messenger.code)).await.ok();
    assert_eq!(shown["status"], "disconnected");
    assert_eq!(shown["lastMessageId"], "first-of-ann");
}

#[tokio::test]
async fn health_readiness_and_metrics_are_on_a_listener_of_their_own() {
    let scene = Scene::open().await;
    scene.taken("ann").await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(scene.house.ops(path).await.unwrap().status, 200, "{path}");
        let public = http::send(&Method::GET, &scene.house.ingress(path), &[], b"")
            .await
            .unwrap();
        assert_eq!(public.status, 404, "{path}");
    }
    let metrics = scene.house.ops("/metrics").await.unwrap().text();
    assert!(metrics.contains("# TYPE "), "{metrics}");
    for role in ["ingress", "egress", "router"] {
        assert!(metrics.contains(role), "{role}: {metrics}");
    }
    let page = http::send(&Method::GET, &scene.house.console("/"), &[], b"")
        .await
        .unwrap();
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
}

#[tokio::test]
async fn the_command_line_reads_what_the_console_api_has() {
    let scene = Scene::open().await;
    let session = scene.session("ann").await;
    let password = scene.house.beside().join("password");
    let password = password.to_str().unwrap();
    let nats = scene.house.nats_url();
    let sign_in = [
        "--nats",
        &nats,
        "--login",
        "admin",
        "--password-file",
        password,
    ];
    let listed = [
        &["session", "list", "--view", "queue", "--json"],
        &sign_in[..],
    ]
    .concat();
    let output =
        crate::program::output(crate::program::command(crate::program::switchboard()).args(listed))
            .await;
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains(&session));
    let feed = [&["feed", "--no-follow", "--from", "0"], &sign_in[..]].concat();
    let output =
        crate::program::output(crate::program::command(crate::program::switchboard()).args(feed))
            .await;
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(
        lines
            .lines()
            .any(|line| line.contains("switchboard.message-received")),
        "{lines}"
    );
    for command in [
        &["log", "verify"][..],
        &["log", "stats", "--json"],
        &["log", "show"],
        &["doctor"],
    ] {
        let output = scene.house.call(command).await;
        assert!(output.status.success(), "{command:?}: {output:?}");
    }
}
