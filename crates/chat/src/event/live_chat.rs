//! Events of live chats.

use serde::{Deserialize, Serialize};

use crate::id::{ReplyId, UserId};
use crate::seal::{Indexed, Private};

/// See [`crate::event::Event::LiveChatCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChatCreated {
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: Vec<UserId>,
}

/// See [`crate::event::Event::LiveChatRenamed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChatRenamed {
    /// Its new name.
    pub name: String,
}

/// See [`crate::event::Event::LiveChatDeleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChatDeleted {}

/// See [`crate::event::Event::MembersChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MembersChanged {
    /// All members after the change.
    pub members: Vec<UserId>,
}

/// See [`crate::event::Event::ReplySaved`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplySaved {
    /// The canned reply.
    pub reply: ReplyId,
    /// The text that an operator types to insert it, sealed under the master key.
    pub shortcut: Indexed,
    /// Its text, sealed under the master key.
    pub text: Private<String>,
}

/// See [`crate::event::Event::ReplyDeleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplyDeleted {
    /// The canned reply.
    pub reply: ReplyId,
}
