//! Changes of the sessions of a history: opened, assigned, transferred, closed, reopened.
//!
//! They are in the log, in the session's stream, which is walked back from the first event that is not
//! older than the page.

use chat::event::Event;
use chat::id::SessionId;
use chat::record::{Record, Stream};
use chat::state::Session;
use serde_json::Value;

use crate::sealed_log::{SealedLog, decode};
use crate::view::object::Object;

/// The most sessions whose streams are walked for a page: the newest ones.
const SESSIONS_MAX: usize = 100;
/// The most events that are read for a page, including messages and attempts.
const EVENTS_MAX: usize = 5_000;
/// The most changes on a page: with a full page of messages they fit into one answer.
const CHANGES_MAX: usize = 500;

/// The streams to read for a page.
#[derive(Debug)]
pub(super) struct Changes {
    from: u64,
    before: u64,
    /// Where to start, newest first.
    streams: Vec<(SessionId, u64)>,
}

impl Changes {
    /// `entry` returns the event at which to enter a session's stream, not older than the page.
    pub(super) fn of<'a>(
        (from, before): (u64, u64),
        sessions: impl Iterator<Item = (SessionId, &'a Session)>,
        entry: impl Fn(SessionId, &Session) -> u64,
    ) -> Self {
        let within = sessions.filter(|(_, session)| {
            session.opened_position < before && session.head.position >= from
        });
        let streams = within.map(|(id, session)| (id, entry(id, session)));
        Self {
            from,
            before,
            streams: streams.take(SESSIONS_MAX).collect(),
        }
    }

    /// Reads the changes since `from`, oldest first.
    pub(super) fn read(&self, from: u64, sealed_log: &SealedLog) -> Vec<Value> {
        let from = from.max(self.from);
        let mut left = EVENTS_MAX;
        let mut found = Vec::new();
        for (session, entry) in &self.streams {
            let back = sealed_log.reader.back(*entry).take(left);
            let back = back.map_while(|event| {
                event
                    .inspect_err(|error| tracing::error!(error = %error, "cannot read the log"))
                    .ok()
            });
            for event in back.take_while(|event| event.position >= from) {
                left = left.saturating_sub(1);
                if found.len() == CHANGES_MAX {
                    break;
                }
                if event.position >= self.before {
                    continue;
                }
                let record = decode(event.position, &event.bytes);
                // The positions come from the state; the stream is checked to be safe.
                let record = record.filter(|record| record.stream == Stream::Session(*session));
                let change = record.and_then(|record| change(*session, &record));
                found.extend(change.map(|change| (event.position, change)));
            }
        }
        found.sort_by_key(|(position, _)| *position);
        found.into_iter().map(|(_, change)| change).collect()
    }
}

/// The object of a change; `None` for other events.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a filter: other events are no changes of a session"
)]
fn change(session: SessionId, record: &Record) -> Option<Value> {
    let (operator, from) = match &record.event {
        Event::SessionOpened(e) => (e.operator.as_ref(), None),
        Event::SessionAssigned(e) => (Some(&e.operator), e.from.as_ref()),
        Event::SessionTransferred(e) => (e.operator.as_ref(), None),
        Event::SessionReopened(e) => (e.operator.as_ref(), None),
        Event::SessionClosed(_) => (None, None),
        _ => return None,
    };
    let reason = record.event.reason();
    let object = Object::new()
        .with("id", format!("event-{}", record.position))
        .with("session", session)
        .with("direction", "system")
        .with("author", record.by.to_string())
        .with("createdAt", record.time)
        .with("position", record.position)
        .with("event", record.event.kind())
        .with_some("operator", operator)
        .with_some("from", from)
        .with_some("reason", reason.map(|reason| reason.object()));
    Some(object.value())
}
