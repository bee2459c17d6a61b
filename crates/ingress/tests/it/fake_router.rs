//! A fake router with scripted replies.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chat::id::{ChannelId, MessageId, SessionId};
use chat::rpc::{
    Accepted, Access, ConfirmationCode, Health, HealthReply, HealthRequest, InboundReply,
    InboundRequest, Security,
};
use chat::secret::Secret;
use chat::time::Timestamp;
use ingress::{Unavailable, Upstream};
use tokio::sync::Semaphore;

/// The fake router; clones share its state.
#[derive(Clone)]
pub(crate) struct FakeRouter(Arc<State>);

struct State {
    access: Mutex<Result<Option<Access>, ()>>,
    replies: Mutex<VecDeque<Result<InboundReply, ()>>>,
    healths: Mutex<VecDeque<HealthReply>>,
    received: Mutex<Vec<InboundRequest>>,
    access_requests: AtomicUsize,
    /// One permit per reply that may be sent.
    gate: Semaphore,
    arrived: Semaphore,
}

impl FakeRouter {
    /// Returns a router where every channel has this access and every message is accepted.
    pub(crate) fn new(access: Access) -> Self {
        Self(Arc::new(State {
            access: Mutex::new(Ok(Some(access))),
            replies: Mutex::default(),
            healths: Mutex::default(),
            received: Mutex::default(),
            access_requests: AtomicUsize::new(0),
            gate: Semaphore::new(Semaphore::MAX_PERMITS / 2),
            arrived: Semaphore::new(0),
        }))
    }

    /// Changes the access of all channels.
    pub(crate) fn set_access(&self, access: Option<Access>) {
        *self.0.access.lock().unwrap() = Ok(access);
    }

    /// Makes further access requests fail.
    pub(crate) fn lose_access(&self) {
        *self.0.access.lock().unwrap() = Err(());
    }

    /// Scripts the reply to the next message; `Err` is a failed request.
    pub(crate) fn reply(&self, reply: Result<InboundReply, ()>) {
        self.0.replies.lock().unwrap().push_back(reply);
    }

    /// Scripts the reply to the next health query.
    pub(crate) fn reply_health(&self, reply: HealthReply) {
        self.0.healths.lock().unwrap().push_back(reply);
    }

    /// Holds all replies until [`release`](Self::release).
    pub(crate) fn hold(&self) {
        self.0.gate.forget_permits(Semaphore::MAX_PERMITS);
    }

    /// Releases one held reply.
    pub(crate) fn release(&self) {
        self.0.gate.add_permits(1);
    }

    /// Waits until one more message has arrived.
    pub(crate) async fn arrival(&self) {
        self.0.arrived.acquire().await.unwrap().forget();
    }

    /// Returns every message that arrived.
    pub(crate) fn received(&self) -> Vec<InboundRequest> {
        self.0.received.lock().unwrap().clone()
    }

    /// Returns the number of access requests.
    pub(crate) fn access_requests(&self) -> usize {
        self.0.access_requests.load(Ordering::SeqCst)
    }
}

impl Upstream for FakeRouter {
    async fn access(&self, _channel: ChannelId) -> Result<Option<Access>, Unavailable> {
        self.0.access_requests.fetch_add(1, Ordering::SeqCst);
        let access = self.0.access.lock().unwrap().clone();
        access.map_err(|()| Unavailable::because("no router"))
    }

    async fn inbound(&self, request: InboundRequest) -> Result<InboundReply, Unavailable> {
        self.0.received.lock().unwrap().push(request);
        self.0.arrived.add_permits(1);
        self.0.gate.acquire().await.unwrap().forget();
        let reply = self.0.replies.lock().unwrap().pop_front();
        reply
            .unwrap_or(Ok(InboundReply::Accepted(accepted())))
            .map_err(|()| Unavailable::because("no router"))
    }

    async fn health(&self, _request: HealthRequest) -> Result<HealthReply, Unavailable> {
        let reply = self.0.healths.lock().unwrap().pop_front();
        Ok(reply.unwrap_or(HealthReply::Health(healthy())))
    }
}

pub(crate) fn accepted() -> Accepted {
    Accepted {
        message_id: MessageId::from_bytes([1; 16]),
        session_id: SessionId::from_bytes([2; 16]),
        position: 123,
        duplicate: false,
        echo: false,
    }
}

fn healthy() -> Health {
    Health {
        status: "active".to_owned(),
        pending_deliveries: 3,
        last_error_at: None,
        last_error: None,
        last_message_id: Some("m-7".to_owned()),
        operators_online: 2,
    }
}

/// A channel's access with one code.
pub(crate) fn access(code: &str, security: Security) -> Access {
    rotating(&[(code, None)], security, 1)
}

/// A channel's access with several codes, each valid until a time in seconds.
pub(crate) fn rotating(codes: &[(&str, Option<i64>)], security: Security, revision: u32) -> Access {
    let codes = codes.iter().map(|(code, until)| ConfirmationCode {
        code: Secret::new(*code),
        until: until.map(|secs| Timestamp::from_micros(secs * 1_000_000)),
    });
    Access {
        revision,
        codes: codes.collect(),
        security,
    }
}
