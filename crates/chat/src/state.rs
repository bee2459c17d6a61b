//! The current state of each entity: the rows of a [`crate::workspace::Workspace`].

mod channel;
mod live_chat;
mod message;
mod session;
mod user;

use serde::{Deserialize, Serialize};

pub use channel::{Breaker, Channel, ChannelCode, Notice, NoticeKind, OldCode};
pub use live_chat::{CannedReply, LiveChat};
pub use message::{Delivery, Early, Message, MessageExtra, MessagePlace, Parked};
pub use session::{Authors, Chat, ChatKey, Contact, Session};
pub use user::{Token, User};

/// The end of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The version of the last event.
    pub version: u64,
    /// Its position.
    pub position: u64,
}
