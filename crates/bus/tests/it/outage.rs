//! NATS stops and restarts.

use std::time::Duration;

use bus::testing::Server;
use bus::{Bus, COMMANDS_MAX, Error};
use bytes::Bytes;

use crate::TIMEOUT;

const HOUR: Duration = TIMEOUT.saturating_mul(100);

async fn until(bus: &Bus, connected: bool) {
    let mut link = bus.changes();
    let wait = link.wait_for(|link| link.connected == connected);
    tokio::time::timeout(TIMEOUT, wait).await.unwrap().unwrap();
}

async fn ask(bus: &Bus) -> Result<u32, Error> {
    bus.ask::<u32, u32>("echo".to_owned(), &7, HOUR).await
}

#[tokio::test]
async fn requests_fail_fast_during_an_outage_and_work_again_after_it() {
    let mut server = Server::start().await;
    let (asks, answers) = (server.bus().await, server.bus().await);
    let mut questions = answers.subscribe("echo", Some("q")).await.unwrap();
    answers.flush().await.unwrap();
    let before = *asks.changes().borrow();

    let mut broken = None;
    let breaking = async {
        // The request has arrived, so the outage prevents only the reply.
        broken = questions.next().await;
        server.kill().await;
    };
    let (answer, ()) = tokio::time::timeout(TIMEOUT, async { tokio::join!(ask(&asks), breaking) })
        .await
        .unwrap();
    let error = answer.unwrap_err();
    assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
    assert!(error.is_in_doubt());

    until(&asks, false).await;
    assert!(!asks.is_connected());
    let error = ask(&asks).await.unwrap_err();
    assert!(matches!(error, Error::Disconnected { .. }), "{error:?}");
    assert!(error.is_transient() && !error.is_in_doubt());

    server.restart().await;
    for bus in [&asks, &answers] {
        until(bus, true).await;
        bus.flush().await.unwrap();
    }
    let after = *asks.changes().borrow();
    assert!(after.has_gap_since(&before), "{before:?} {after:?}");
    let answering = async {
        let message = questions.next().await.unwrap();
        answers.answer(&message, &8_u32).await.unwrap();
    };
    let (answer, ()) = tokio::join!(ask(&asks), answering);
    assert_eq!(answer.unwrap(), 8, "the subscription is restored too");
}

#[tokio::test]
async fn during_an_outage_the_queue_is_bounded_and_further_messages_fail_at_once() {
    let mut server = Server::start().await;
    let (here, there) = (server.bus().await, server.bus().await);
    let mut subscription = there.subscribe("a", None).await.unwrap();
    there.flush().await.unwrap();
    server.kill().await;
    until(&here, false).await;
    let mut kept = 0;
    let refused = loop {
        match here.publish("a".to_owned(), &[], Bytes::new()).await {
            Ok(()) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept <= COMMANDS_MAX);
    };
    assert!(matches!(refused, Error::Full { .. }), "{refused:?}");
    assert_eq!(kept, COMMANDS_MAX);
    // With a wait for each this would take hours.
    for _ in 0..10_000 {
        here.publish("a".to_owned(), &[], Bytes::new())
            .await
            .unwrap_err();
    }
    server.restart().await;
    until(&there, true).await;
    until(&here, true).await;
    here.flush().await.unwrap();
    there.flush().await.unwrap();
    // Some may have been sent before the subscriber was back; none arrives twice.
    let came = std::iter::from_fn(|| subscription.try_next()).count();
    assert!(came <= kept, "{came} of {kept}");
    here.publish("a".to_owned(), &[], Bytes::from_static(b"last"))
        .await
        .unwrap();
    let last = tokio::time::timeout(TIMEOUT, subscription.next())
        .await
        .unwrap();
    assert_eq!(last.unwrap().payload, "last");
}

#[tokio::test]
async fn the_connection_survives_many_outages() {
    let mut server = Server::start().await;
    let bus = server.bus().await;
    let mut subscription = bus.subscribe("a", None).await.unwrap();
    for round in 0..5_u8 {
        server.kill().await;
        until(&bus, false).await;
        server.restart().await;
        until(&bus, true).await;
        bus.flush().await.unwrap();
        bus.publish("a".to_owned(), &[], Bytes::from(vec![round]))
            .await
            .unwrap();
        let message = tokio::time::timeout(TIMEOUT, subscription.next())
            .await
            .unwrap();
        assert_eq!(message.unwrap().payload[0], round);
    }
    assert_eq!(bus.changes().borrow().connections, 6);
}
