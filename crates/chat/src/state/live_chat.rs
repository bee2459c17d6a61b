//! Live chats.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{ReplyId, UserId};
use crate::seal::{Indexed, Private};
use crate::state::Head;
use crate::time::Timestamp;

/// A desk that operators staff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChat {
    /// Its name.
    pub name: String,
    /// Its members.
    pub members: BTreeSet<UserId>,
    /// Its canned replies.
    pub replies: BTreeMap<ReplyId, CannedReply>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether it was deleted.
    pub deleted: bool,
    /// The end of its stream.
    pub head: Head,
}

/// A reusable text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CannedReply {
    /// The text that an operator types to insert it, sealed under the master key.
    pub shortcut: Indexed,
    /// Its text, sealed under the master key.
    pub text: Private<String>,
}
