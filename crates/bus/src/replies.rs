//! Matches replies to requests.
//!
//! `async-nats` has its own implementation, but leaks an entry for every request that never gets a
//! reply (nats.rs issue 1617). Here the entry is dropped with the request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Client, Message, Subscriber};
use futures_util::StreamExt as _;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::Error;

/// The subscription that receives all replies of a connection. It ends when this is dropped or the
/// connection is closed.
#[derive(Debug)]
pub(crate) struct Replies {
    /// The reply subject without the request's number.
    prefix: String,
    waiting: Arc<Mutex<Waiting>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    requests: BTreeMap<u64, oneshot::Sender<Message>>,
}

/// A reply that a request waits for; dropping it forgets the request.
#[derive(Debug)]
pub(crate) struct PendingReply {
    /// The reply subject of the request.
    pub(crate) subject: String,
    number: u64,
    reply: oneshot::Receiver<Message>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Replies {
    /// Subscribes and starts to dispatch replies.
    pub(crate) async fn start(client: &Client) -> Result<Self, Error> {
        let prefix = format!("{}.", client.new_inbox());
        let subject = format!("{prefix}*");
        let Ok(replies) = client.subscribe(subject.clone()).await else {
            return Err(Error::Subject(subject));
        };
        let waiting = Arc::default();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let dispatch = dispatch(replies, prefix.clone(), Arc::clone(&waiting));
        let stopped = stop.clone();
        tasks.spawn(async move { stopped.run_until_cancelled(dispatch).await });
        tasks.close();
        Ok(Self {
            prefix,
            waiting,
            stop,
            tasks,
        })
    }

    /// Registers one more request.
    pub(crate) fn expect_one(&self) -> PendingReply {
        let (sender, reply) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        waiting.last += 1;
        let number = waiting.last;
        waiting.requests.insert(number, sender);
        PendingReply {
            subject: format!("{}{number}", self.prefix),
            number,
            reply,
            waiting: Arc::clone(&self.waiting),
        }
    }

    /// Waits until the subscription has ended.
    pub(crate) async fn ended(&self) {
        self.tasks.wait().await;
    }
}

impl Drop for Replies {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl PendingReply {
    /// Waits for the reply; `None` when the connection is closed.
    pub(crate) async fn reply(&mut self) -> Option<Message> {
        (&mut self.reply).await.ok()
    }
}

impl Drop for PendingReply {
    fn drop(&mut self) {
        lock(&self.waiting).requests.remove(&self.number);
    }
}

async fn dispatch(mut replies: Subscriber, prefix: String, waiting: Arc<Mutex<Waiting>>) {
    while let Some(reply) = replies.next().await {
        let number = reply
            .subject
            .strip_prefix(&prefix)
            .and_then(|n| n.parse().ok());
        let request = number.and_then(|number: u64| lock(&waiting).requests.remove(&number));
        if request.is_none_or(|request| request.send(reply).is_err()) {
            tracing::debug!("late reply dropped");
        }
    }
    // Dropping the senders wakes the requests that still wait.
    lock(&waiting).requests.clear();
}

/// Held for one lookup in the map, never across an await.
fn lock(waiting: &Mutex<Waiting>) -> MutexGuard<'_, Waiting> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;

    use crate::Error;
    use crate::testing::Server;

    #[tokio::test]
    async fn a_request_leaves_nothing_behind_however_it_ends() {
        let server = Server::start().await;
        let bus = server.bus().await;
        let kept = || super::lock(&bus.replies.waiting).requests.len();
        let ask = |subject: &str, ms| {
            bus.request(
                subject.to_owned(),
                &[],
                Bytes::new(),
                Duration::from_millis(ms),
            )
        };
        let mut mute = bus.subscribe("mute", None).await.unwrap();
        let timeout = ask("mute", 5).await;
        assert!(matches!(timeout, Err(Error::Timeout { .. })), "{timeout:?}");
        let nobody = ask("nobody", 5_000).await;
        assert!(
            matches!(nobody, Err(Error::NoResponders { .. })),
            "{nobody:?}"
        );
        let given_up = tokio::time::timeout(Duration::from_millis(5), ask("mute", 5_000)).await;
        assert!(given_up.is_err());
        assert_eq!(kept(), 0);

        // A late reply is dropped.
        let late = mute.next().await.unwrap();
        bus.respond(&late, &[], Bytes::new()).await.unwrap();
        bus.flush().await.unwrap();
        assert_eq!(kept(), 0);
    }
}
