//! The role on a real NATS, with a stub where the session-router would be.

use std::net::SocketAddr;

use ::bus::Bus;
use ::bus::testing::Server;
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

/// Starts the role; it listens at the address until the token is cancelled.
async fn start(bus: Bus, tasks: &mut JoinSet<()>, stop: CancellationToken) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn(async move {
        ingress::run(config(), listener, bus, workspace(), stop)
            .await
            .unwrap();
    });
    address
}

/// Answers everything, as a router that knows every channel would.
async fn stand_in(bus: Bus, tasks: &mut JoinSet<()>) {
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
async fn a_message_is_sent_over_the_bus_and_the_reply_returned() {
    let server = Server::start().await;
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    stand_in(server.bus().await, &mut tasks).await;
    let address = start(server.bus().await, &mut tasks, stop.clone()).await;
    let (status, body) = ask(address).await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("\"position\":123"), "{body}");
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

#[tokio::test]
async fn it_announces_itself_as_a_service() {
    let server = Server::start().await;
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    let address = start(server.bus().await, &mut tasks, stop.clone()).await;
    assert_eq!(ask(address).await.0, 503);
    let subject = format!("$SRV.PING.{}", ingress::SERVICE);
    let timeout = std::time::Duration::from_secs(30);
    let bus = server.bus().await;
    let answer = bus
        .request(subject, &[], bytes::Bytes::new(), timeout)
        .await
        .unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.payload).unwrap();
    assert_eq!(answer["name"], ingress::SERVICE);
    stop.cancel();
    in_time(tasks.join_next()).await.unwrap().unwrap();
}
