//! Limits, and what cannot be sent.

use bus::testing::Server;
use bus::{Error, SUBSCRIPTION_MESSAGES_MAX};
use bytes::Bytes;

use crate::TIMEOUT;

#[tokio::test]
async fn a_slow_subscription_loses_the_newest_messages_and_counts_them() {
    let server = Server::start().await;
    let (here, there) = (server.bus().await, server.bus().await);
    let mut slow = there.subscribe("a", None).await.unwrap();
    there.flush().await.unwrap();
    let before = *there.changes().borrow();
    let over = 1_000;
    for n in 0..SUBSCRIPTION_MESSAGES_MAX + over {
        here.publish("a".to_owned(), &[], Bytes::from(n.to_string()))
            .await
            .unwrap();
    }
    here.flush().await.unwrap();
    let mut link = there.changes();
    let seen = link.wait_for(|link| link.dropped > 0);
    let seen = *tokio::time::timeout(TIMEOUT, seen).await.unwrap().unwrap();
    assert!(seen.has_gap_since(&before));
    there.flush().await.unwrap();
    let came: Vec<_> = std::iter::from_fn(|| slow.try_next()).collect();
    assert_eq!(
        came.len(),
        SUBSCRIPTION_MESSAGES_MAX,
        "a loop over try_next returns everything"
    );
    assert_eq!(came[0].payload, "0");
    // It continues with later messages.
    here.publish("a".to_owned(), &[], Bytes::from_static(b"next"))
        .await
        .unwrap();
    assert_eq!(slow.next().await.unwrap().payload, "next");
}

#[tokio::test]
async fn invalid_messages_are_rejected_before_sending() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let publish = async |subject: &str, headers: &[(&str, &str)], bytes: usize| {
        bus.publish(subject.to_owned(), headers, vec![0; bytes].into())
            .await
            .unwrap_err()
    };
    let mib = 1024 * 1024;
    let error = publish("a", &[], mib + 1).await;
    assert!(
        matches!(error, Error::TooLarge { bytes, max, .. } if bytes == mib + 1 && max == mib),
        "{error:?}"
    );
    for subject in ["", "a b", "a\r\nPUB b 0"] {
        let error = publish(subject, &[], 0).await;
        assert!(
            matches!(error, Error::Subject { .. }),
            "{subject:?}: {error:?}"
        );
        let error = bus.subscribe(subject, None).await.unwrap_err();
        assert!(
            matches!(error, Error::Subject { .. }),
            "{subject:?}: {error:?}"
        );
    }
    for (name, value) in [("a", "b\r\nc: d"), ("a\r\nb", "c"), ("a:b", "c"), ("", "c")] {
        let error = publish("a", &[(name, value)], 0).await;
        assert!(matches!(&error, Error::Header(n) if n == name), "{error:?}");
    }
    let error = bus.subscribe("a", Some("two words")).await.unwrap_err();
    assert!(matches!(error, Error::Queue { .. }), "{error:?}");
    let request = bus
        .request("a b".to_owned(), &[], Bytes::new(), TIMEOUT)
        .await;
    assert!(matches!(request, Err(Error::Subject { .. })), "{request:?}");
    bus.flush().await.unwrap();
}

#[tokio::test]
async fn a_message_without_a_reply_subject_cannot_be_answered() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let mut subscription = bus.subscribe("a", None).await.unwrap();
    bus.publish("a".to_owned(), &[], Bytes::new())
        .await
        .unwrap();
    let message = subscription.next().await.unwrap();
    let error = bus.answer(&message, &1).await.unwrap_err();
    assert!(matches!(error, Error::NoReply { .. }), "{error:?}");
}

#[tokio::test]
async fn a_subscriber_that_does_not_reply_causes_a_timeout() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let _mute = bus.subscribe("a", None).await.unwrap();
    let short = std::time::Duration::from_millis(30);
    let error = bus
        .request("a".to_owned(), &[], Bytes::new(), short)
        .await
        .unwrap_err();
    assert!(
        matches!(error, Error::Timeout { timeout, .. } if timeout == short),
        "{error:?}"
    );
    assert!(error.is_in_doubt());
}
