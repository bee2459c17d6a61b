//! Decisions: events, effects and the reply.

use crate::event::Event;
use crate::id::{ChannelId, ContactId, LiveChatId, SessionId, UserId};
use crate::record::{Answer, Stream};
use crate::rpc::{Accepted, UserCard};
use crate::verification::Purpose;

/// An event to record.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// The stream that the event belongs to.
    pub stream: Stream,
    /// The live chat whose feed publishes the event.
    pub live_chat: Option<LiveChatId>,
    /// The event.
    pub event: Event,
}

impl NewEvent {
    /// An event of a stream, published on a live chat's feed if one is given.
    pub fn new(stream: Stream, live_chat: Option<LiveChatId>, event: impl Into<Event>) -> Self {
        Self {
            stream,
            live_chat,
            event: event.into(),
        }
    }
}

/// A side effect of a decision. Effects are lost in a crash; whatever must survive one follows from
/// events instead.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Verify a messenger, at its webhook or at the one that the purpose names.
    Verify(ChannelId, Purpose),
    /// Destroy keys after the events are durable.
    DestroyKeys(Vec<u32>),
    /// Count an edit that was dropped because its message did not come, and destroy its key after the
    /// events are durable.
    DropEdit(u32),
    /// Notify the console role that a user's rights changed.
    RightsChanged(UserId),
    /// Return further sessions of a user who may not work on them.
    ReturnSessions(UserId),
    /// Show operators that a contact is typing in a session.
    Typing(SessionId, ContactId),
}

/// The reply to a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The answer to a command.
    Answer(Answer),
    /// The ids and position of an accepted inbound message.
    Accepted(Accepted),
    /// The public data of an operator.
    User(UserCard),
    /// The same signed request was accepted before.
    Repeated,
}

/// The outcome of an accepted request.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The events to record, in order.
    pub events: Vec<NewEvent>,
    /// The effects to carry out.
    pub effects: Vec<Effect>,
    /// The reply to the caller.
    pub reply: Reply,
}

impl Decision {
    /// A decision that changes nothing and answers `answer`.
    pub const fn unchanged(answer: Answer) -> Self {
        Self {
            events: Vec::new(),
            effects: Vec::new(),
            reply: Reply::Answer(answer),
        }
    }

    /// A decision that changes nothing and answers [`Answer::Done`].
    pub const fn nothing() -> Self {
        Self::unchanged(Answer::Done)
    }

    /// A decision without effects.
    pub fn new(events: impl Into<Vec<NewEvent>>, answer: Answer) -> Self {
        Self {
            events: events.into(),
            effects: Vec::new(),
            reply: Reply::Answer(answer),
        }
    }

    /// Adds an effect.
    #[must_use]
    pub fn then(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }

    /// Adds [`Effect::RightsChanged`] for each user.
    #[must_use]
    pub fn with_rights_changed(mut self, users: impl IntoIterator<Item = UserId>) -> Self {
        let effects = users.into_iter().map(Effect::RightsChanged);
        self.effects.extend(effects);
        self
    }
}
