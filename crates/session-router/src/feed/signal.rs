//! What colleagues see of each other, and is not stored.

use std::time::Duration;

use chat::id::{ContactId, LiveChatId, SessionId, UserId};
use chat::subject;
use chat::time::Timestamp;

use crate::view::object::Object;

/// Somebody is shown writing for so long, unless it is said again.
const TYPING: Duration = Duration::from_secs(6);
/// Somebody is shown looking for so long.
const VIEWING: Duration = Duration::from_mins(1);

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignalKind {
    /// Writes.
    Typing,
    /// Looks.
    Viewing,
}

/// Who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A colleague.
    User(UserId),
    /// The messenger's user.
    Contact(ContactId),
}

/// The subject and the payload that tell it: `{session, user or contact, until}`.
pub(crate) fn signal(
    subjects: &subject::Workspace,
    live_chat: LiveChatId,
    session: SessionId,
    kind: SignalKind,
    who: &Who,
    now: Timestamp,
) -> (String, Vec<u8>) {
    let (name, shown) = match kind {
        SignalKind::Typing => ("typing", TYPING),
        SignalKind::Viewing => ("viewing", VIEWING),
    };
    let (user, contact) = match who {
        Who::User(id) => (Some(id), None),
        Who::Contact(id) => (None, Some(id)),
    };
    let payload = Object::new()
        .with("session", session)
        .with_some("user", user)
        .with_some("contact", contact)
        .with("until", now.plus(shown))
        .value();
    let subject = subjects.feed(live_chat, session, name);
    (subject, payload.to_string().into_bytes())
}
