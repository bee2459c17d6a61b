//! What messengers say at the same time goes to the router as one question.
//!
//! As in a log's group commit: while nothing is asked, a message goes at once; what comes while
//! questions are under way goes together with the next one. It saves a way over the bus for each
//! message, which costs more than all that the router does with it. A question is no transaction:
//! each message has its own answer.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bus::Bus;
use chat::codec;
use chat::rpc::{InboundReply, InboundRequest};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::upstream::Unavailable;

/// Questions under way at once: one that is made durable, and one that is applied meanwhile. More
/// would only be smaller.
const UNDER_WAY_MAX: usize = 2;
/// Messages of one question: half a frame of the log, when each is one event.
const MESSAGES_MAX: usize = 128;
/// A question takes no further message past so many bytes. With the longest body that there is, it
/// stays under NATS's bound of 1 MiB.
const BYTES_MAX: usize = 256 * 1024;
/// Messages that wait to be taken; past it requests wait for room, within their own bound.
const WAITING_MAX: usize = 1_024;

/// Where messages are handed in to go with the next question.
#[derive(Debug)]
pub(crate) struct Gather(mpsc::Sender<Waiting>);

/// A message, encoded, and who waits for its answer.
#[derive(Debug)]
struct Waiting {
    message: Vec<u8>,
    asker: oneshot::Sender<Result<InboundReply, Unavailable>>,
}

/// Messages that go together.
#[derive(Debug, Default)]
struct Batch {
    waiting: Vec<Waiting>,
    bytes: usize,
}

/// Why one message of several has no answer.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    /// The question failed, for all of its messages alike.
    #[error("the question was not answered")]
    Asking(#[source] Arc<bus::Error>),
    /// The router answered fewer messages than it was asked about.
    #[error("the router's answer leaves the message out; run the same version everywhere")]
    LeftOut,
    /// The gateway ends.
    #[error("the gateway is stopping")]
    Ended,
}

impl Gather {
    /// The way in, and what asks: it must run beside, and ends once the way in is dropped and
    /// everything has its answer. A question goes to this subject, and gets so long for its answer.
    pub(crate) fn new(
        bus: Bus,
        subject: String,
        timeout: Duration,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, inbox) = mpsc::channel(WAITING_MAX);
        let ask = move |batch| ask(bus.clone(), subject.clone(), timeout, batch);
        (Self(sender), gather(inbox, ask))
    }

    /// Has a message go with the next question, and waits for its answer.
    pub(crate) async fn ask(&self, request: &InboundRequest) -> Result<InboundReply, Unavailable> {
        let (asker, answer) = oneshot::channel();
        let message = codec::encode(request);
        let ended = || Unavailable::because(NoAnswer::Ended);
        let taken = self.0.send(Waiting { message, asker }).await;
        taken.map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

/// Makes batches of what comes, each as soon as it may be under way.
async fn gather<A>(mut inbox: mpsc::Receiver<Waiting>, ask: impl Fn(Batch) -> A)
where
    A: Future<Output = ()> + Send + 'static,
{
    let mut under_way = JoinSet::new();
    let mut batch = Batch::default();
    while batch.has_some() || batch.take(inbox.recv().await) {
        while under_way.try_join_next().is_some() {}
        if under_way.len() >= UNDER_WAY_MAX {
            under_way.join_next().await;
        }
        let first_of_next = batch.fill(&mut inbox);
        under_way.spawn(ask(mem::take(&mut batch)));
        batch.take(first_of_next);
    }
    while under_way.join_next().await.is_some() {}
}

impl Batch {
    const fn has_some(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Takes one more, if there is one.
    fn take(&mut self, waiting: Option<Waiting>) -> bool {
        let Some(waiting) = waiting else { return false };
        self.bytes += waiting.message.len();
        self.waiting.push(waiting);
        true
    }

    /// Takes what waits and fits; gives back the first that does not.
    fn fill(&mut self, inbox: &mut mpsc::Receiver<Waiting>) -> Option<Waiting> {
        while self.waiting.len() < MESSAGES_MAX {
            let next = inbox.try_recv().ok()?;
            if self.bytes + next.message.len() > BYTES_MAX {
                return Some(next);
            }
            self.take(Some(next));
        }
        None
    }
}

/// Asks about a batch, and hands out the answers.
async fn ask(bus: Bus, subject: String, timeout: Duration, batch: Batch) {
    // Whoever gave up while waiting sends again: not asking saves the router the first time.
    let waiting = batch.waiting.into_iter().filter(|w| !w.asker.is_closed());
    let (messages, askers): (Vec<_>, Vec<_>) = waiting.map(|w| (w.message, w.asker)).unzip();
    if askers.is_empty() {
        return;
    }
    let question = codec::encode_list(&messages);
    drop(messages);
    let answers = bus.ask_encoded::<Vec<InboundReply>>(subject, question.into(), timeout);
    match answers.await {
        Ok(answers) => {
            let mut answers = answers.into_iter();
            for asker in askers {
                let answer = answers.next().ok_or(NoAnswer::LeftOut);
                drop(asker.send(answer.map_err(Unavailable::because)));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for asker in askers {
                let no_answer = NoAnswer::Asking(Arc::clone(&error));
                drop(asker.send(Err(Unavailable::because(no_answer))));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    fn waiting(bytes: usize) -> Waiting {
        Waiting {
            message: vec![0; bytes],
            asker: oneshot::channel().0,
        }
    }

    #[tokio::test]
    async fn a_message_goes_at_once_and_what_comes_meanwhile_goes_together() {
        let (sender, inbox) = mpsc::channel(WAITING_MAX);
        let (asked, mut batches) = mpsc::channel(8);
        let answered = Arc::new(Semaphore::new(0));
        let answers = Arc::clone(&answered);
        let ask = move |batch: Batch| {
            let (asked, answers) = (asked.clone(), Arc::clone(&answers));
            async move {
                asked.send(batch.waiting.len()).await.unwrap();
                answers.acquire().await.unwrap().forget();
            }
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(gather(inbox, ask));
        for _ in 0..UNDER_WAY_MAX {
            sender.send(waiting(1)).await.unwrap();
            assert_eq!(batches.recv().await, Some(1));
        }
        for _ in 0..5 {
            sender.send(waiting(1)).await.unwrap();
        }
        answered.add_permits(1);
        assert_eq!(batches.recv().await, Some(5));
        drop(sender);
        answered.add_permits(UNDER_WAY_MAX);
        tasks.join_next().await.unwrap().unwrap();
    }

    #[test]
    fn a_question_is_bounded_in_messages_and_in_bytes() {
        let (sender, mut inbox) = mpsc::channel(WAITING_MAX);
        let mut batch = Batch::default();
        for _ in 0..=MESSAGES_MAX {
            sender.try_send(waiting(1)).unwrap();
        }
        assert!(batch.fill(&mut inbox).is_none());
        assert_eq!(batch.waiting.len(), MESSAGES_MAX);
        let mut batch = Batch::default();
        for _ in 0..2 {
            sender.try_send(waiting(BYTES_MAX / 2)).unwrap();
        }
        let left = batch.fill(&mut inbox).unwrap();
        assert_eq!(
            (batch.waiting.len(), left.message.len()),
            (2, BYTES_MAX / 2)
        );
    }
}
