//! Desks.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::id::{ReplyId, UserId};
use crate::state::Head;
use crate::time::Timestamp;

/// A desk that operators staff.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LiveChat {
    /// Its name.
    pub name: String,
    /// Who staffs it.
    pub members: BTreeSet<UserId>,
    /// Its canned replies.
    pub replies: BTreeMap<ReplyId, CannedReply>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether it is gone.
    pub deleted: bool,
    /// The end of its stream.
    pub head: Head,
}

/// A text that operators use again and again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CannedReply {
    /// What an operator types to get it.
    pub shortcut: String,
    /// What it says.
    pub text: String,
}
