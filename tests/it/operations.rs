//! Monitoring: a channel's state, health, metrics, and the command line.

use hyper::Method;
use serde_json::json;

use crate::http::{self, Reply};
use crate::messenger::message;
use crate::program;
use crate::signing;
use crate::world::World;

async fn state(world: &World, code: Option<&str>) -> Reply {
    let headers = code.map(|code| signing::headers(code, "id", &signing::timestamp(0), b""));
    let headers: Vec<_> = headers
        .iter()
        .flatten()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let url = world.broker.webhook(&world.channel);
    http::send(&Method::GET, &url, &headers, b"").await.unwrap()
}

#[tokio::test]
async fn a_messenger_can_read_the_state_of_its_channel() {
    let world = World::start().await;
    state(&world, None).await.problem(401, "unauthorized");
    state(&world, Some("wrong"))
        .await
        .problem(401, "unauthorized");
    world.queued_session("ann").await;
    // A console that sends requests counts as online.
    world.olga.call("me", json!({})).await;
    let shown = state(&world, Some(&world.messenger.code)).await.ok();
    assert_eq!(shown["status"], "active");
    assert_eq!(shown["pendingDeliveries"], 0);
    assert_eq!(shown["lastMessageId"], "first-of-ann");
    assert_eq!(shown["operatorsOnline"], 1);
    world
        .admin
        .call("channels.disconnect", json!({ "channel": world.channel }))
        .await;
    world
        .messenger
        .expect_problem(&message("m2", "ann", "x"), 409, "channel_disconnected")
        .await;
    let shown = state(&world, Some(&world.messenger.code)).await.ok();
    assert_eq!(shown["status"], "disconnected");
    assert_eq!(shown["lastMessageId"], "first-of-ann");
}

#[tokio::test]
async fn health_readiness_and_metrics_are_on_a_separate_listener() {
    let world = World::start().await;
    world.assigned_session("ann").await;
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(world.broker.ops(path).await.unwrap().status, 200, "{path}");
        let public = http::send(&Method::GET, &world.broker.ingress(path), &[], b"")
            .await
            .unwrap();
        assert_eq!(public.status, 404, "{path}");
    }
    let metrics = world.broker.ops("/metrics").await.unwrap().text();
    assert!(metrics.contains("# TYPE "), "{metrics}");
    for role in ["ingress", "egress", "router"] {
        assert!(metrics.contains(role), "{role}: {metrics}");
    }
    let page = http::send(&Method::GET, &world.broker.console("/"), &[], b"")
        .await
        .unwrap();
    assert_eq!(page.status, 200);
    assert!(page.header("content-type").starts_with("text/html"));
}

/// Runs a command that must succeed. Returns its output.
async fn output_of(args: &[&str]) -> String {
    let output = program::output(program::command(program::switchboard()).args(args)).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_command_line_shows_the_data_of_the_console_api() {
    let world = World::start().await;
    let session = world.queued_session("ann").await;
    let password = world.broker.test_dir().join("password");
    let password = password.to_str().unwrap();
    let nats = world.broker.nats_url();
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
    assert!(output_of(&listed).await.contains(&session));
    let feed = [&["feed", "--no-follow", "--from", "0"], &sign_in[..]].concat();
    let events = output_of(&feed).await;
    assert!(events.contains("switchboard.message-received"), "{events}");
    for command in [
        &["log", "verify"][..],
        &["log", "stats", "--json"],
        &["log", "show"],
        &["doctor"],
    ] {
        let output = world.broker.call(command).await;
        assert!(output.status.success(), "{command:?}: {output:?}");
    }
}
