//! Attempts: names, addresses, reuse of connections and TLS.

use std::net::IpAddr;
use std::sync::Mutex;

use super::*;

#[tokio::test]
async fn a_closed_port_fails_to_connect() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let url = format!("http://{address}/");
    let failed = failure(local().outcome(request(url), NOW).await);
    let Reason::ConnectFailed { name, port, .. } = failed else {
        panic!("{failed}");
    };
    assert_eq!((name.as_str(), port), ("127.0.0.1", address.port()));
}

#[tokio::test]
async fn a_name_without_addresses_fails() {
    let nobody = resolving(&[], Resolver::Script(Arc::new(|_| Vec::new())));
    let reason = failure(nobody.outcome(request("http://no.example/"), NOW).await);
    assert_eq!(reason.code(), "name_not_resolved");
    let text = "the name no.example does not resolve: it has no address";
    assert_eq!(reason.to_string(), text);
}

#[tokio::test]
async fn connections_are_reused_and_each_attempt_is_one_request() {
    let messenger = Messenger::ok().await;
    let attempts = local();
    for _ in 0..5 {
        let outcome = attempts.outcome(request(messenger.url()), NOW).await;
        assert_eq!(outcome, answered(200, "{}"));
    }
    let log = messenger.log();
    assert_eq!((log.requests.len(), log.connections), (5, 1));
    attempts.close().await;
    messenger.until(|log| log.closed == 1).await;
}

#[tokio::test]
async fn a_request_on_a_kept_connection_that_ends_unanswered_is_repeated_on_a_fresh_one() {
    let messenger = Messenger::start(Behaviour::CloseSecond("")).await;
    let attempts = local();
    for _ in 0..6 {
        let outcome = attempts.outcome(request(messenger.url()), NOW).await;
        assert_eq!(outcome, answered(200, "{}"));
    }
    let log = messenger.log();
    // Every second request was repeated: with the same id and body.
    assert_eq!((log.requests.len(), log.connections), (9, 6));
    let id = |n: usize| (log.requests[n].header("webhook-id"), &log.requests[n].body);
    assert_eq!(id(1), id(2));
}

#[tokio::test]
async fn a_messenger_that_closes_soon_after_each_answer_needs_one_attempt_per_message() {
    for ms in [1, 5, 20, 50] {
        let behaviour = Behaviour::CloseAfter(Duration::from_millis(ms));
        let messenger = Messenger::start(behaviour).await;
        let attempts = local();
        for pause in 0..30 {
            let outcome = attempts.outcome(request(messenger.url()), NOW).await;
            assert_eq!(outcome, answered(200, "{}"), "closes after {ms} ms");
            tokio::time::sleep(Duration::from_millis(pause % 3 * ms / 2)).await;
        }
    }
}

#[tokio::test]
async fn a_request_is_not_repeated_after_a_byte_of_the_answer_or_on_a_new_connection() {
    let begins = Messenger::start(Behaviour::CloseSecond("HTTP/1.")).await;
    let attempts = local();
    let first = attempts.outcome(request(begins.url()), NOW).await;
    assert_eq!(first, answered(200, "{}"));
    let reason = failure(attempts.outcome(request(begins.url()), NOW).await);
    assert_eq!(reason, Reason::ConnectionClosed);
    assert_eq!(begins.log().requests.len(), 2);

    let closes = Messenger::start(Behaviour::Close(String::new())).await;
    let reason = failure(attempts.outcome(request(closes.url()), NOW).await);
    assert_eq!(reason, Reason::ConnectionClosed);
    assert_eq!(closes.log().requests.len(), 1);
}

#[tokio::test]
async fn connections_beyond_the_limit_are_closed_after_their_attempt() {
    let (one, two) = (Messenger::ok().await, Messenger::ok().await);
    let attempts = keeping(1, &["127.0.0.1"], Resolver::system());
    for _ in 0..3 {
        for messenger in [&one, &two] {
            let outcome = attempts.outcome(request(messenger.url()), NOW).await;
            assert_eq!(outcome, answered(200, "{}"));
        }
    }
    two.until(|log| log.closed == 3).await;
    let log = one.log();
    assert_eq!((log.connections, log.closed), (1, 0), "kept open");
}

#[tokio::test]
async fn attempts_at_one_host_run_concurrently() {
    let messenger = Messenger::start(Behaviour::Wait).await;
    let attempts = local();
    let attempt = || attempts.outcome(request(messenger.url()), NOW);
    let release = async {
        messenger.until(|log| log.answering == 3).await;
        messenger.release();
    };
    let (one, two, three, ()) = tokio::join!(attempt(), attempt(), attempt(), release);
    assert_eq!([one, two, three], [(); 3].map(|()| answered(204, "")));
    assert_eq!(messenger.log().connections, 3);
}

/// The name resolves to a public address first, and to a private one afterwards.
#[tokio::test]
async fn a_rebinding_name_is_connected_only_at_checked_addresses() {
    let outside = Messenger::start(Behaviour::Close(OK.to_owned())).await;
    let inside = Messenger::start_at("127.0.0.2", Behaviour::Answer(OK.into())).await;
    let asked = Arc::new(Mutex::new(0));
    let resolver = {
        let asked = Arc::clone(&asked);
        Resolver::Script(Arc::new(move |name| {
            assert_eq!(name, "rebind.example");
            let mut asked = asked.lock().unwrap();
            *asked += 1;
            let answers: &[&str] = match *asked {
                1 => &["127.0.0.1"],
                2 => &["127.0.0.2"],
                3 => &["127.0.0.1", "127.0.0.2"],
                _ => &["127.0.0.2", "127.0.0.1"],
            };
            answers
                .iter()
                .map(|a| a.parse::<IpAddr>().unwrap())
                .collect()
        }))
    };
    // 127.0.0.1 stands for a public address.
    let attempts = resolving(&["127.0.0.1"], resolver);
    let url = |messenger: &Messenger| format!("http://rebind.example:{}/", messenger.port);
    let outcome = attempts.outcome(request(url(&outside)), NOW).await;
    assert_eq!(outcome, answered(200, "{}"));
    assert_eq!(*asked.lock().unwrap(), 1, "resolved once per connection");
    for n in 2..=4 {
        let reason = failure(attempts.outcome(request(url(&inside)), NOW).await);
        let wanted = Reason::AddressRefused {
            address: "127.0.0.2".to_owned(),
            name: "rebind.example".to_owned(),
            detail: "loopback".to_owned(),
        };
        assert_eq!(reason, wanted);
        assert_eq!(*asked.lock().unwrap(), n);
    }
    assert_eq!(inside.log().connections, 0);
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_does_not_connect() {
    let messenger = Messenger::ok().await;
    let two = |_: &str| vec!["127.0.0.3".parse().unwrap(), "127.0.0.1".parse().unwrap()];
    let attempts = resolving(&["127.0.0.0/8"], Resolver::Script(Arc::new(two)));
    let url = format!("http://two.example:{}/", messenger.port);
    let outcome = attempts.outcome(request(url), NOW).await;
    assert_eq!(outcome, answered(200, "{}"));
}

#[tokio::test]
async fn a_slow_connection_ends_in_a_timeout() {
    // The listener accepts, and the handshake gets no reply.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let failed = failure(local().outcome(request(url), NOW).await);
    assert_eq!(failed, Reason::ConnectTimedOut { seconds: 3 });
}

#[tokio::test]
async fn a_server_without_tls_fails_the_handshake() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let plain = async {
        use tokio::io::AsyncWriteExt as _;
        let (mut tcp, _) = listener.accept().await.unwrap();
        tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            .await
            .unwrap();
        tcp
    };
    let attempts = local();
    let (outcome, _tcp) = tokio::join!(attempts.outcome(request(url), NOW), plain);
    let reason = failure(outcome);
    assert!(matches!(reason, Reason::TlsFailed { .. }), "{reason}");
}
