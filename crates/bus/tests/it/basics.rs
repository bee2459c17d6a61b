//! Publishing, requesting and serving.

use bus::Error;
use bus::testing::Server;
use bytes::Bytes;

use crate::TIMEOUT;

#[tokio::test]
async fn messages_arrive_in_order_and_with_their_headers() {
    let server = Server::start().await;
    let (here, there) = (server.bus().await, server.bus().await);
    let mut subscription = there.subscribe("a.*", None).await.unwrap();
    there.flush().await.unwrap();
    assert_eq!(subscription.try_next(), None);
    for n in 0..500_u16 {
        let payload = Bytes::from(n.to_string());
        here.publish("a.b".to_owned(), &[("N", &n.to_string())], payload)
            .await
            .unwrap();
    }
    for n in 0..500_u16 {
        let message = subscription.next().await.unwrap();
        assert_eq!(message.subject, "a.b");
        assert_eq!(message.header("N"), Some(n.to_string().as_str()));
        assert_eq!(message.payload, n.to_string());
        assert_eq!(message.reply, None);
    }
}

#[tokio::test]
async fn a_request_gets_a_reply() {
    let server = Server::start().await;
    let (asks, answers) = (server.bus().await, server.bus().await);
    let mut questions = answers.subscribe("double", Some("q")).await.unwrap();
    answers.flush().await.unwrap();
    let serving = async {
        let message = questions.next().await.unwrap();
        let number: u32 = chat::codec::decode(&message.payload).unwrap();
        answers.answer(&message, &(number * 2)).await.unwrap();
    };
    let asking = asks.ask::<u32, u32>("double".to_owned(), &21, TIMEOUT);
    let (answer, ()) = tokio::join!(asking, serving);
    assert_eq!(answer.unwrap(), 42);
}

#[tokio::test]
async fn a_request_without_subscribers_fails_at_once() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let long = TIMEOUT.saturating_mul(100);
    let error = bus
        .ask::<u8, u8>("nobody".to_owned(), &1, long)
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::NoResponders(subject) if subject == "nobody"));
    assert!(error.is_transient() && !error.is_in_doubt());
}

#[tokio::test]
async fn a_refusal_is_an_error_with_its_text() {
    let server = Server::start().await;
    let (asks, answers) = (server.bus().await, server.bus().await);
    let mut questions = answers.subscribe("double", None).await.unwrap();
    answers.flush().await.unwrap();
    let answering = async {
        let message = questions.next().await.unwrap();
        answers.refuse(&message, 400, "not a number").await.unwrap();
    };
    let asking = asks.ask::<&str, u32>("double".to_owned(), &"x", TIMEOUT);
    let (answer, ()) = tokio::join!(asking, answering);
    let error = answer.unwrap_err();
    assert_eq!(
        error.to_string(),
        "double refused the request (400): not a number"
    );
    assert!(!error.is_transient() && !error.is_in_doubt());
}

#[tokio::test]
async fn a_reply_of_another_type_is_an_error() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let mut questions = bus.subscribe("double", None).await.unwrap();
    let answering = async {
        let message = questions.next().await.unwrap();
        bus.answer(&message, &"words").await.unwrap();
    };
    let asking = bus.ask::<u32, u32>("double".to_owned(), &1, TIMEOUT);
    let (answer, ()) = tokio::join!(asking, answering);
    assert!(matches!(answer, Err(Error::Answer { .. })));
}

#[tokio::test]
async fn members_of_a_queue_group_share_the_messages() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let mut one = bus.subscribe("work", Some("crew")).await.unwrap();
    let mut two = bus.subscribe("work", Some("crew")).await.unwrap();
    for _ in 0..200 {
        bus.publish("work".to_owned(), &[], Bytes::new())
            .await
            .unwrap();
    }
    bus.flush().await.unwrap();
    let count = |s: &mut bus::Subscription| std::iter::from_fn(|| s.try_next()).count();
    let (one, two) = (count(&mut one), count(&mut two));
    assert_eq!(one + two, 200);
    assert!(one > 0 && two > 0, "{one} and {two}");
}

#[tokio::test]
async fn a_drained_subscription_returns_what_has_arrived_and_ends() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let mut kept = bus.subscribe("a", None).await.unwrap();
    for _ in 0..300 {
        bus.publish("a".to_owned(), &[], Bytes::new())
            .await
            .unwrap();
    }
    bus.flush().await.unwrap();
    kept.drain().await.unwrap();
    let mut count = 0;
    while kept.next().await.is_some() {
        count += 1;
    }
    assert_eq!(count, 300);

    let mut ends = bus.subscribe("b", None).await.unwrap();
    bus.drain().await.unwrap();
    assert_eq!(ends.next().await, None);
    assert!(!bus.is_connected());
    let late = bus.publish("a".to_owned(), &[], Bytes::new()).await;
    assert!(matches!(late, Err(Error::Closed { .. })), "{late:?}");
    let late = bus
        .request("a".to_owned(), &[], Bytes::new(), TIMEOUT)
        .await;
    assert!(matches!(late, Err(Error::Closed { .. })), "{late:?}");
    assert!(bus.changes().borrow().closed);
}

#[tokio::test]
async fn messages_published_before_a_drain_arrive() {
    let server = Server::start().await;
    let (here, there) = (server.bus().await, server.bus().await);
    let mut subscription = there.subscribe("a", None).await.unwrap();
    there.flush().await.unwrap();
    for _ in 0..1_000 {
        here.publish("a".to_owned(), &[], vec![7; 2_000].into())
            .await
            .unwrap();
    }
    here.drain().await.unwrap();
    for _ in 0..1_000 {
        let message = tokio::time::timeout(TIMEOUT, subscription.next())
            .await
            .unwrap();
        assert_eq!(message.unwrap().payload.len(), 2_000);
    }
}

#[test]
fn a_message_does_not_print_its_payload() {
    let message = bus::Message {
        subject: "a".to_owned(),
        headers: Vec::new(),
        payload: Bytes::from_static(b"hunter2"),
        reply: None,
    };
    assert_eq!(
        format!("{message:?}"),
        r#"Message { subject: "a", reply: None, bytes: 7, .. }"#
    );
}
