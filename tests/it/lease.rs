//! A workspace has one session router on a NATS.

use serde_json::json;

use crate::broker::TestBroker;
use crate::program::{self, Program};
use crate::roles::{SeparateRoles, is_ready};
use crate::wait::until;
use crate::world::World;

/// The exit code of a session router that is not alone.
const NOT_ALONE: Option<i32> = Some(78);

/// Asserts that a session router's output names another one.
fn assert_names(log: &str, other: &Program, broker: &TestBroker) {
    let pid = other.id().unwrap();
    let data = broker.data().canonicalize().unwrap();
    for part in [
        "another session router",
        &format!("process {pid} on "),
        data.to_str().unwrap(),
    ] {
        assert!(log.contains(part), "{part:?} is not in {log}");
    }
}

#[tokio::test]
async fn a_second_session_router_refuses_to_start_and_names_the_first() {
    let mut roles = SeparateRoles::only_nats().await;
    let copy = roles.broker.copy_data();
    roles.run("session-router").await;
    let (mut second, _) = roles.spawn("session-router", &copy);
    assert_eq!(second.wait().await.code(), NOT_ALONE);
    let first = roles.running.get_mut("session-router").unwrap();
    assert_names(&second.log(), first, &roles.broker);
    assert_eq!(first.exit_status(), None);
}

#[tokio::test]
async fn of_two_session_routers_that_start_at_once_one_serves() {
    let roles = SeparateRoles::only_nats().await;
    let copy = roles.broker.copy_data();
    let mut both = [roles.broker.data(), copy].map(|data| roles.spawn("session-router", &data));
    let loser = until("one exits", async || {
        both.iter_mut()
            .position(|(one, _)| one.exit_status().is_some())
    })
    .await;
    assert_eq!(both[loser].0.wait().await.code(), NOT_ALONE);
    assert!(both[loser].0.log().contains("another session router"));
    until("the other one is ready", async || {
        let (other, ops) = &mut both[1 - loser];
        assert_eq!(other.exit_status(), None);
        is_ready(*ops).await.then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_paused_session_router_does_not_answer_after_another_took_over() {
    const REQUESTS: usize = 20;
    let mut roles = SeparateRoles::only_nats().await;
    let copy = roles.broker.copy_data();
    for role in ["session-router", "console"] {
        roles.run(role).await;
    }
    let admin = roles.broker.admin().await;
    let mut paused = roles.running.remove("session-router").unwrap();
    paused.signal("STOP");
    let (second, ops) = roles.spawn("session-router", &copy);
    until("the second one is ready", async || {
        is_ready(ops).await.then_some(())
    })
    .await;

    let mut replies = admin.subscribe("_INBOX.admin.replies.*").await;
    let create = async |reply: &str| {
        let reply = format!("_INBOX.admin.replies.{reply}");
        let args = json!({ "name": "Sales" }).to_string();
        admin
            .publish(
                "sb.default.api.admin.live-chats.create",
                Some(&reply),
                &args,
            )
            .await;
    };
    for _ in 0..REQUESTS {
        create("one").await;
    }
    paused.signal("CONT");
    assert_eq!(paused.wait().await.code(), NOT_ALONE);
    assert!(
        paused
            .log()
            .contains(&format!("process {}", second.id().unwrap()))
    );
    create("last").await;
    let mut count = 0;
    while !replies.message().await.subject.ends_with(".last") {
        count += 1;
    }
    assert_eq!(count, REQUESTS, "each request has one answer");
}

#[tokio::test]
async fn a_session_router_serves_again_after_nats_was_paused() {
    let mut world = World::start().await;
    let nats = world.broker.nats_server();
    program::signal(nats, "STOP");
    until("it is not ready", async || {
        let reply = world.broker.ops("/readyz").await?;
        (reply.status == 503 && reply.text().contains(r#""sessionRouter":false"#)).then_some(())
    })
    .await;
    program::signal(nats, "CONT");
    world.broker.ready().await;
    world.messenger.say("after", "ann", "hello").await;
}
