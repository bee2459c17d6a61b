//! Publishing, asking and serving.

use std::time::Duration;

use bus::Error;
use bus::testing::Server;
use bytes::Bytes;

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn what_is_published_comes_with_headers_and_in_order() {
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
async fn a_question_is_answered() {
    let server = Server::start().await;
    let (asks, answers) = (server.bus().await, server.bus().await);
    let mut questions = answers.subscribe("double", Some("q")).await.unwrap();
    answers.flush().await.unwrap();
    let serving = async {
        let message = questions.next().await.unwrap();
        let number: u32 = chat::codec::decode(&message.payload).unwrap();
        answers.answer(&message, &(number * 2)).await.unwrap();
    };
    let asking = asks.ask::<u32, u32>("double".to_owned(), &21, SOON);
    let (answer, ()) = tokio::join!(asking, serving);
    assert_eq!(answer.unwrap(), 42);
}

#[tokio::test]
async fn nobody_there_is_said_at_once() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let long = Duration::from_secs(3600);
    let error = bus
        .ask::<u8, u8>("nobody".to_owned(), &1, long)
        .await
        .unwrap_err();
    assert!(matches!(&error, Error::NoResponders { subject } if subject == "nobody"));
    assert!(error.is_passing() && !error.is_in_doubt());
}
