//! The queue of requests to send.

use serde_json::Value;
use tokio::sync::mpsc;

use crate::event::{Event, kind, member};
use crate::phone::ENTRIES_MAX;
use crate::report::Reporter;

/// The most queued requests: the page can show all of them.
const QUEUE_MAX: usize = ENTRIES_MAX;

/// The sending side of the queue.
#[derive(Clone)]
pub(crate) struct Queue {
    sender: mpsc::Sender<Item>,
    reporter: Reporter,
}

impl Queue {
    /// Creates a queue and its receiving side.
    pub(crate) fn new(reporter: Reporter) -> (Self, mpsc::Receiver<Item>) {
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        (Self { sender, reporter }, receiver)
    }

    /// Queues a request, waiting while the queue is full. Returns false if the receiver is dropped.
    pub(crate) async fn put(&self, item: Item) -> std::io::Result<bool> {
        let Ok(permit) = self.sender.reserve().await else {
            return Ok(false);
        };
        self.send(permit, item)
    }

    /// Queues a request. Returns false if the queue is full.
    pub(crate) fn try_put(&self, item: Item) -> std::io::Result<bool> {
        let Ok(permit) = self.sender.try_reserve() else {
            return Ok(false);
        };
        self.send(permit, item)
    }

    fn send(&self, permit: mpsc::Permit<'_, Item>, item: Item) -> std::io::Result<bool> {
        // Reported first, so that this event precedes the one of the answer.
        self.reporter.report(&Event::Queued { body: &item.body })?;
        permit.send(item);
        Ok(true)
    }
}

/// One request to send.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) body: Value,
    kept: bool,
}

impl Item {
    /// A request that is retried until it is accepted or refused for good.
    pub(crate) fn kept(body: Value) -> Self {
        Self { body, kept: true }
    }

    /// A request that is sent once, because it is useless later.
    pub(crate) fn once(body: Value) -> Self {
        Self { body, kept: false }
    }

    pub(super) fn is_kept(&self) -> bool {
        self.kept
    }

    pub(super) fn external_id(&self) -> Option<&str> {
        member(&self.body, "externalMessageId")
    }

    pub(super) fn is_message(&self) -> bool {
        kind(&self.body) == "message"
    }
}
