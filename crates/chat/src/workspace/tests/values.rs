//! Values that many tests build, with defaults for the fields that the tests do not check.

use crate::command::{
    ChannelCommand, Command, LiveChatCommand, MessageCommand, NewUser, SessionCommand, UserCommand,
};
use crate::content::Content;
use crate::id::{SessionId, UserId};
use crate::messenger::{Inbound, InboundMessage};
use crate::model::{Capabilities, Group, Verified};
use crate::reason::Reason;
use crate::rejection::{Code, Rejection};
use crate::rpc::{AttemptReply, Outcome};
use crate::seal::SealKey;
use crate::secret::Secret;
use crate::verification::Proof;

pub(super) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// Returns the seal key with a number.
pub(super) fn key(number: u32) -> SealKey {
    let mut bytes = [0x5a; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    SealKey::from_bytes(bytes)
}

/// A text message from a messenger's user.
pub(super) fn message(id: &str, chat: &str, author: &str, text: &str) -> InboundMessage {
    InboundMessage {
        external_message_id: id.to_owned(),
        external_chat_id: chat.to_owned(),
        external_user_id: author.to_owned(),
        external_chat_name: None,
        content: Content::text(text),
        created_at: None,
        reply_to: None,
    }
}

/// An edit of a messenger's message.
pub(super) fn edited(id: &str, text: &str) -> Inbound {
    Inbound::Edited {
        external_message_id: id.to_owned(),
        text: text.to_owned(),
    }
}

/// A deletion of a messenger's message.
pub(super) fn deleted(id: &str) -> Inbound {
    Inbound::Deleted {
        external_message_id: id.to_owned(),
    }
}

/// The result of an attempt that the messenger answered with a status.
pub(super) fn answered(status: u16) -> AttemptReply {
    answered_after(status, None)
}

/// The same with a `Retry-After` header.
pub(super) fn answered_after(status: u16, retry_after: Option<u64>) -> AttemptReply {
    let outcome = Outcome::Answered {
        status,
        retry_after,
        answer: b"the body".to_vec(),
    };
    AttemptReply { ms: 7, outcome }
}

/// The result of an attempt that timed out.
pub(super) fn unanswered() -> AttemptReply {
    let outcome = Outcome::Failed(Reason::TimedOut { ms: 10_000 });
    AttemptReply {
        ms: 10_000,
        outcome,
    }
}

/// What a messenger proves that can do everything.
pub(super) fn able() -> Proof {
    let capabilities = Capabilities {
        operator_initiated: true,
        sessions: true,
        ..Capabilities::default()
    };
    Proof {
        verified: Verified::Status,
        capabilities: Some(capabilities),
    }
}

pub(super) fn new_user(name: &str, group: Group) -> NewUser {
    NewUser {
        login: user(name),
        name: name.to_uppercase(),
        groups: vec![group],
        password_hash: Secret::new("a hash"),
    }
}

pub(super) fn disable(name: &str, disabled: bool) -> UserCommand {
    UserCommand::Disable {
        user: user(name),
        disabled,
    }
}

pub(super) fn send(session: SessionId, text: &str) -> MessageCommand {
    MessageCommand::Send {
        session,
        content: Content::text(text),
        reply_to: None,
    }
}

/// Converts the commands of one kind to a [`Command`].
macro_rules! into_command {
    ($($from:ident => $to:ident;)*) => {
        $(impl From<$from> for Command {
            fn from(command: $from) -> Self { Self::$to(command) }
        })*
    };
}

into_command! {
    LiveChatCommand => LiveChat;
    UserCommand => User;
    ChannelCommand => Channel;
    SessionCommand => Session;
    MessageCommand => Message;
}

/// Asserts that a request was rejected with a code.
#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, Rejection>, code: Code) {
    assert_eq!(result.unwrap_err().code, code);
}
