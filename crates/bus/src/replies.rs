//! Answers on their way to whoever asked.
//!
//! `async-nats` has this too, but keeps an entry for every request that was never answered, for as
//! long as the process lives (nats.rs issue 1617). Here it goes with the request.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_nats::{Client, Message, Subscriber};
use futures_util::StreamExt as _;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::Error;

/// The one subscription that all answers of a connection come by. It ends when it is dropped, or
/// with the connection.
#[derive(Debug)]
pub(crate) struct Replies {
    /// The subject of an answer, up to its number.
    prefix: String,
    waiting: Arc<Mutex<Waiting>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Debug, Default)]
struct Waiting {
    last: u64,
    askers: BTreeMap<u64, oneshot::Sender<Message>>,
}

/// A place for one answer, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Place {
    /// Where the answer has to go.
    pub(crate) subject: String,
    number: u64,
    answer: oneshot::Receiver<Message>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Replies {
    /// Subscribes, and hands out what comes.
    pub(crate) async fn start(client: &Client) -> Result<Self, Error> {
        let prefix = format!("{}.", client.new_inbox());
        let subject = format!("{prefix}*");
        let Ok(answers) = client.subscribe(subject.clone()).await else {
            return Err(Error::Subject { subject });
        };
        let waiting = Arc::default();
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let hand_out = hand_out(answers, prefix.clone(), Arc::clone(&waiting));
        let stopped = stop.clone();
        tasks.spawn(async move { stopped.run_until_cancelled(hand_out).await });
        tasks.close();
        Ok(Self {
            prefix,
            waiting,
            stop,
            tasks,
        })
    }

    /// A place for one more answer.
    pub(crate) fn place(&self) -> Place {
        let (asker, answer) = oneshot::channel();
        let mut waiting = lock(&self.waiting);
        waiting.last += 1;
        let number = waiting.last;
        waiting.askers.insert(number, asker);
        Place {
            subject: format!("{}{number}", self.prefix),
            number,
            answer,
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

impl Place {
    /// The answer; `None` when there will be none.
    pub(crate) async fn answer(&mut self) -> Option<Message> {
        (&mut self.answer).await.ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.waiting).askers.remove(&self.number);
    }
}

async fn hand_out(mut answers: Subscriber, prefix: String, waiting: Arc<Mutex<Waiting>>) {
    while let Some(answer) = answers.next().await {
        let number = answer
            .subject
            .strip_prefix(&prefix)
            .and_then(|n| n.parse().ok());
        let asker = number.and_then(|number: u64| lock(&waiting).askers.remove(&number));
        // Whoever gave up between these two lines needs no answer, as whoever did before.
        if asker.is_none_or(|asker| asker.send(answer).is_err()) {
            tracing::debug!("an answer came too late");
        }
    }
    // Those who still wait learn that nothing will come.
    lock(&waiting).askers.clear();
}

/// Brief: it is held for one look into the map.
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
    async fn nothing_is_kept_of_a_request_that_has_ended_however_it_did() {
        let server = Server::start().await;
        let bus = server.bus().await;
        let kept = || super::lock(&bus.replies.waiting).askers.len();
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

        // An answer that comes too late disturbs nobody.
        let late = mute.next().await.unwrap();
        bus.respond(&late, &[], Bytes::new()).await.unwrap();
        bus.flush().await.unwrap();
        assert_eq!(kept(), 0);
    }
}
