//! Signals to colleagues, which are not stored.

use std::time::Duration;

use chat::id::{ContactId, LiveChatId, SessionId, UserId};
use chat::subject;
use chat::time::Timestamp;

use crate::api::SignalKind;
use crate::view::object::Object;

/// How long a `typing` signal is valid.
const TYPING: Duration = Duration::from_secs(6);
/// How long a `viewing` signal is valid.
const VIEWING: Duration = Duration::from_mins(1);

/// What somebody does in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) session: SessionId,
    pub(crate) kind: SignalKind,
    pub(crate) who: Who,
    /// Whether they have stopped.
    pub(crate) ended: bool,
}

/// Who does it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A colleague.
    User(UserId),
    /// The person at the messenger.
    Contact(ContactId),
}

impl Signal {
    /// The subject and the payload: `{session, user or contact, until, ended?}`.
    pub(crate) fn message(
        &self,
        subjects: &subject::Subjects,
        live_chat: LiveChatId,
        now: Timestamp,
    ) -> (String, Vec<u8>) {
        let (name, shown) = match self.kind {
            SignalKind::Typing => ("typing", TYPING),
            SignalKind::Viewing => ("viewing", VIEWING),
        };
        let (user, contact) = match &self.who {
            Who::User(id) => (Some(id), None),
            Who::Contact(id) => (None, Some(id)),
        };
        let until = if self.ended { now } else { now.plus(shown) };
        let payload = Object::new()
            .with("session", self.session)
            .with_some("user", user)
            .with_some("contact", contact)
            .with("until", until)
            // `until` alone is not enough, because the subscriber's clock may differ.
            .with_some("ended", self.ended.then_some(true))
            .value();
        let subject = subjects.feed(live_chat, self.session, name);
        (subject, payload.to_string().into_bytes())
    }
}
