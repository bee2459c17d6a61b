//! The gateway in front of a backend that stores nothing: the cost of HTTP, proof and JSON alone.
//!
//! ```text
//! cargo run --release --package ingress --example store_nothing -- 127.0.0.1:8090
//! wrk --threads 1 --connections 256 --duration 15s --script crates/ingress/examples/message.lua \
//!     http://127.0.0.1:8090
//! ```
//!
//! Every channel exists and has the confirmation code `code`. Any [`Upstream`] can replace it:
//! benchmarks put other brokers behind the same HTTP code.

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use chat::id::{ChannelId, MessageId, SessionId};
use chat::reason::Reason;
use chat::rpc::{
    Accepted, Access, ConfirmationCode, HealthReply, HealthRequest, InboundReply, InboundRequest,
    Security,
};
use chat::secret::Secret;
use ingress::{Config, Unavailable, Upstream};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Replies as if it had stored the message.
#[derive(Default)]
struct Discard {
    position: AtomicU64,
}

impl Upstream for Discard {
    async fn access(&self, _channel: ChannelId) -> Result<Option<Access>, Unavailable> {
        let code = ConfirmationCode {
            code: Secret::new("code"),
            until: None,
        };
        Ok(Some(Access {
            revision: 1,
            codes: vec![code],
            security: Security::Token,
        }))
    }

    async fn inbound(&self, _request: InboundRequest) -> Result<InboundReply, Unavailable> {
        Ok(InboundReply::Accepted(Accepted {
            message_id: MessageId::from_bytes([1; 16]),
            session_id: SessionId::from_bytes([2; 16]),
            position: self.position.fetch_add(1, Ordering::Relaxed),
            duplicate: false,
        }))
    }

    async fn health(&self, request: HealthRequest) -> Result<HealthReply, Unavailable> {
        let channel = request.channel.to_string();
        Ok(HealthReply::Rejected(
            Reason::ChannelNotFound { channel }.into(),
        ))
    }
}

fn config() -> Config {
    Config {
        rate: None,
        connections_max: 4096,
        connections_per_source_max: None,
        headers_max: 64,
        header_bytes_max: 16 * 1024,
        header_read_timeout: Duration::from_secs(10),
        body_timeout: Duration::from_secs(10),
        write_timeout: Duration::from_secs(10),
        large_bodies_max: 128,
        router_timeout: Duration::from_secs(5),
        drain_timeout: Duration::from_secs(1),
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1);
    let listener = TcpListener::bind(address.as_deref().unwrap_or("127.0.0.1:8090")).await?;
    let stop = CancellationToken::new();
    writeln!(std::io::stderr(), "listening on {}", listener.local_addr()?)?;
    let signal = async {
        let received = tokio::signal::ctrl_c().await;
        stop.cancel();
        received
    };
    let config = config();
    let serve = ingress::serve(&config, listener, Discard::default(), stop.clone());
    let ((), received) = tokio::join!(serve, signal);
    received
}
