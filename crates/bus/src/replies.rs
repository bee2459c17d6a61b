//! Matches replies to requests.
//!
//! `async-nats` has its own implementation, but leaks an entry for every request that never gets a
//! reply (nats.rs issue 1617). Here the entry is dropped with the request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Client, Message, Subscriber};
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, oneshot};
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
    requests: BTreeMap<u64, Waiter>,
}

/// Who waits for the replies to a request.
#[derive(Debug)]
enum Waiter {
    One(oneshot::Sender<Message>),
    Many(mpsc::Sender<Message>),
}

/// The registration of a request; dropping it forgets the request.
#[derive(Debug)]
struct Registered {
    number: u64,
    waiting: Arc<Mutex<Waiting>>,
}

/// A reply that a request waits for; dropping it forgets the request.
#[derive(Debug)]
pub(crate) struct PendingReply {
    /// The reply subject of the request.
    pub(crate) subject: String,
    reply: oneshot::Receiver<Message>,
    _registered: Registered,
}

/// The replies that a request waits for; dropping them forgets the request.
#[derive(Debug)]
pub(crate) struct PendingReplies {
    /// The reply subject of the request.
    pub(crate) subject: String,
    replies: mpsc::Receiver<Message>,
    _registered: Registered,
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

    /// Registers one more request, which gets one reply.
    pub(crate) fn expect_one(&self) -> PendingReply {
        let (sender, reply) = oneshot::channel();
        let (subject, registered) = self.register(Waiter::One(sender));
        PendingReply {
            subject,
            reply,
            _registered: registered,
        }
    }

    /// Registers one more request, which gets several replies. Those beyond `max` that were not read are
    /// dropped.
    pub(crate) fn expect_many(&self, max: usize) -> PendingReplies {
        let (sender, replies) = mpsc::channel(max);
        let (subject, registered) = self.register(Waiter::Many(sender));
        PendingReplies {
            subject,
            replies,
            _registered: registered,
        }
    }

    fn register(&self, waiter: Waiter) -> (String, Registered) {
        let mut waiting = lock(&self.waiting);
        waiting.last += 1;
        let number = waiting.last;
        waiting.requests.insert(number, waiter);
        drop(waiting);
        let registered = Registered {
            number,
            waiting: Arc::clone(&self.waiting),
        };
        (format!("{}{number}", self.prefix), registered)
    }

    /// The number of requests that wait.
    #[cfg(test)]
    pub(crate) fn waiting_count(&self) -> usize {
        lock(&self.waiting).requests.len()
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

impl PendingReplies {
    /// Waits for the next reply; `None` when the connection is closed.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        self.replies.recv().await
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        lock(&self.waiting).requests.remove(&self.number);
    }
}

impl Waiting {
    /// Returns whether somebody waits for the reply.
    fn pass_on(&mut self, number: u64, reply: Message) -> bool {
        if let Some(Waiter::Many(replies)) = self.requests.get(&number) {
            return replies.try_send(reply).is_ok();
        }
        match self.requests.remove(&number) {
            Some(Waiter::One(request)) => request.send(reply).is_ok(),
            Some(Waiter::Many(_)) | None => false,
        }
    }
}

async fn dispatch(mut replies: Subscriber, prefix: String, waiting: Arc<Mutex<Waiting>>) {
    while let Some(reply) = replies.next().await {
        let number = reply
            .subject
            .strip_prefix(&prefix)
            .and_then(|n| n.parse().ok());
        if !number.is_some_and(|number| lock(&waiting).pass_on(number, reply)) {
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
        let kept = || bus.replies.waiting_count();
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
