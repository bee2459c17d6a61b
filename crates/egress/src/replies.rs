//! The replies to the attempts of one message: those that end together are sent together.

use std::time::Duration;

use bus::{Bus, Message, batch};
use bytes::Bytes;
use chat::codec;
use chat::rpc::AttemptReply;
use tokio::sync::mpsc;

/// How long a reply waits for those of other attempts of its message. A message over NATS wakes three
/// processes or roles, which costs more than an attempt.
const LINGER: Duration = Duration::from_millis(1);

/// The places of the attempts of a message, in order.
pub(crate) struct Replies {
    sender: mpsc::Sender<Vec<u8>>,
    next: u32,
}

/// Where the reply of one attempt goes.
pub(crate) struct ReplyTo {
    sender: mpsc::Sender<Vec<u8>>,
    number: u32,
}

impl Replies {
    /// Returns the places of `count` attempts, and the future that sends the replies. It ends when all
    /// attempts have theirs, or were dropped.
    pub(crate) fn new(
        bus: Bus,
        message: Message,
        count: usize,
    ) -> (Self, impl Future<Output = ()> + Send) {
        let (sender, replies) = mpsc::channel(count.max(1));
        (Self { sender, next: 0 }, send(bus, message, replies, count))
    }
}

impl Iterator for Replies {
    type Item = ReplyTo;

    fn next(&mut self) -> Option<ReplyTo> {
        let number = self.next;
        self.next += 1;
        Some(ReplyTo {
            sender: self.sender.clone(),
            number,
        })
    }
}

impl ReplyTo {
    pub(crate) fn send(self, reply: &AttemptReply) {
        // There is room for a reply to each attempt, and the receiver lives as long as a sender.
        drop(self.sender.try_send(codec::encode(&(self.number, reply))));
    }
}

async fn send(
    bus: Bus,
    message: Message,
    mut replies: mpsc::Receiver<Vec<u8>>,
    mut running: usize,
) {
    let mut ended = Vec::from_iter(replies.recv().await);
    while !ended.is_empty() {
        if running > ended.len() {
            tokio::time::sleep(LINGER).await;
        }
        let mut bytes: usize = ended.iter().map(Vec::len).sum();
        let mut first_of_next = None;
        while let Ok(reply) = replies.try_recv() {
            if bytes + reply.len() > batch::BYTES_MAX {
                first_of_next = Some(reply);
                break;
            }
            bytes += reply.len();
            ended.push(reply);
        }
        running = running.saturating_sub(ended.len());
        let payload = Bytes::from(codec::encode_list(&ended));
        log_unsent(bus.respond(&message, &[], payload).await);
        ended.clear();
        ended.extend(match first_of_next {
            None => replies.recv().await,
            first => first,
        });
    }
}

/// Logs a reply that cannot be sent; the caller then times out.
pub(crate) fn log_unsent(result: Result<(), bus::Error>) {
    if let Err(error) = result {
        tracing::warn!(%error, "cannot send a reply");
    }
}
