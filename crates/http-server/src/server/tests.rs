//! Connections that are silent after a response.

use std::net::SocketAddr;

use tokio::io::AsyncReadExt as _;
use tokio::task::JoinSet;

use super::*;

const SHORT: Duration = Duration::from_millis(100);
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);
const METRICS: Metrics = Metrics {
    connections: "connections",
    refused: "refused",
    broken: "broken",
};

/// Starts a server whose handler takes some time.
async fn start(takes: Duration, idle_timeout: Duration) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut limits = Limits::of_short_requests(8, 8.try_into().unwrap(), SHORT);
    limits.header_read_timeout = PATIENCE;
    limits.idle_timeout = idle_timeout;
    let handle = move |_, _| async move {
        if !takes.is_zero() {
            sleep(takes).await;
        }
        Response::new("done".to_owned())
    };
    let mut tasks = JoinSet::new();
    let stop = CancellationToken::new();
    tasks.spawn(serve(limits, METRICS, listener, handle, stop));
    (address, tasks)
}

async fn exchange(client: &mut TcpStream, request: &str) {
    client.write_all(request.as_bytes()).await.unwrap();
    let mut response = Vec::new();
    while !response.ends_with(b"done") {
        let read = timeout(PATIENCE, client.read_buf(&mut response)).await;
        assert_ne!(read.unwrap().unwrap(), 0, "a response");
    }
}

#[tokio::test]
async fn a_connection_that_is_silent_after_a_response_is_closed() {
    let get = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let post = "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}";
    // A response that takes time is sent after hyper has tried to read the next request.
    for (request, takes) in [
        (get, Duration::ZERO),
        (get, SHORT),
        (post, Duration::ZERO),
        (post, SHORT),
    ] {
        let (address, _server) = start(takes, SHORT).await;
        let mut client = TcpStream::connect(address).await.unwrap();
        for nth in 1..=2 {
            exchange(&mut client, request).await;
            if nth == 1 {
                continue;
            }
            let end = timeout(PATIENCE, client.read_u8()).await;
            assert!(end.is_ok(), "not closed: {request:?} in {takes:?}");
        }
    }
}

#[tokio::test]
async fn a_connection_without_idle_time_is_closed_after_its_response() {
    let (address, _server) = start(SHORT, Duration::ZERO).await;
    let mut client = TcpStream::connect(address).await.unwrap();
    exchange(&mut client, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let end = timeout(PATIENCE, client.read_u8()).await;
    assert!(end.is_ok());
}
