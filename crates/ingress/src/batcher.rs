//! Batches concurrent messages into one request to the router.
//!
//! Works like group commit: a message is sent at once while fewer than [`IN_FLIGHT_MAX`] batches are
//! in flight; later ones form the next batch. It saves a round trip over the bus per message, which
//! costs more than handling it in the router. A batch is not a transaction: each message has its own
//! reply.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, batch};
use chat::codec;
use chat::rpc::{InboundReply, InboundRequest};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::upstream::Unavailable;

/// The most batches in flight: one being made durable and one being applied meanwhile. More would
/// only make them smaller.
const IN_FLIGHT_MAX: usize = 2;
/// The most messages waiting for a batch; beyond it requests wait for room until their own timeout.
const WAITING_MAX: usize = 1_024;

/// The sending half of the batcher.
#[derive(Debug)]
pub(crate) struct Batcher(mpsc::Sender<Waiting>);

type Reply = Result<InboundReply, Unavailable>;
type Waiting = batch::Waiting<Reply>;
type Batch = batch::Batch<Reply>;

/// Why a message of a batch has no reply.
#[derive(Debug, thiserror::Error)]
enum BatchError {
    /// The request failed for all messages of the batch.
    #[error("the request to the router failed")]
    Request(#[source] Arc<bus::Error>),
    /// The router returned fewer replies than messages.
    #[error("the router's reply omits the message; run the same version everywhere")]
    Omitted,
    /// The gateway is stopping.
    #[error("the gateway is stopping")]
    Stopping,
}

impl Batcher {
    /// Returns the batcher, and the future that sends the batches to `subject`, each with `timeout`. The
    /// future must run concurrently; it ends when the batcher is dropped and every message has its
    /// reply.
    pub(crate) fn new(
        bus: Bus,
        subject: String,
        timeout: Duration,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, inbox) = mpsc::channel(WAITING_MAX);
        let send = move |batch| send(bus.clone(), subject.clone(), timeout, batch);
        (Self(sender), run(inbox, send))
    }

    /// Sends a message with the next batch and waits for its reply.
    pub(crate) async fn send(&self, request: &InboundRequest) -> Result<InboundReply, Unavailable> {
        let (reply, received) = oneshot::channel();
        let message = codec::encode(request);
        let stopping = || Unavailable::because(BatchError::Stopping);
        let queued = self.0.send(Waiting { message, reply }).await;
        queued.map_err(|_| stopping())?;
        received.await.map_err(|_| stopping())?
    }
}

/// Forms batches and sends each as soon as fewer than [`IN_FLIGHT_MAX`] are in flight.
async fn run<S>(mut inbox: mpsc::Receiver<Waiting>, send: impl Fn(Batch) -> S)
where
    S: Future<Output = ()> + Send + 'static,
{
    let mut in_flight = JoinSet::new();
    let mut batch = Batch::default();
    while !batch.is_empty() || batch.push(inbox.recv().await) {
        while in_flight.try_join_next().is_some() {}
        if in_flight.len() >= IN_FLIGHT_MAX {
            in_flight.join_next().await;
        }
        let first_of_next = batch.fill(&mut inbox);
        in_flight.spawn(send(mem::take(&mut batch)));
        batch.push(first_of_next);
    }
    while in_flight.join_next().await.is_some() {}
}

/// Sends a batch and distributes the replies.
async fn send(bus: Bus, subject: String, timeout: Duration, batch: Batch) {
    let (messages, callers) = batch.into_parts();
    if callers.is_empty() {
        return;
    }
    let request = codec::encode_list(&messages);
    drop(messages);
    let replies = bus.ask_encoded::<Vec<InboundReply>>(subject, request.into(), timeout);
    match replies.await {
        Ok(replies) => {
            let mut replies = replies.into_iter();
            for caller in callers {
                let reply = replies.next().ok_or(BatchError::Omitted);
                drop(caller.send(reply.map_err(Unavailable::because)));
            }
        }
        Err(error) => {
            let error = Arc::new(error);
            for caller in callers {
                let failed = BatchError::Request(Arc::clone(&error));
                drop(caller.send(Err(Unavailable::because(failed))));
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
            reply: oneshot::channel().0,
        }
    }

    #[tokio::test]
    async fn a_message_is_sent_at_once_and_later_ones_form_the_next_batch() {
        let (sender, inbox) = mpsc::channel(WAITING_MAX);
        let (sent, mut batches) = mpsc::channel(8);
        let answered = Arc::new(Semaphore::new(0));
        let answers = Arc::clone(&answered);
        let send = move |batch: Batch| {
            let (sent, answers) = (sent.clone(), Arc::clone(&answers));
            async move {
                sent.send(batch.len()).await.unwrap();
                answers.acquire().await.unwrap().forget();
            }
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(run(inbox, send));
        for _ in 0..IN_FLIGHT_MAX {
            sender.send(waiting(1)).await.unwrap();
            assert_eq!(batches.recv().await, Some(1));
        }
        for _ in 0..5 {
            sender.send(waiting(1)).await.unwrap();
        }
        answered.add_permits(1);
        assert_eq!(batches.recv().await, Some(5));
        drop(sender);
        answered.add_permits(IN_FLIGHT_MAX);
        tasks.join_next().await.unwrap().unwrap();
    }
}
