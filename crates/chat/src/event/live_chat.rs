//! What happens to live chats.

use serde::{Deserialize, Serialize};

use crate::id::{ReplyId, UserId};

/// See [`crate::event::Event::LiveChatCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChatCreated {
    /// Its name.
    pub name: String,
    /// Who staffs it.
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
    /// The whole new list.
    pub members: Vec<UserId>,
}

/// See [`crate::event::Event::ReplySaved`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplySaved {
    /// Which one.
    pub reply: ReplyId,
    /// What an operator types to get it.
    pub shortcut: String,
    /// What it says.
    pub text: String,
}

/// See [`crate::event::Event::ReplyDeleted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplyDeleted {
    /// Which one.
    pub reply: ReplyId,
}
