//! What a decision consists of.

use crate::event::Event;
use crate::id::{ChannelId, LiveChatId, UserId};
use crate::record::{Answer, Stream};
use crate::rpc::{Accepted, UserCard};
use crate::verification::Purpose;

/// An event to be recorded, and where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Whose story it is.
    pub stream: Stream,
    /// The live chat whose feed has it.
    pub live_chat: Option<LiveChatId>,
    /// What happened.
    pub event: Event,
}

/// What is to be done besides recording. Everything that must survive a crash follows from events
/// instead; this is what somebody waits for now.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask a messenger to verify itself, at its webhook or at the one that the purpose names.
    Verify(ChannelId, Purpose),
    /// Destroy keys, once the events are durable.
    DestroyKeys(Vec<u32>),
    /// Tell the console role that a user's rights changed.
    RightsChanged(UserId),
    /// Tell colleagues, and a messenger that can show it, that somebody is writing. Not stored.
    Typing(ChannelId, String, String),
}

/// What to tell whoever asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// What an API call names.
    Answer(Answer),
    /// Where an inbound message ended up.
    Accepted(Accepted),
    /// Who an operator is.
    User(UserCard),
}

/// What a command means.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What happened, in order.
    pub events: Vec<NewEvent>,
    /// What to do now.
    pub effects: Vec<Effect>,
    /// What to tell whoever asked.
    pub reply: Reply,
}

impl Decision {
    /// Nothing happened, and this is the answer.
    pub const fn repeated(answer: Answer) -> Self {
        Self {
            events: Vec::new(),
            effects: Vec::new(),
            reply: Reply::Answer(answer),
        }
    }

    /// Nothing at all.
    pub const fn nothing() -> Self {
        Self::repeated(Answer::Done)
    }

    /// These events, and this answer.
    pub const fn of(events: Vec<NewEvent>, answer: Answer) -> Self {
        Self {
            events,
            effects: Vec::new(),
            reply: Reply::Answer(answer),
        }
    }

    /// The same with one more effect.
    #[must_use]
    pub fn then(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}
