//! Commands that many tests send.

use std::time::Duration;

use super::values::user;
use crate::command::{
    ChannelCommand, Command, Connect, LiveChatCommand, MessageCommand, NewUser, Person, Replay,
    SessionCommand, Update, UserCommand,
};
use crate::content::Content;
use crate::id::{ChannelId, LiveChatId, MessageId, SessionId};
use crate::secret::Secret;

pub(super) fn take(session: SessionId) -> Command {
    SessionCommand::Take(session).into()
}

pub(super) fn close(session: SessionId) -> Command {
    SessionCommand::Close(session).into()
}

/// Reopens a session for the sender, or for the queue.
pub(super) fn reopen(session: SessionId, queue: bool) -> Command {
    SessionCommand::Reopen { session, queue }.into()
}

/// Transfers a session to a user, or to the queue.
pub(super) fn transfer(session: SessionId, to: Option<&str>) -> Command {
    transfer_with_note(session, to, None)
}

pub(super) fn transfer_with_note(
    session: SessionId,
    to: Option<&str>,
    note: Option<&str>,
) -> Command {
    let (to, note) = (to.map(user), note.map(str::to_owned));
    SessionCommand::Transfer { session, to, note }.into()
}

/// Starts a session with a person who is identified by the messenger's ids.
pub(super) fn start(channel: ChannelId, chat: &str, text: Option<&str>) -> Command {
    let (chat, user) = (chat.to_owned(), "eva".to_owned());
    start_with(channel, Person::External { chat, user }, text)
}

pub(super) fn start_with(channel: ChannelId, person: Person, text: Option<&str>) -> Command {
    let text = text.map(str::to_owned);
    SessionCommand::Create {
        channel,
        person,
        text,
    }
    .into()
}

pub(super) fn send(session: SessionId, text: &str) -> Command {
    send_content(session, Content::text(text), None)
}

pub(super) fn send_content(
    session: SessionId,
    content: Content,
    reply_to: Option<MessageId>,
) -> Command {
    MessageCommand::Send {
        session,
        content,
        reply_to,
    }
    .into()
}

pub(super) fn note(session: SessionId, text: &str) -> Command {
    let text = text.to_owned();
    MessageCommand::Note { session, text }.into()
}

pub(super) fn read(session: SessionId, up_to: MessageId) -> Command {
    MessageCommand::Read { session, up_to }.into()
}

pub(super) fn retry(message: MessageId) -> Command {
    MessageCommand::Retry(message).into()
}

pub(super) fn disconnect(channel: ChannelId) -> Command {
    ChannelCommand::Disconnect(channel).into()
}

pub(super) fn reconnect(channel: ChannelId) -> Command {
    ChannelCommand::Reconnect(channel).into()
}

pub(super) fn delete(channel: ChannelId) -> Command {
    ChannelCommand::Delete(channel).into()
}

/// An update that changes nothing.
pub(super) fn update(channel: ChannelId) -> Update {
    Update {
        channel,
        webhook: None,
        security: None,
        dialect: None,
        operator_initiated: None,
    }
}

pub(super) fn rotate(channel: ChannelId, code: &str, overlap: Duration) -> Command {
    ChannelCommand::Rotate {
        channel,
        code: Secret::new(code),
        overlap,
    }
    .into()
}

pub(super) fn create(user: NewUser) -> Command {
    UserCommand::Create(user).into()
}

pub(super) fn disable(name: &str, disabled: bool) -> Command {
    let user = user(name);
    UserCommand::Disable { user, disabled }.into()
}

pub(super) fn members(live_chat: LiveChatId, names: &[&str]) -> Command {
    let users = names.iter().copied().map(user).collect();
    LiveChatCommand::Members { live_chat, users }.into()
}

/// Converts the commands of one kind to a [`Command`].
macro_rules! into_command {
    ($($from:ident => $to:expr;)*) => {
        $(impl From<$from> for Command {
            fn from(command: $from) -> Self { $to(command) }
        })*
    };
}

into_command! {
    LiveChatCommand => Self::LiveChat;
    UserCommand => Self::User;
    ChannelCommand => Self::Channel;
    SessionCommand => Self::Session;
    MessageCommand => Self::Message;
    Replay => Self::Replay;
    Connect => |connect| Self::Channel(ChannelCommand::Connect(connect));
    Update => |update| Self::Channel(ChannelCommand::Update(update));
}
