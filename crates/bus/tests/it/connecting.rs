//! The first connection, and its errors.

use bus::testing::Server;
use bus::{Bus, Config, Error};
use bytes::Bytes;
use chat::secret::Secret;

use crate::TIMEOUT;

fn config(url: &str) -> Config {
    Config {
        url: url.to_owned(),
        user: None,
        password: None,
        token: None,
        name: "test".to_owned(),
        inbox_prefix: None,
    }
}

#[tokio::test]
async fn user_and_password_or_token_are_checked() {
    let server = Server::start_with("authorization { user: role, password: s3cret }").await;
    let with = |user: Option<&str>, password: &str| Config {
        user: user.map(ToOwned::to_owned),
        password: Some(Secret::new(password)),
        ..config(&server.url())
    };
    Bus::connect(&with(Some("role"), "s3cret")).await.unwrap();
    for wrong in [
        with(Some("role"), "wrong"),
        with(None, "s3cret"),
        config(&server.url()),
    ] {
        let error = Bus::connect(&wrong).await.unwrap_err();
        assert!(matches!(error, Error::NotAuthorised { .. }), "{error:?}");
        assert!(!error.is_transient());
        assert!(!format!("{error:?} {error}").contains("wrong"));
    }

    let server = Server::start_with("authorization { token: t0ken }").await;
    let token = |token: &str| Config {
        token: Some(Secret::new(token)),
        ..config(&server.url())
    };
    Bus::connect(&token("t0ken")).await.unwrap();
    let error = Bus::connect(&token("other")).await.unwrap_err();
    assert!(matches!(error, Error::NotAuthorised { .. }), "{error:?}");
}

#[tokio::test]
async fn an_error_names_the_url_that_failed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("nats://{}", listener.local_addr().unwrap());
    drop(listener);
    let error = Bus::connect(&config(&url)).await.unwrap_err();
    assert!(
        matches!(&error, Error::Unreachable { url: at, .. } if *at == url),
        "{error:?}"
    );
    assert!(error.is_transient());

    for bad in ["", "http://127.0.0.1:4222", "nats://[::1", "nats://a b"] {
        let error = Bus::connect(&config(bad)).await.unwrap_err();
        assert!(
            matches!(&error, Error::Url { url, .. } if url == bad),
            "{bad:?}: {error:?}"
        );
    }
}

#[tokio::test]
async fn credentials_in_the_url_are_refused_and_not_repeated() {
    for url in [
        "nats://role:hunter2@127.0.0.1:4222",
        "nats://hunter2@127.0.0.1:4222",
        "nats://:hunter2@127.0.0.1",
        "role:hunter2@127.0.0.1",
        "nats://127.0.0.1,http://role:hunter2@127.0.0.1:4222",
    ] {
        let error = Bus::connect(&config(url)).await.unwrap_err();
        assert!(matches!(error, Error::UrlCredentials), "{url}: {error:?}");
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}

#[tokio::test]
async fn the_first_reachable_server_is_used() {
    let server = Server::start().await;
    let bus = Bus::connect(&config(&format!("nats://127.0.0.1:1, {}", server.url())))
        .await
        .unwrap();
    assert!(bus.is_connected());
    bus.flush().await.unwrap();
}

#[tokio::test]
async fn replies_arrive_at_the_configured_inbox() {
    let server = Server::start().await;
    let bus = Bus::connect(&Config {
        inbox_prefix: Some("_INBOX.egress".to_owned()),
        ..server.config("egress")
    })
    .await
    .unwrap();
    let mut asked = bus.subscribe("a", None).await.unwrap();
    let asking = bus.request("a".to_owned(), &[], Bytes::new(), TIMEOUT);
    let answering = async {
        let message = asked.next().await.unwrap();
        let reply = message.reply.clone().unwrap();
        assert!(reply.starts_with("_INBOX.egress."), "{reply}");
        bus.respond(&message, &[], Bytes::from_static(b"yes"))
            .await
            .unwrap();
    };
    let (answer, ()) = tokio::join!(asking, answering);
    assert_eq!(answer.unwrap().payload, "yes");
}
