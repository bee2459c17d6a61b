//! The objects in the `data` of an event.

use chat::event::Event;
use chat::id::{CommandId, MessageId, SessionId, UserId};
use chat::model::SessionStatus;
use chat::reason::Reason;
use chat::record::{Record, Stream};
use chat::workspace::Workspace;

use super::members::Members;
use crate::sealed_log::SealedLog;
use crate::view::channel::{ChannelSnapshot, Webhook};
use crate::view::contact::ContactSnapshot;
use crate::view::live_chats::LiveChatSnapshot;
use crate::view::message::{DeliverySnapshot, MessageSnapshot};
use crate::view::session::{SessionSnapshot, ShortSession};
use crate::view::users::UserSnapshot;

/// The objects of one event.
#[derive(Debug)]
pub(super) enum EventData {
    /// A session changed; it may have been taken from an operator, or changed for a reason.
    Session(Box<SessionSnapshot>, Option<UserId>, Option<Reason>),
    /// A message was written or changed, possibly by a command with an id.
    Message(Box<MessageSnapshot>, ShortSession, Option<CommandId>),
    /// A delivery changed.
    Delivery(MessageId, Box<DeliverySnapshot>, ShortSession),
    /// A contact changed.
    Contact(Box<ContactSnapshot>),
    /// A channel changed.
    Channel(Box<ChannelSnapshot>),
    /// A live chat changed.
    LiveChat(LiveChatSnapshot),
    /// A user changed.
    User(UserSnapshot),
}

impl EventData {
    /// Copies the objects of a record. `None` if this version does not know its kind.
    pub(super) fn of(workspace: &Workspace, record: &Record, public_url: &str) -> Option<Self> {
        match &record.stream {
            Stream::Session(id) => of_session(workspace, *id, record),
            Stream::Contact(id) => {
                let contact = ContactSnapshot::of(workspace, *id)?;
                Some(Self::Contact(Box::new(
                    if matches!(&record.event, Event::ContactUpdated(e) if e.profile.is_some()) {
                        contact.at(record.position)
                    } else {
                        contact
                    },
                )))
            }
            Stream::Channel(id) => {
                let channel = workspace.channels.get(id)?;
                let channel = ChannelSnapshot::of(*id, channel, public_url);
                Some(Self::Channel(Box::new(
                    if let Event::ChannelStatusChanged(e) = &record.event {
                        channel.at(e.status, e.reason(), record.time)
                    } else {
                        channel
                    },
                )))
            }
            Stream::LiveChat(id) => LiveChatSnapshot::of(workspace, *id).map(Self::LiveChat),
            Stream::User(id) => {
                let user = workspace.users.get(id)?;
                Some(Self::User(UserSnapshot::of(id, user)))
            }
        }
    }

    /// The members of `data`.
    pub(super) fn members(&self, sealed_log: &SealedLog, webhook: Webhook) -> Members {
        let data = Members::default();
        match self {
            Self::Session(session, from, reason) => data
                .with("session", session.object(sealed_log))
                .with_some("from", from.as_ref().map(UserId::to_string))
                .with_some("reason", reason.as_ref().map(Reason::object)),
            Self::Message(message, session, command) => data
                .with("message", message.object(sealed_log))
                .with("session", session.object())
                .with_some("commandId", command.map(|id| id.to_string())),
            Self::Delivery(message, delivery, session) => data
                .with("message", message.to_string())
                .with("delivery", delivery.object(sealed_log))
                .with("session", session.object()),
            Self::Contact(contact) => data.with("contact", contact.object(sealed_log)),
            Self::Channel(channel) => data.with("channel", channel.object(webhook)),
            Self::LiveChat(live_chat) => data.with("liveChat", live_chat.object()),
            Self::User(user) => data.with("user", user.object()),
        }
    }
}

fn of_session(workspace: &Workspace, id: SessionId, record: &Record) -> Option<EventData> {
    let row = workspace.sessions.get(&id)?;
    let session = || SessionSnapshot::of(workspace, id);
    let message = |message: MessageId| {
        let snapshot = MessageSnapshot::of(workspace, message)?;
        let command = record.caused_by.as_ref().map(|cause| cause.command);
        let short = ShortSession::of(workspace, id, row);
        Some(EventData::Message(Box::new(snapshot), short, command))
    };
    let with = |operator: Option<&UserId>| {
        let status = SessionStatus::open(operator.is_some());
        Some(session()?.at(status, operator.cloned()))
    };
    let session = match &record.event {
        Event::SessionOpened(e) => with(e.operator.as_ref())?,
        Event::ChatRenamed(_) => session()?,
        Event::SessionAssigned(e) => with(Some(&e.operator))?,
        Event::SessionTransferred(e) => with(e.operator.as_ref())?,
        Event::SessionReopened(e) => with(e.operator.as_ref())?,
        Event::SessionClosed(_) => session()?.closed(record.time),
        Event::MessageReceived(e) => return message(e.message),
        Event::MessageSent(e) => return message(e.message),
        Event::MessageEdited(e) => return message(e.message),
        Event::MessageDeleted(e) => return message(e.message),
        Event::MessageRead(e) => return message(e.message),
        Event::NoteAdded(e) => return message(e.message),
        Event::DeliveryChanged(e) => {
            let delivery = DeliverySnapshot::after(workspace, e, record);
            let short = ShortSession::of(workspace, id, row);
            return Some(EventData::Delivery(e.message, Box::new(delivery), short));
        }
        // Events of other streams.
        Event::UserCreated(_)
        | Event::UserUpdated(_)
        | Event::UserDisabled(_)
        | Event::TokenIssued(_)
        | Event::TokenRevoked(_)
        | Event::TokenUsed(_)
        | Event::LiveChatCreated(_)
        | Event::LiveChatRenamed(_)
        | Event::LiveChatDeleted(_)
        | Event::MembersChanged(_)
        | Event::ReplySaved(_)
        | Event::ReplyDeleted(_)
        | Event::ChannelCreated(_)
        | Event::ChannelStatusChanged(_)
        | Event::ChannelUpdated(_)
        | Event::CodeRotated(_)
        | Event::CodeUsed(_)
        | Event::MessagesRefused(_)
        | Event::NoticesSettled(_)
        | Event::ScheduleShifted(_)
        | Event::EditParked(_)
        | Event::RequestAccepted(_)
        | Event::ContactCreated(_)
        | Event::ContactUpdated(_)
        | Event::ContactForgotten(_)
        | Event::Unknown => return None,
    };
    let (from, reason) = (taken_from(&record.event), record.event.reason());
    Some(EventData::Session(Box::new(session), from, reason))
}

/// The operator that a supervisor took a session from.
fn taken_from(event: &Event) -> Option<UserId> {
    let Event::SessionAssigned(e) = event else {
        return None;
    };
    e.from.clone()
}

/// Looks up what [`EventData::of`] reads for an event of a session. `received` are the messages that
/// earlier events of the same decision create.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a filter: applying the other events reads what they show"
)]
pub(super) fn prepare(workspace: &Workspace, id: SessionId, event: &Event, received: &[MessageId]) {
    let message = match event {
        Event::SessionOpened(e) => {
            // The chat may have its name from somebody else.
            let chat = (e.channel, e.external_chat_id.digest());
            let chat = workspace.chats.get(&chat);
            let name = chat.and_then(|chat| chat.name.as_ref());
            if let Some((_, named_by)) = name {
                workspace.contacts.get(named_by);
            }
            return;
        }
        // Of a session that is only about to be opened nothing else is shown.
        _ if workspace.sessions.peek(&id).is_none() => return,
        Event::ChatRenamed(_)
        | Event::SessionAssigned(_)
        | Event::SessionTransferred(_)
        | Event::SessionReopened(_)
        | Event::SessionClosed(_) => return drop(SessionSnapshot::of(workspace, id)),
        Event::MessageEdited(e) => e.message,
        Event::MessageDeleted(e) => e.message,
        Event::MessageRead(e) => e.message,
        Event::DeliveryChanged(e) => e.message,
        _ => return,
    };
    if !received.contains(&message) {
        drop(MessageSnapshot::of(workspace, message));
    }
}
