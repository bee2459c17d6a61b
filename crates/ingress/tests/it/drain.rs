//! Shutdown: new connections are refused, requests in progress get their response, and it ends in bounded
//! time.

use std::time::Duration;

use tokio::net::TcpStream;

use crate::net::{TestServer, good, in_time};

const SHORT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_request_in_progress_gets_its_response() {
    let mut server = TestServer::start().await;
    server.router.hold();
    let mut busy = server.connect().await;
    busy.send(&good()).await;
    in_time(server.router.arrival()).await;
    server.stop();
    // The listener closes when the shutdown starts.
    let refused = async { while TcpStream::connect(server.address).await.is_ok() {} };
    in_time(refused).await;
    assert!(server.is_running(), "the shutdown waits for the request");
    server.router.release();
    let response = busy.response().await.unwrap();
    assert_eq!(response.status, 200);
    assert!(response.head.contains("connection: close"), "{response:?}");
    assert_eq!(busy.ended().await, 0);
    server.end().await;
}

#[tokio::test]
async fn idle_connections_do_not_delay_the_shutdown() {
    let server = TestServer::start().await;
    let mut used = server.connect().await;
    used.send(&good()).await;
    assert_eq!(used.response().await.unwrap().status, 200);
    let mut unused = server.connect().await;
    server.end().await;
    assert_eq!(used.ended().await, 0);
    assert_eq!(unused.ended().await, 0);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_dropped() {
    let server = TestServer::with(|config| config.drain_timeout = SHORT).await;
    server.router.hold();
    let mut stuck = server.connect().await;
    stuck.send(&good()).await;
    in_time(server.router.arrival()).await;
    server.end().await;
    assert!(stuck.response().await.is_none());
}

#[tokio::test]
async fn a_partial_request_does_not_delay_the_shutdown() {
    let server = TestServer::with(|config| config.drain_timeout = SHORT).await;
    let mut client = server.connect().await;
    client.send(good().get(..60).unwrap()).await;
    server.end().await;
    client.ended().await;
}
