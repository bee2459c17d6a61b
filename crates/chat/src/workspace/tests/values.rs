//! Values that many tests build, with defaults for the fields that the tests do not check.

use crate::codec;
use crate::command::NewUser;
use crate::content::{Content, Profile};
use crate::id::UserId;
use crate::messenger::{Inbound, InboundMessage};
use crate::model::{Capabilities, Group, Verified};
use crate::reason::Reason;
use crate::rpc::{AttemptReply, Outcome};
use crate::seal::{Indexed, SealKey};
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

/// Returns the key of the workspace's digests.
pub(super) fn index_key() -> SealKey {
    key(u32::MAX).index_key()
}

/// A text of an older event, which is not sealed.
pub(super) fn open(text: &str) -> Indexed {
    codec::decode(&codec::encode(&text)).unwrap()
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
    AttemptReply {
        ms: 7,
        outcome,
        old_code: None,
    }
}

/// The result of an attempt that timed out.
pub(super) fn timed_out() -> AttemptReply {
    let outcome = Outcome::Failed(Reason::TimedOut { ms: 10_000 });
    AttemptReply {
        ms: 10_000,
        outcome,
        old_code: None,
    }
}

/// The proof of a messenger that lets operators start sessions.
pub(super) fn full_proof() -> Proof {
    let capabilities = Capabilities {
        operator_initiated: true,
        sessions: true,
        ..Capabilities::default()
    };
    Proof {
        verified: Verified::Status,
        capabilities: Some(capabilities),
        old_code: None,
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

pub(super) fn profile(username: &str) -> Profile {
    Profile {
        username: Some(username.to_owned()),
        ..Profile::default()
    }
}

/// Returns the id in an accepted command's answer.
macro_rules! answer {
    ($reply:expr, $pattern:pat => $value:expr) => {
        match $reply {
            $crate::command::Reply::Answer($pattern) => $value,
            other => panic!("{other:?}"),
        }
    };
}
pub(super) use answer;
