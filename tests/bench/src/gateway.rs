//! A baseline for the broker: the HTTP server of ingress that stores nothing, or stores in `JetStream`.
//! Runs as a child process of the bench, with the same runtime as the broker, and prints its address.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bus::Bus;
use bytes::Bytes;
use chat::id::{ChannelId, MessageId, SessionId};
use chat::reason::Reason;
use chat::rpc::{
    Accepted, Access, ConfirmationCode, HealthReply, HealthRequest, InboundReply, InboundRequest,
    Security,
};
use chat::secret::Secret;
use ingress::{Config, Unavailable, Upstream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::teller;

/// The confirmation code of every channel.
pub(crate) const CODE: &str = "a public confirmation code";
/// The subject of the stream.
const SUBJECT: &str = "bench.inbound";
/// The stream.
pub(crate) const STREAM: &str = "BENCH";
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// Stores requests in `JetStream`, or not at all.
struct Baseline {
    jetstream: Option<Bus>,
    position: AtomicU64,
}

impl Upstream for Baseline {
    async fn access(&self, _channel: ChannelId) -> Result<Option<Access>, Unavailable> {
        let code = ConfirmationCode {
            code: Secret::new(CODE),
            until: None,
        };
        Ok(Some(Access {
            revision: 1,
            codes: vec![code],
            security: Security::Signed,
        }))
    }

    async fn inbound(&self, request: InboundRequest) -> Result<InboundReply, Unavailable> {
        let position = match &self.jetstream {
            Some(bus) => {
                let payload = Bytes::from(chat::codec::encode(&request));
                let request_sent = bus.request(SUBJECT.to_owned(), &[], payload, TIMEOUT);
                let reply = request_sent.await.map_err(Unavailable::because)?;
                let reply: Value =
                    serde_json::from_slice(&reply.payload).map_err(Unavailable::because)?;
                let number = reply["seq"].as_u64();
                number.ok_or_else(|| Unavailable::because(reply.to_string()))?
            }
            None => self.position.fetch_add(1, Ordering::Relaxed),
        };
        Ok(InboundReply::Accepted(Accepted {
            message_id: MessageId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([2; 16]),
            position,
            duplicate: false,
            echo: false,
        }))
    }

    async fn health(&self, request: HealthRequest) -> Result<HealthReply, Unavailable> {
        let channel = request.channel.to_string();
        Ok(HealthReply::Rejected(
            Reason::ChannelNotFound { channel }.into(),
        ))
    }
}

/// The broker's defaults without limits per channel and source.
const fn config() -> Config {
    Config {
        rate: None,
        connections_max: 1_024,
        connections_per_source_max: None,
        headers_max: 64,
        header_bytes_max: 16 * 1024,
        header_read_timeout: Duration::from_secs(10),
        idle_timeout: Duration::from_secs(75),
        body_timeout: Duration::from_secs(10),
        write_timeout: Duration::from_secs(10),
        large_bodies_max: 128,
        router_timeout: TIMEOUT,
        drain_timeout: Duration::from_secs(1),
    }
}

/// Serves with `nothing`, `jetstream` or `jetstream-always` as the store until it is killed. With a
/// webhook, it tells that and a feed of each message.
pub(crate) fn serve(behind: &str, webhook: Option<&str>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        // Below `TMPDIR`, which the bench removes, since this process is killed.
        let dir = tempfile::tempdir().unwrap();
        let sync = match behind {
            "jetstream-always" => "sync_interval: always",
            _ => "",
        };
        let store = dir.path().display();
        let settings = format!("jetstream {{ store_dir: \"{store}\"\n {sync} }}");
        let mut server = None;
        let mut jetstream = None;
        if behind != "nothing" {
            let started = bus::testing::Server::start_with(&settings).await;
            let connected = connect(&started).await;
            if let Some(webhook) = webhook {
                let delivered = teller::consume(&connected).await;
                let told = teller::tell(connected.clone(), delivered, format!("http://{webhook}/"));
                tokio::spawn(told);
            }
            jetstream = Some(connected);
            server = Some(started);
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nats = server.as_ref().map(bus::testing::Server::url);
        let address = listener.local_addr().unwrap();
        println!("{address} {}", nats.unwrap_or_default());
        std::io::stdout().flush().unwrap();
        let upstream = Baseline {
            jetstream,
            position: AtomicU64::new(0),
        };
        ingress::serve(&config(), listener, upstream, CancellationToken::new()).await;
        drop(server);
    });
}

/// Connects and creates the stream.
async fn connect(server: &bus::testing::Server) -> Bus {
    let bus = server.bus().await;
    let stream = json!({
        "name": STREAM, "subjects": [SUBJECT], "storage": "file", "retention": "limits",
        "num_replicas": 1, "max_consumers": -1, "max_msgs": -1, "max_bytes": -1, "max_age": 0,
        "discard": "old",
    });
    let made = bus.request(
        format!("$JS.API.STREAM.CREATE.{STREAM}"),
        &[],
        stream.to_string().into(),
        TIMEOUT,
    );
    let made: Value = serde_json::from_slice(&made.await.unwrap().payload).unwrap();
    assert!(made["error"].is_null(), "{made}");
    bus
}
