//! Messages that are sent as one request, each with its own reply.

use tokio::sync::{mpsc, oneshot};

/// The most messages of a batch: half a frame of the log if each is one event.
pub const MESSAGES_MAX: usize = 128;
/// The most bytes of a batch, unless its only message is longer. Below NATS's limit of 1 MiB even with
/// the longest body of a messenger.
pub const BYTES_MAX: usize = 256 * 1024;

/// An encoded message, and where its reply goes.
#[derive(Debug)]
pub struct Waiting<R> {
    /// The message.
    pub message: Vec<u8>,
    /// The caller.
    pub reply: oneshot::Sender<R>,
}

/// The messages of one request.
#[derive(Debug)]
pub struct Batch<R> {
    waiting: Vec<Waiting<R>>,
    bytes: usize,
}

impl<R> Default for Batch<R> {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            bytes: 0,
        }
    }
}

impl<R> Batch<R> {
    /// Whether it has no message.
    pub const fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// The number of messages.
    pub const fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a message, if any, and returns whether it did.
    pub fn push(&mut self, waiting: Option<Waiting<R>>) -> bool {
        let Some(waiting) = waiting else { return false };
        self.bytes += waiting.message.len();
        self.waiting.push(waiting);
        true
    }

    /// Adds the waiting messages that fit and returns the first that does not.
    pub fn fill(&mut self, inbox: &mut mpsc::Receiver<Waiting<R>>) -> Option<Waiting<R>> {
        while self.waiting.len() < MESSAGES_MAX {
            let next = inbox.try_recv().ok()?;
            if self.bytes + next.message.len() > BYTES_MAX {
                return Some(next);
            }
            self.push(Some(next));
        }
        None
    }

    /// The messages and their callers, without those that no longer wait: they will repeat it.
    pub fn into_parts(self) -> (Vec<Vec<u8>>, Vec<oneshot::Sender<R>>) {
        let waiting = self.waiting.into_iter().filter(|w| !w.reply.is_closed());
        waiting.map(|w| (w.message, w.reply)).unzip()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(bytes: usize) -> Waiting<()> {
        Waiting {
            message: vec![0; bytes],
            reply: oneshot::channel().0,
        }
    }

    #[test]
    fn a_batch_is_bounded_in_messages_and_in_bytes() {
        let (sender, mut inbox) = mpsc::channel(2 * MESSAGES_MAX);
        let mut batch = Batch::default();
        for _ in 0..=MESSAGES_MAX {
            sender.try_send(waiting(1)).unwrap();
        }
        assert!(batch.fill(&mut inbox).is_none());
        assert_eq!(batch.len(), MESSAGES_MAX);
        let mut batch = Batch::default();
        while inbox.try_recv().is_ok() {}
        for _ in 0..2 {
            sender.try_send(waiting(BYTES_MAX / 2 + 1)).unwrap();
        }
        let left = batch.fill(&mut inbox).unwrap();
        assert_eq!((batch.len(), left.message.len()), (1, BYTES_MAX / 2 + 1));
    }

    #[test]
    fn a_message_whose_caller_gave_up_is_not_sent() {
        let (reply, caller) = oneshot::channel::<()>();
        let mut batch = Batch::default();
        batch.push(Some(waiting(1)));
        batch.push(Some(Waiting {
            message: vec![1],
            reply,
        }));
        assert_eq!(batch.into_parts().0, [vec![1]]);
        drop(caller);
    }
}
