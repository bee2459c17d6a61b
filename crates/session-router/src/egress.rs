//! The client of egress. Attempts that start together go there in one message, because over the bus a
//! message costs more than an attempt; each attempt has its own reply as soon as it has ended.

use std::mem;
use std::pin::pin;
use std::sync::Arc;
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
pub(crate) struct Egress {
    waiting: mpsc::Sender<Waiting>,
    link: Arc<Link>,
}

/// The bus, and the subject of egress.
struct Link {
    bus: Bus,
    subject: String,
}

impl Egress {
    /// Returns the client, and the future that sends single attempts to `subject`. The future must run
    /// concurrently; it ends when all clones are dropped and every attempt has its reply.
    pub(crate) fn new(bus: Bus, subject: String) -> (Self, impl Future<Output = ()> + Send) {
        let (waiting, inbox) = mpsc::channel(WAITING_MAX);
        let link = Arc::new(Link { bus, subject });
        let sending = run(inbox, Arc::clone(&link));
        (Self { waiting, link }, sending)
    }

    /// Requests one attempt. Without an answer it has failed.
    pub(crate) async fn attempt(&self, request: &AttemptRequest) -> AttemptReply {
        let (reply, received) = oneshot::channel();
        let message = codec::encode(request);
        let queued = self.waiting.send(Waiting { message, reply });
        if queued.await.is_err() {
            return failed(Reason::NoEgress);
        }
        received
            .await
            .unwrap_or_else(|_| failed(Reason::EgressTimedOut))
    }

    /// Requests one attempt for each of at most [`MESSAGES_MAX`] items, in one message. Passes the items
    /// to `ended` with their replies, those that ended together at once.
    pub(crate) async fn attempt_all<T, F: Future<Output = ()>>(
        &self,
        items: Vec<T>,
        request: impl Fn(&T) -> &AttemptRequest,
        ended: impl FnMut(Vec<(T, AttemptReply)>) -> F,
    ) {
        let attempts: Vec<_> = items.iter().map(|i| codec::encode(request(i))).collect();
        self.link.exchange(&attempts, items, ended).await;
    }
}

async fn run(mut inbox: mpsc::Receiver<Waiting>, link: Arc<Link>) {
    let mut in_flight = JoinSet::new();
    let mut batch = Batch::default();
    while !batch.is_empty() || batch.push(inbox.recv().await) {
        while in_flight.try_join_next().is_some() {}
        // Attempts that the loop started together are spawned one after the other.
        tokio::task::yield_now().await;
        let first_of_next = batch.fill(&mut inbox);
        in_flight.spawn(send(Arc::clone(&link), mem::take(&mut batch)));
        batch.push(first_of_next);
    }
    while in_flight.join_next().await.is_some() {}
}

/// Sends a batch and passes on the replies.
async fn send(link: Arc<Link>, batch: Batch) {
    let (attempts, callers) = batch.into_parts();
    let pass_on = |ended: Vec<(oneshot::Sender<AttemptReply>, AttemptReply)>| {
        for (caller, reply) in ended {
            drop(caller.send(reply));
        }
        std::future::ready(())
    };
    link.exchange(&attempts, callers, pass_on).await;
}

impl Link {
    /// Sends encoded attempts in one message. Passes on who waits for each as soon as it has its reply.
    async fn exchange<T, F: Future<Output = ()>>(
        &self,
        attempts: &[Vec<u8>],
        waiting: Vec<T>,
        mut ended: impl FnMut(Vec<(T, AttemptReply)>) -> F,
    ) {
        let mut waiting: Vec<Option<T>> = waiting.into_iter().map(Some).collect();
        let request = codec::encode_list(attempts).into();
        let subject = self.subject.clone();
        let outcome = match self.bus.exchange(subject, request, MESSAGES_MAX).await {
            Ok(mut replies) => pass_on(&mut replies, &mut waiting, &mut ended).await,
            Err(error) => Err(reason(&error)),
        };
        if let Err(reason) = outcome {
            let rest = waiting.into_iter().flatten();
            ended(rest.map(|one| (one, failed(reason.clone()))).collect()).await;
        }
    }
}

/// Passes on the replies until everyone has one.
async fn pass_on<T, F: Future<Output = ()>>(
    replies: &mut Exchange,
    waiting: &mut [Option<T>],
    ended: &mut impl FnMut(Vec<(T, AttemptReply)>) -> F,
) -> Result<(), Reason> {
    let mut left = waiting.len();
    let mut over = pin!(tokio::time::sleep(TIMEOUT));
    while left > 0 {
        let reply = tokio::select! {
            biased; // A reply that has arrived counts.
            reply = replies.next() => reply.map_err(|error| reason(&error))?,
            () = &mut over => return Err(Reason::EgressTimedOut),
        };
        let answers: AttemptReplies = codec::decode(&reply.payload).map_err(|error| {
            tracing::warn!(%error, "a reply of egress does not decode; run the same version everywhere");
            Reason::EgressTimedOut
        })?;
        let answered = answers.into_iter().filter_map(|(number, reply)| {
            let number = usize::try_from(number).unwrap_or(usize::MAX);
            Some((waiting.get_mut(number)?.take()?, reply))
        });
        let answered: Vec<_> = answered.collect();
        left -= answered.len();
        ended(answered).await;
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

#[cfg(test)]
mod tests {
    use std::future::ready;

    use bus::testing::Server;
    use chat::rpc::Outcome;

    use super::*;

    fn requests(count: usize) -> Vec<AttemptRequest> {
        let request = |n: usize| AttemptRequest {
            url: "https://chat.example/hook".to_owned(),
            id: n.to_string(),
            codes: Vec::new(),
            body: Vec::new(),
            old_body: None,
            timeout_ms: 1,
            is_profile: false,
        };
        (0..count).map(request).collect()
    }

    fn accepted(ms: u32) -> AttemptReply {
        let (status, retry_after, answer) = (200, None, Vec::new());
        AttemptReply {
            ms,
            outcome: Outcome::Answered {
                status,
                retry_after,
                answer,
            },
            old_code: None,
        }
    }

    #[tokio::test]
    async fn attempts_of_one_message_end_in_parts_and_each_once() {
        let server = Server::start().await;
        let (bus, role) = (server.bus().await, server.bus().await);
        let mut asked = role.subscribe("attempt", None).await.unwrap();
        role.flush().await.unwrap();
        let (egress, _sending) = Egress::new(bus, "attempt".to_owned());
        let answer = async {
            let message = asked.next().await.unwrap();
            let requests: Vec<AttemptRequest> = codec::decode(&message.payload).unwrap();
            assert_eq!(requests.len(), 4, "all in one message");
            // Twice the same one, one that does not exist, and two others at once.
            for numbers in [vec![2_u32], vec![2, 9], vec![0, 3]] {
                let replies = numbers.iter().map(|number| (*number, accepted(*number)));
                let replies: AttemptReplies = replies.collect();
                role.answer(&message, &replies).await.unwrap();
            }
            role.refuse(&message, 400, "no more").await.unwrap();
        };
        let mut parts = Vec::new();
        let ended = |part: Vec<(AttemptRequest, AttemptReply)>| {
            let part = part.into_iter();
            parts.push(part.map(|(r, reply)| (r.id, reply)).collect::<Vec<_>>());
            ready(())
        };
        let attempts = egress.attempt_all(requests(4), |request| request, ended);
        tokio::join!(attempts, answer);
        let of = |n: u32| (n.to_string(), accepted(n));
        let lost = ("1".to_owned(), failed(Reason::NoEgress));
        parts.retain(|part| !part.is_empty());
        assert_eq!(parts, [vec![of(2)], vec![of(0), of(3)], vec![lost]]);
    }

    #[tokio::test]
    async fn attempts_fail_without_egress() {
        let server = Server::start().await;
        let (egress, _sending) = Egress::new(server.bus().await, "attempt".to_owned());
        let mut replies = Vec::new();
        let ended = |part: Vec<(AttemptRequest, AttemptReply)>| {
            replies.extend(part);
            ready(())
        };
        egress
            .attempt_all(requests(2), |request| request, ended)
            .await;
        let replies: Vec<_> = replies.into_iter().map(|(_, reply)| reply).collect();
        assert_eq!(replies, vec![failed(Reason::NoEgress); 2]);
    }
}
