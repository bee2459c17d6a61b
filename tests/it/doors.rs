//! What strangers, or one greedy user, cannot take from the others at the listeners.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::broker::{PASSWORD, TestBroker};
use crate::http;
use crate::messenger::message;
use crate::operator::Operator;
use crate::wait::{until, within};
use crate::world::{World, create_user, text};

/// Others are served within this time. Shorter than the 10 s after which a stalled request and a
/// sign-in that waits used to end.
const DELAY_MAX: Duration = Duration::from_secs(8);
/// How many strangers sign in at once.
const FLOOD: usize = 1_500;
/// Another loopback address than the one from which the tests connect.
const STRANGER: &str = "127.0.0.99:0";

/// Connects from the stranger's address.
async fn stranger(to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(STRANGER.parse().unwrap()).unwrap();
    within("a connection", socket.connect(to)).await.unwrap()
}

pub(crate) async fn strangers(to: SocketAddr, count: usize, send: &str) -> Vec<TcpStream> {
    let mut sockets = Vec::new();
    for _ in 0..count {
        let mut socket = stranger(to).await;
        // A refused connection may be closed already.
        socket.write_all(send.as_bytes()).await.ok();
        sockets.push(socket);
    }
    sockets
}

/// Reads until the connection ends.
pub(crate) async fn rest(socket: &mut TcpStream) -> String {
    let mut received = Vec::new();
    // A reset is an end too.
    let read = socket.read_to_end(&mut received);
    drop(within("the end of a connection", read).await);
    String::from_utf8_lossy(&received).into_owned()
}

/// Awaits the future for [`DELAY_MAX`].
async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let done = tokio::time::timeout(DELAY_MAX, future).await;
    done.unwrap_or_else(|_| panic!("{what} took more than {DELAY_MAX:?}"))
}

/// Signs in with made-up names, again and again.
pub(crate) async fn flood(to: SocketAddr, number: usize, sent: Arc<AtomicUsize>) {
    for round in 0.. {
        let mut socket = stranger(to).await;
        let proof = json!({ "user": format!("made-up-{number}-{round}"), "pass": PASSWORD });
        let connect = format!("CONNECT {proof}\r\nPING\r\n");
        if socket.write_all(connect.as_bytes()).await.is_ok() {
            sent.fetch_add(1, Ordering::Relaxed);
            rest(&mut socket).await;
        }
    }
}

/// Waits for an answer: the client connects as soon as NATS sends anything, such as its first ping.
pub(crate) async fn signed_in(operator: impl Future<Output = Result<Operator, String>>) {
    operator.await.unwrap().call("me", json!({})).await;
}

#[tokio::test]
async fn a_flood_of_made_up_names_keeps_no_user_and_no_token_out() {
    let broker = TestBroker::with(&[]).await;
    let admin = broker.admin().await;
    create_user(&admin, "olga", "operators").await;
    let issued = admin.call("users.token", json!({ "login": "olga" })).await;
    let token = text(&issued["token"]);
    let (mut strangers, sent) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
    for number in 0..FLOOD {
        strangers.spawn(flood(broker.listener("nats.listen"), number, sent.clone()));
    }
    until("the flood is on", async || {
        (sent.load(Ordering::Relaxed) >= FLOOD).then_some(())
    })
    .await;
    let url = broker.nats_url();
    for _ in 0..3 {
        let by_password = Operator::sign_in(&url, "olga", PASSWORD);
        soon("a password", signed_in(by_password)).await;
        let by_token = Operator::with_token(&url, "olga", &token);
        soon("a token", signed_in(by_token)).await;
    }
}

#[tokio::test]
async fn every_wrong_sign_in_costs_one_hash() {
    let broker = TestBroker::with(&[]).await;
    let admin = broker.admin().await;
    for login in ["olga", "former"] {
        create_user(&admin, login, "operators").await;
    }
    admin
        .call("users.disable", json!({ "login": "former" }))
        .await;
    let hashes = async || {
        let metrics = broker.ops("/metrics").await.unwrap().text();
        let mut lines = metrics.lines();
        let hashes = lines.find_map(|line| line.strip_prefix("switchboard_console_hashes_total "));
        hashes.unwrap().parse::<u64>().unwrap()
    };
    for (login, password) in [
        ("olga", "a wrong password"),
        ("former", PASSWORD),
        ("former", "a wrong password"),
        ("nobody", PASSWORD),
        ("no login", PASSWORD),
    ] {
        let before = hashes().await;
        let mut socket = stranger(broker.listener("nats.listen")).await;
        let connect = json!({ "user": login, "pass": password });
        let connect = format!("CONNECT {connect}\r\nPING\r\n");
        socket.write_all(connect.as_bytes()).await.unwrap();
        assert!(rest(&mut socket).await.contains("Authorization Violation"));
        assert_eq!(hashes().await, before + 1, "{login}, {password}");
    }
}

#[tokio::test]
async fn idle_connections_lock_nobody_out_and_end() {
    let broker = TestBroker::with(&[]).await;
    for (listener, count, path) in [
        ("console.listen", 600, "/"),
        ("ops.listen", 400, "/healthz"),
    ] {
        let address = broker.listener(listener);
        let mut idle = strangers(address, count, "GET / HTTP/1.1\r\n").await;
        let url = format!("http://{address}{path}");
        let reply = soon(listener, http::send(&hyper::Method::GET, &url, &[], b"")).await;
        assert_eq!(reply.unwrap().status, 200, "{listener}");
        for socket in [0, count - 1] {
            rest(&mut idle[socket]).await;
        }
    }
    let metrics = broker.ops("/metrics").await.unwrap().text();
    for of in ["ops", "console_http"] {
        let refused = format!("switchboard_{of}_connections_refused_total");
        assert!(metrics.contains(&refused), "{refused}");
    }
}

/// The start of a post with a large body, which does not go on.
pub(crate) fn stalled_post(world: &World) -> String {
    let url = world.messenger.ingress_url();
    let path = url.strip_prefix(&world.broker.ingress("")).unwrap();
    let body = " ".repeat(20_000);
    format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: 200000\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn stalled_posts_leave_places_for_large_messages_of_others() {
    let world = World::start().await;
    let address = world.broker.listener("ingress.listen");
    let url = world.messenger.ingress_url();
    let body = " ".repeat(20_000);
    let mut stalled = strangers(address, 160, &stalled_post(&world)).await;
    let last = rest(&mut stalled[159]).await;
    assert!(last.contains(" 503 "), "{last}");
    let mut large = message("large", "ann", &"x".repeat(10_000));
    large["token"] = world.messenger.code.clone().into();
    let large = format!("{large}{body}");
    let posted = http::post(&url, &[], large.as_bytes());
    soon("a large message", posted).await.ok();
    let mut timed_out = 0;
    for socket in &mut stalled {
        timed_out += usize::from(rest(socket).await.contains(" 408 "));
    }
    assert_eq!(timed_out, 32, "a source has a quarter of 128 places");
}

#[tokio::test]
async fn a_user_has_32_connections_and_other_users_are_not_affected() {
    let world = World::start().await;
    let token = world
        .admin
        .call("users.token", json!({ "login": "olga" }))
        .await;
    let (url, token) = (world.broker.nats_url(), text(&token["token"]));
    let mut windows = vec![world.olga.clone()];
    while let Ok(window) = Operator::with_token(&url, "olga", &token).await {
        windows.push(window);
        assert!(windows.len() <= 32, "one more than allowed");
    }
    assert_eq!(windows.len(), 32);
    assert!(
        world
            .broker
            .log()
            .contains("the user has too many connections")
    );
    world.new_user("ola", "operators").await;
    drop(windows.pop());
    until("a closed connection is replaced", async || {
        Operator::with_token(&url, "olga", &token).await.ok()
    })
    .await;
}
