//! What consoles are told as it happens (console-api section 3).
//!
//! An item is made on the loop, right after its record was folded in; its messages are rendered on a
//! blocking thread once the record is durable. On the feed, what happens to a contact has one name,
//! `contact-updated`: that it became known or was forgotten shows in the object.
//!
//! Beside what the specification says each event has `livechat` (`CloudEvents` allows no capitals in
//! its own members) and `data.liveChat`, by which a program that reads more than one live chat knows
//! whose chain `previous` belongs to. In the audit trail `data.change` is what was changed.

mod about;
mod signal;
#[cfg(test)]
mod tests;

use chat::id::LiveChatId;
use chat::record::{Record, Stream};
use chat::subject;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use serde_json::Value;

use crate::library::Library;
use crate::view::Facts;
use crate::view::channel::Webhook;
use crate::view::object::Object;
use about::About;

pub(crate) use signal::{Signal, Who};

/// Subject, headers and payload.
pub(crate) type Message = (String, Vec<(String, String)>, Vec<u8>);

/// One event, and what it is about, as it is right after it.
#[derive(Debug)]
pub(crate) struct FeedItem {
    position: u64,
    previous: u64,
    time: Timestamp,
    kind: &'static str,
    by: String,
    stream: Stream,
    /// On whose feed it is.
    live_chat: Option<LiveChatId>,
    /// What it changed, if it is in the audit trail.
    change: Option<Value>,
    about: About,
}

/// The item of a record that was just folded in; `None` when nobody is told. For a record of the
/// past: its own facts, and for the rest the state of now.
pub(crate) fn item(workspace: &Workspace, record: &Record, facts: &Facts) -> Option<FeedItem> {
    let audited = workspace.audit.get(&record.position).is_some();
    if record.live_chat.is_none() && !audited {
        return None;
    }
    Some(FeedItem {
        position: record.position,
        previous: record.previous,
        time: record.time,
        kind: record.event.kind(),
        by: record.by.to_string(),
        stream: record.stream.clone(),
        live_chat: record.live_chat,
        change: audited.then(|| crate::view::change(record)),
        about: About::of(workspace, record, facts)?,
    })
}

impl FeedItem {
    /// Where it is in the log.
    pub(crate) const fn position(&self) -> u64 {
        self.position
    }

    /// The messages that tell it: on the feed, in the audit trail, or both.
    pub(crate) fn render(self, library: &Library, subjects: &subject::Subjects) -> Vec<Message> {
        let id = format!("{}-{}", subjects.as_str(), self.position);
        let message = |subject: String, event: &Value| {
            let headers = vec![("Nats-Msg-Id".to_owned(), id.clone())];
            (subject, headers, event.to_string().into_bytes())
        };
        let mut messages = Vec::new();
        if let Some(live_chat) = self.live_chat {
            let name = feed_name(self.kind);
            let subject = match self.stream {
                Stream::Session(session) => subjects.feed(live_chat, session, name),
                Stream::Contact(_) => subjects.feed_about(live_chat, "contact", name),
                _ => subjects.feed_about(live_chat, "channel", name),
            };
            let data = self.about.data(library, Webhook::Host);
            messages.push(message(subject, &self.on_feed(data, subjects)));
        }
        if self.change.is_some() {
            let subject = subjects.audit(&self.stream.to_string(), self.kind);
            let data = self.about.data(library, Webhook::Whole);
            messages.push(message(subject, &self.in_audit(data, subjects)));
        }
        messages
    }

    /// The event as `events.after` shows it: as on the feed, or else as in the audit trail.
    pub(crate) fn event(
        &self,
        library: &Library,
        subjects: &subject::Subjects,
        webhook: Webhook,
    ) -> Value {
        let data = self.about.data(library, webhook);
        if self.live_chat.is_some() {
            self.on_feed(data, subjects)
        } else {
            self.in_audit(data, subjects)
        }
    }

    fn on_feed(&self, data: Object, subjects: &subject::Subjects) -> Value {
        let data = data.with_some("liveChat", self.live_chat);
        self.envelope(feed_name(self.kind), self.subject(), data, subjects)
            .with("previous", self.previous)
            .with_some("livechat", self.live_chat)
            .value()
    }

    fn in_audit(&self, data: Object, subjects: &subject::Subjects) -> Value {
        let data = data.with_some("change", self.change.as_ref());
        self.envelope(self.kind, self.stream.to_string(), data, subjects)
            .value()
    }

    fn envelope(
        &self,
        name: &str,
        subject: String,
        data: Object,
        subjects: &subject::Subjects,
    ) -> Object {
        Object::new()
            .with("specversion", "1.0")
            .with("id", self.position.to_string())
            .with("source", format!("/switchboard/{}", subjects.as_str()))
            .with("type", format!("switchboard.{name}"))
            .with("subject", subject)
            .with("time", self.time)
            .with("datacontenttype", "application/json")
            .with("position", self.position)
            .with("data", data.with("by", &self.by).value())
    }

    /// The id of what the event is about.
    fn subject(&self) -> String {
        match &self.stream {
            Stream::User(id) => id.to_string(),
            Stream::LiveChat(id) => id.to_string(),
            Stream::Channel(id) => id.to_string(),
            Stream::Contact(id) => id.to_string(),
            Stream::Session(id) => id.to_string(),
        }
    }
}

fn feed_name(kind: &'static str) -> &'static str {
    match kind {
        "contact-created" | "contact-forgotten" => "contact-updated",
        other => other,
    }
}
