//! Stopping: no more is taken, what is in hand is answered, and it ends in bounded time.

use std::time::Duration;

use ingress::Config;
use tokio::net::TcpStream;

use crate::net::{Served, good, must};
use crate::scene::config;

#[tokio::test]
async fn a_request_in_hand_is_answered() {
    let mut served = Served::start(config()).await;
    served.fake.hold();
    let mut busy = served.connect().await;
    busy.send(&good()).await;
    must(served.fake.arrival()).await;
    served.stop();
    // Once nobody listens any more, it is stopping.
    let refused = async { while TcpStream::connect(served.address).await.is_ok() {} };
    must(refused).await;
    assert!(served.is_running(), "it waits for the request");
    served.fake.release();
    let heard = busy.hear().await.unwrap();
    assert_eq!(heard.status, 200);
    assert!(heard.head.contains("connection: close"), "{heard:?}");
    assert_eq!(busy.ended().await, 0);
    served.end().await;
}

#[tokio::test]
async fn idle_connections_do_not_hold_it_up() {
    let served = Served::start(config()).await;
    let mut used = served.connect().await;
    used.send(&good()).await;
    assert_eq!(used.hear().await.unwrap().status, 200);
    let mut unused = served.connect().await;
    served.end().await;
    assert_eq!(used.ended().await, 0);
    assert_eq!(unused.ended().await, 0);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_dropped() {
    let config = Config {
        drain_timeout: Duration::from_millis(100),
        ..config()
    };
    let served = Served::start(config).await;
    served.fake.hold();
    let mut stuck = served.connect().await;
    stuck.send(&good()).await;
    must(served.fake.arrival()).await;
    served.end().await;
    assert!(stuck.hear().await.is_none(), "nothing is promised");
}

#[tokio::test]
async fn a_half_sent_request_does_not_hold_it_up() {
    let config = Config {
        drain_timeout: Duration::from_millis(100),
        ..config()
    };
    let served = Served::start(config).await;
    let mut client = served.connect().await;
    client.send(good().get(..60).unwrap()).await;
    served.end().await;
    client.ended().await;
}
