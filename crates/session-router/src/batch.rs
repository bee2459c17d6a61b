//! What was decided but is not yet durable, and what waits for it.

use std::collections::VecDeque;

use bus::Message;
use chat::id::{ChannelId, MessageId, UserId};
use chat::rpc::{HealthReply, InboundReply, LoginReply};
use chat::table::Row;
use event_log::NewEvent;

use crate::config::FRAME_BYTES;
use crate::feed::FeedItem;
use crate::notices::Telling;
use crate::verify::Verify;
use crate::view::Plan;

/// What is let out once everything decided before it is durable.
pub(crate) enum Release {
    /// An answer to ingress: what became of each message of a question.
    Inbound(Message, Vec<InboundReply>),
    /// An answer to ingress: how requests prove themselves.
    Access(Message, Option<chat::rpc::Access>),
    /// An answer to ingress: how a channel is.
    Health(Message, HealthReply),
    /// An answer to the console role.
    Login(Message, LoginReply),
    /// An answer to a user, its texts still to be read.
    Answer(Message, Box<Plan>),
    /// The same, with what a messenger was sent and answered.
    Traced(Message, Box<Plan>, serde_json::Value),
    /// A token, shown once.
    Token(Message, UserId, chat::secret::Secret),
    /// A refusal to a user.
    Refusal(Message, chat::rejection::Rejection),
    /// To a user: done, and nothing to tell.
    Empty(Message),
    /// An event for consoles.
    Feed(Box<FeedItem>),
    /// Something for consoles that is not stored: subject and payload.
    Signal(String, Vec<u8>),
    /// A message to be tried.
    Attempt(MessageId),
    /// A messenger to be told something.
    Tell(Box<Telling>),
    /// A messenger to be asked to verify itself.
    Verify(Box<Verify>),
    /// Keys to be destroyed.
    DestroyKeys(Vec<u32>),
    /// A user whose rights changed, and the position up to which they did.
    Rights(UserId, u64),
    /// A messenger that can show it is told that an operator is writing.
    Typing(ChannelId, String),
}

/// A frame in the making.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<NewEvent>,
    bytes: usize,
    pub(crate) releases: Vec<Release>,
}

impl Batch {
    /// Whether these events still fit.
    pub(crate) fn fits(&self, more: &[NewEvent]) -> bool {
        let bytes: usize = more.iter().map(|e| e.bytes.len()).sum();
        self.events.is_empty()
            || (self.events.len() + more.len() <= event_log::FRAME_EVENTS_MAX
                && self.bytes + bytes <= FRAME_BYTES)
    }

    pub(crate) fn extend(&mut self, more: Vec<NewEvent>) {
        self.bytes += more.iter().map(|e| e.bytes.len()).sum::<usize>();
        self.events.extend(more);
    }
}

/// A frame that is being made durable.
pub(crate) struct InFlight {
    /// The position of its last event.
    pub(crate) last: u64,
    pub(crate) releases: Vec<Release>,
    /// Rows that are right once this frame is durable.
    pub(crate) rows: Option<Vec<Row>>,
}

/// Frames that are being made durable, oldest first.
pub(crate) type Pipeline = VecDeque<InFlight>;
