//! Events for consoles (console-api section 3).
//!
//! An item is made on the loop, right after its record was applied. It is rendered on a blocking thread
//! once the record is durable. On the feed everything that happens to a contact is `contact-updated`:
//! the object shows whether it is new or was forgotten.
//!
//! Beyond the specification each event has `livechat` (`CloudEvents` allows no capitals in its own
//! members) and `data.liveChat`: a program that reads several live chats needs it to follow `previous`.
//! In the audit trail `data.change` holds what was changed.

mod data;
mod signal;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chat::record::{Record, Stream};
use chat::subject::Subjects;
use chat::workspace::Workspace;
use serde_json::Value;

use crate::sealed_log::SealedLog;
use crate::view::change::change;
use crate::view::channel::Webhook;
use crate::view::object::Object;
use data::EventData;

pub(crate) use signal::{Signal, Who};

/// Subject, headers and payload.
pub(crate) type Message = (String, Vec<(String, String)>, Vec<u8>);

/// One event with copies of the objects that it changed, made right after it was applied.
#[derive(Debug)]
pub(crate) struct FeedItem {
    record: Arc<Record>,
    /// Whether it is in the audit trail.
    audited: bool,
    data: EventData,
}

/// The item of a record that was just applied; `None` if nobody may see it. For a record of the past
/// the rest of the state is the present one.
pub(crate) fn item(
    workspace: &Workspace,
    record: &Arc<Record>,
    public_url: &str,
) -> Option<FeedItem> {
    let audited = workspace.audit.get(&record.position).is_some();
    if record.live_chat.is_none() && !audited {
        return None;
    }
    Some(FeedItem {
        record: Arc::clone(record),
        audited,
        data: EventData::of(workspace, record, public_url)?,
    })
}

impl FeedItem {
    /// The position in the log.
    pub(crate) fn position(&self) -> u64 {
        self.record.position
    }

    /// The messages to publish: on the feed, in the audit trail, or both.
    pub(crate) fn render(self, sealed_log: &SealedLog, subjects: &Subjects) -> Vec<Message> {
        let record = &self.record;
        let sealed_log = &sealed_log.with(record);
        let kind = record.event.kind();
        let id = format!("{}-{}", subjects.as_str(), record.position);
        let message = |subject: String, event: &Value| {
            let headers = vec![("Nats-Msg-Id".to_owned(), id.clone())];
            (subject, headers, event.to_string().into_bytes())
        };
        let mut messages = Vec::new();
        if let Some(live_chat) = record.live_chat {
            let name = feed_name(kind);
            let subject = match record.stream {
                Stream::Session(session) => subjects.feed(live_chat, session, name),
                Stream::Contact(_) => subjects.feed_about(live_chat, "contact", name),
                Stream::User(_) | Stream::LiveChat(_) | Stream::Channel(_) => {
                    subjects.feed_about(live_chat, "channel", name)
                }
            };
            let data = self.data.object(sealed_log, Webhook::Host);
            messages.push(message(subject, &self.on_feed(data, subjects)));
        }
        if self.audited {
            let subject = subjects.audit(&record.stream.to_string(), kind);
            let data = self.data.object(sealed_log, Webhook::Whole);
            let event = self.in_audit(data, sealed_log, subjects);
            messages.push(message(subject, &event));
        }
        messages
    }

    /// The event as `events.after` shows it: as on the feed, or as in the audit trail if it is only there.
    pub(crate) fn event(
        &self,
        sealed_log: &SealedLog,
        subjects: &Subjects,
        webhook: Webhook,
    ) -> Value {
        let data = self.data.object(&sealed_log.with(&self.record), webhook);
        if self.record.live_chat.is_some() {
            self.on_feed(data, subjects)
        } else {
            self.in_audit(data, sealed_log, subjects)
        }
    }

    fn on_feed(&self, data: Object, subjects: &Subjects) -> Value {
        let data = data.with_some("liveChat", self.record.live_chat);
        self.envelope(
            feed_name(self.record.event.kind()),
            self.subject(),
            data,
            subjects,
        )
        .with("previous", self.record.previous)
        .with_some("livechat", self.record.live_chat)
        .value()
    }

    fn in_audit(&self, data: Object, sealed_log: &SealedLog, subjects: &Subjects) -> Value {
        let record = &self.record;
        let change = self.audited.then(|| change(record, sealed_log));
        let data = data.with_some("change", change);
        self.envelope(
            record.event.kind(),
            record.stream.to_string(),
            data,
            subjects,
        )
        .value()
    }

    fn envelope(&self, name: &str, subject: String, data: Object, subjects: &Subjects) -> Object {
        Object::new()
            .with("specversion", "1.0")
            .with("id", self.record.position.to_string())
            .with("source", format!("/switchboard/{}", subjects.as_str()))
            .with("type", format!("switchboard.{name}"))
            .with("subject", subject)
            .with("time", self.record.time)
            .with("datacontenttype", "application/json")
            .with("position", self.record.position)
            .with("data", data.with("by", self.record.by.to_string()).value())
    }

    /// The id of the object that the event is about.
    fn subject(&self) -> String {
        match &self.record.stream {
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
