//! The client of egress. Attempts that start together go there in one message, because over the bus a
//! message costs more than an attempt; each attempt has its own reply as soon as it has ended.

use std::mem;
use std::time::Duration;

use bus::batch::{self, MESSAGES_MAX};
use bus::{Bus, Exchange};
use chat::codec;
use chat::reason::Reason;
use chat::rpc::{ATTEMPT_TIMEOUT_MS, AttemptReplies, AttemptReply, AttemptRequest};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::attempt::failed;

/// How long egress may take for all attempts of a message: each may wait 2 s in its queue.
const TIMEOUT: Duration = Duration::from_millis(ATTEMPT_TIMEOUT_MS as u64 + 3_000);
/// The most attempts that wait to be sent. The slots bound them further.
const WAITING_MAX: usize = 1_024;

type Waiting = batch::Waiting<AttemptReply>;
type Batch = batch::Batch<AttemptReply>;

/// Requests attempts from egress. Clones share it.
#[derive(Clone)]
pub(crate) struct Egress(mpsc::Sender<Waiting>);

impl Egress {
    /// Returns the client, and the future that sends the attempts to `subject`. The future must run
    /// concurrently; it ends when all clones are dropped and every attempt has its reply.
    pub(crate) fn new(bus: Bus, subject: String) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, inbox) = mpsc::channel(WAITING_MAX);
        (Self(sender), run(inbox, bus, subject))
    }

    /// Requests one attempt. Without an answer it has failed.
    pub(crate) async fn attempt(&self, request: &AttemptRequest) -> AttemptReply {
        let (reply, received) = oneshot::channel();
        let message = codec::encode(request);
        if self.0.send(Waiting { message, reply }).await.is_err() {
            return failed(Reason::NoEgress);
        }
        received
            .await
            .unwrap_or_else(|_| failed(Reason::EgressTimedOut))
    }
}

async fn run(mut inbox: mpsc::Receiver<Waiting>, bus: Bus, subject: String) {
    let mut in_flight = JoinSet::new();
    let mut batch = Batch::default();
    while !batch.is_empty() || batch.push(inbox.recv().await) {
        while in_flight.try_join_next().is_some() {}
        // Attempts that the loop started together are spawned one after the other.
        tokio::task::yield_now().await;
        let first_of_next = batch.fill(&mut inbox);
        in_flight.spawn(exchange(
            bus.clone(),
            subject.clone(),
            mem::take(&mut batch),
        ));
        batch.push(first_of_next);
    }
    while in_flight.join_next().await.is_some() {}
}

/// Sends a batch and passes on the replies as they come.
async fn exchange(bus: Bus, subject: String, batch: Batch) {
    let (attempts, callers) = batch.into_parts();
    let mut callers: Vec<_> = callers.into_iter().map(Some).collect();
    let request = codec::encode_list(&attempts).into();
    let outcome = match bus.exchange(subject, request, MESSAGES_MAX).await {
        Ok(mut replies) => {
            let all = pass_on(&mut replies, &mut callers);
            tokio::time::timeout(TIMEOUT, all)
                .await
                .unwrap_or(Err(Reason::EgressTimedOut))
        }
        Err(error) => Err(reason(&error)),
    };
    if let Err(reason) = outcome {
        for caller in callers.into_iter().flatten() {
            drop(caller.send(failed(reason.clone())));
        }
    }
}

/// Passes on the replies until every caller has one.
async fn pass_on(
    replies: &mut Exchange,
    callers: &mut [Option<oneshot::Sender<AttemptReply>>],
) -> Result<(), Reason> {
    let mut left = callers.len();
    while left > 0 {
        let reply = replies.next().await.map_err(|error| reason(&error))?;
        let ended: AttemptReplies = codec::decode(&reply.payload).map_err(|error| {
            tracing::warn!(%error, "a reply of egress does not decode; run the same version everywhere");
            Reason::EgressTimedOut
        })?;
        for (number, reply) in ended {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            if let Some(caller) = callers.get_mut(number).and_then(Option::take) {
                left -= 1;
                drop(caller.send(reply));
            }
        }
    }
    Ok(())
}

/// Why attempts failed that egress did not answer.
fn reason(error: &bus::Error) -> Reason {
    tracing::debug!(%error, "egress did not answer");
    if error.is_in_doubt() {
        Reason::EgressTimedOut
    } else {
        Reason::NoEgress
    }
}
