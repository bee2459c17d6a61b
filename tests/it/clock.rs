//! Deliveries while the machine's clock is set.

use crate::world::{Setup, World};

/// A world whose broker has a clock that a test can set. Failed messages are retried every 5 s.
async fn world() -> World {
    let settings = [("delivery.schedule", r#"["0s", "5s"]"#)];
    let setup = Setup {
        settings: &settings,
        ..Setup::default()
    };
    let mut world = World::with(setup).await;
    world.broker.stop().await;
    world.broker.set_clock("+0");
    world.broker.start().await;
    world.admin = world.broker.admin().await;
    world.olga = world.broker.sign_in("olga").await;
    world
}

#[tokio::test]
async fn a_clock_that_is_set_delays_no_retry_and_expires_no_message() {
    let world = world().await;
    let session = world.assigned_session("ann").await;
    world.messenger.wait_for("messageOutcome", 1).await;
    // Back, ahead of the right time, and right again.
    for offset in ["-3h", "-27h", "+1d", "+5d", "+0"] {
        let id = world.failing_message(&session).await;
        world.broker.set_clock(offset);
        world.messenger.respond_as_usual();
        world.delivery(&session, &id, "accepted").await;
    }
    assert!(world.broker.log().matches("clock jumped").count() >= 5);
    let metrics = world.broker.ops("/metrics").await.unwrap().text();
    assert!(
        metrics.contains("switchboard_router_clock_jumps_total"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_clock_that_is_set_while_the_broker_is_down_delays_and_expires_no_message() {
    let mut world = world().await;
    let session = world.assigned_session("ann").await;
    world.messenger.wait_for("messageOutcome", 1).await;
    world.failing_message(&session).await;
    for offset in ["-1d", "+5d"] {
        world.broker.stop().await;
        let before = world.messenger.received_of("message").len();
        world.broker.set_clock(offset);
        world.broker.start().await;
        world.messenger.wait_for("message", before + 1).await;
    }
    let behind = "the clock is behind the last event of the log";
    assert!(world.broker.log().contains(behind));
}
