//! The role on a real NATS, with a stub of the session router.

use std::net::SocketAddr;
use std::time::Duration;

use ::bus::Bus;
use ::bus::testing::Server;
use bytes::Bytes;
use chat::codec;
use chat::rpc::{Access, AccessRequest, InboundReply, InboundRequest, Security};
use chat::subject::{Question, Subjects};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::fake_router::{accepted, access};
use crate::net::{Client, good, in_time};
use crate::test_gateway::{CODE, config};

fn workspace() -> Subjects {
    "default".parse().unwrap()
}

/// Starts the role and returns its address.
async fn start(bus: Bus, tasks: &mut JoinSet<()>, stop: CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn(async move {
        let (replies, _) = tokio::sync::watch::channel(false);
        ingress::run(config(), listener, bus, workspace(), replies, stop)
            .await
            .unwrap();
    });
    address
}

/// Replies to every request, as a router with every channel would.
async fn start_router(bus: Bus, tasks: &mut JoinSet<()>) {
    let mut access_requests = bus
        .subscribe(&workspace().router(Question::Access), None)
        .await
        .unwrap();
    let mut received = bus
        .subscribe(&workspace().router(Question::Inbound), None)
        .await
        .unwrap();
    bus.flush().await.unwrap();
    tasks.spawn(async move {
        loop {
            tokio::select! {
                Some(message) = access_requests.next() => {
                    codec::decode::<AccessRequest>(&message.payload).unwrap();
                    let answer: Option<Access> = Some(access(CODE, Security::Token));
                    bus.answer(&message, &answer).await.unwrap();
                }
                Some(message) = received.next() => {
                    let asked = codec::decode::<Vec<InboundRequest>>(&message.payload).unwrap();
                    let answer = InboundReply::Accepted(accepted());
                    bus.answer(&message, &vec![answer; asked.len()]).await.unwrap();
                }
                else => break,
            }
        }
    });
}

async fn ask(address: SocketAddr) -> (u16, String) {
    let mut client = Client::new(in_time(TcpStream::connect(address)).await.unwrap());
    client.send(&good()).await;
    let response = client.response().await.unwrap();
    (response.status, response.body)
}

#[tokio::test]
async fn it_announces_itself_and_forwards_messages_over_the_bus() {
    let server = Server::start().await;
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    start_router(server.bus().await, &mut tasks).await;
    let address = start(server.bus().await, &mut tasks, stop.clone()).await;
    let (status, body) = ask(address).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("\"position\":123"), "{body}");
    let ping = format!("$SRV.PING.{}", ingress::SERVICE);
    let bus = server.bus().await;
    let pong = in_time(bus.request(ping, &[], Bytes::new(), Duration::from_secs(30))).await;
    let pong: serde_json::Value = serde_json::from_slice(&pong.unwrap().payload).unwrap();
    assert_eq!(pong["name"], ingress::SERVICE);
    stop.cancel();
    tasks.shutdown().await;
}

#[tokio::test]
async fn without_a_router_or_nats_requests_fail_at_once() {
    let mut server = Server::start().await;
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    let address = start(server.bus().await, &mut tasks, stop.clone()).await;
    let (status, body) = ask(address).await;
    assert_eq!(status, 503, "no router: {body}");
    server.kill().await;
    let (status, body) = ask(address).await;
    assert_eq!(status, 503, "no NATS: {body}");
    stop.cancel();
    in_time(tasks.join_next()).await.unwrap().unwrap();
}
