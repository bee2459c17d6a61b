//! Messengers that do not answer.

use super::{Report, examine, text};
use crate::wait::until;
use crate::world::World;

/// Whether a report has a warning about messengers with this part.
fn warns(report: &Report, part: &str) -> bool {
    report.lines.iter().any(|line| {
        let words = line["words"].as_str().unwrap();
        line["check"] == "webhooks" && line["state"] == "warning" && words.contains(part)
    })
}

#[tokio::test]
async fn a_webhook_that_has_not_answered_for_an_hour_is_found() {
    let mut world = World::start().await;
    let session = world.assigned_session("ann").await;
    world.failing_message(&session).await;
    examine(&world.broker).await.is_healthy();
    // For `doctor` only: the broker started without this clock.
    world.broker.set_clock("+2h");
    let part = r#"the webhook of channel "Shop" has not answered since"#;
    // The projections follow within a second.
    let report = until("a warning", async || {
        let report = examine(&world.broker).await;
        warns(&report, part).then_some(report)
    })
    .await;
    report.warns("webhooks", &[part, "check the messenger"]);
    world.broker.stop().await;
    let report = examine(&world.broker).await;
    report.is_healthy();
    let record = world.broker.data().join("place.toml");
    assert!(record.exists(), "{}", text(&record));
}

#[tokio::test]
async fn an_interrupted_channel_is_found_running_and_stopped() {
    let mut world = World::start().await;
    let session = world.assigned_session("ann").await;
    world.messenger.respond_status("message", 401);
    world.send(&session, "hello").await;
    world.channel_is("interrupted").await;
    let part = r#"channel "Shop" is interrupted since"#;
    until("a warning", async || {
        warns(&examine(&world.broker).await, part).then_some(())
    })
    .await;
    world.broker.stop().await;
    (examine(&world.broker).await).warns("webhooks", &[part, "switchboard channel reconnect"]);
}
