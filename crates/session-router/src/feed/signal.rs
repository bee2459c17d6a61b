//! What colleagues see of each other, and is not stored.

use std::time::Duration;

use chat::id::{ContactId, LiveChatId, SessionId, UserId};
use chat::subject;
use chat::time::Timestamp;

use crate::api::SignalKind;
use crate::view::object::Object;

/// Somebody is shown writing for so long, unless it is said again.
const TYPING: Duration = Duration::from_secs(6);
/// Somebody is shown looking for so long.
const VIEWING: Duration = Duration::from_mins(1);

/// What somebody does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Where.
    pub(crate) session: SessionId,
    /// What.
    pub(crate) kind: SignalKind,
    /// Who.
    pub(crate) who: Who,
    /// Whether it is over.
    pub(crate) ended: bool,
}

/// Who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A colleague.
    User(UserId),
    /// The messenger's user.
    Contact(ContactId),
}

impl Signal {
    /// The subject and the payload that tell it: `{session, user or contact, until, ended?}`.
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
            // The reader's clock may be another one.
            .with_some("ended", self.ended.then_some(true))
            .value();
        let subject = subjects.feed(live_chat, self.session, name);
        (subject, payload.to_string().into_bytes())
    }
}
