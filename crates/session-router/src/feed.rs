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
mod members;
mod signal;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use chat::command::NewEvent;
use chat::event::Event;
use chat::id::LiveChatId;
use chat::record::{Record, Stream};
use chat::subject::Subjects;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use serde::Serialize;
use serde_json::Value;

use crate::sealed_log::SealedLog;
use crate::view::change::change;
use crate::view::channel::Webhook;
use data::EventData;
use members::Members;

pub(crate) use signal::{Signal, Who};

/// About the length of an event with a short message, so that the text is not moved while it grows.
const EVENT_BYTES: usize = 1_024;

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

/// Looks up what the items of these events will show, besides what applying them reads.
pub(crate) fn prepare(workspace: &Workspace, events: &[NewEvent]) {
    // A message that an earlier event creates has a new id with each decision, so it is never found.
    let mut received = Vec::new();
    for new in events {
        let Stream::Session(id) = new.stream else {
            continue;
        };
        if let Event::MessageReceived(e) = &new.event {
            received.push(e.message);
        }
        data::prepare(workspace, id, &new.event, &received);
    }
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
        let message = |subject: String, event: &Envelope| {
            let headers = vec![("Nats-Msg-Id".to_owned(), id.clone())];
            (subject, headers, event.bytes())
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
            let data = self.data.members(sealed_log, Webhook::Host);
            messages.push(message(subject, &self.on_feed(data, subjects)));
        }
        if self.audited {
            let subject = subjects.audit(&record.stream.to_string(), kind);
            let data = self.data.members(sealed_log, Webhook::Whole);
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
        let data = self.data.members(&sealed_log.with(&self.record), webhook);
        let event = if self.record.live_chat.is_some() {
            self.on_feed(data, subjects)
        } else {
            self.in_audit(data, sealed_log, subjects)
        };
        serde_json::to_value(event).unwrap_or_default()
    }

    fn on_feed(&self, data: Members, subjects: &Subjects) -> Envelope {
        let live_chat = self.record.live_chat;
        let data = data.with_some("liveChat", live_chat.map(|id| id.to_string()));
        let name = feed_name(self.record.event.kind());
        Envelope {
            previous: Some(self.record.previous),
            livechat: live_chat,
            ..self.envelope(name, self.subject(), data, subjects)
        }
    }

    fn in_audit(&self, data: Members, sealed_log: &SealedLog, subjects: &Subjects) -> Envelope {
        let record = &self.record;
        let change = self.audited.then(|| change(record, sealed_log));
        let data = data.with_some("change", change);
        let subject = record.stream.to_string();
        self.envelope(record.event.kind(), subject, data, subjects)
    }

    fn envelope(
        &self,
        name: &str,
        subject: String,
        data: Members,
        subjects: &Subjects,
    ) -> Envelope {
        let record = &self.record;
        Envelope {
            specversion: "1.0",
            id: record.position.to_string(),
            source: format!("/switchboard/{}", subjects.as_str()),
            kind: format!("switchboard.{name}"),
            subject,
            time: record.time,
            datacontenttype: "application/json",
            position: record.position,
            previous: None,
            livechat: None,
            data: data.with("by", record.by.to_string()),
        }
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

/// A `CloudEvents` envelope.
#[derive(Serialize)]
struct Envelope {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: String,
    subject: String,
    time: Timestamp,
    datacontenttype: &'static str,
    position: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    livechat: Option<LiveChatId>,
    data: Members,
}

impl Envelope {
    /// The JSON text.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(EVENT_BYTES);
        #[expect(
            clippy::expect_used,
            reason = "the members are texts, numbers and values of JSON"
        )]
        serde_json::to_writer(&mut bytes, self).expect("an event can be encoded");
        bytes
    }
}

fn feed_name(kind: &'static str) -> &'static str {
    match kind {
        "contact-created" | "contact-forgotten" => "contact-updated",
        other => other,
    }
}
