//! What comes back to the loop from work that was done beside it.

use bus::Message;
use chat::id::{MessageId, UserId};
use chat::rejection::Rejection;
use chat::rpc::AttemptReply;

use crate::api::Call;
use crate::notices::Telling;
use crate::verify::Verify;
use crate::view::Scanned;

/// Something that was done beside the loop.
pub(crate) enum Done {
    /// A message was tried, in this generation of its channel.
    Attempted(MessageId, u32, AttemptReply),
    /// A messenger was told something.
    Told(Box<Telling>, AttemptReply),
    /// A messenger was told something that nobody waits for.
    Mentioned,
    /// A messenger was asked to verify itself.
    Verified(Box<Verify>, AttemptReply),
    /// A password was hashed; this is the call with its hash.
    Hashed(Message, UserId, Result<Box<Call>, Rejection>),
    /// The log was searched for what a console missed.
    Scanned(Message, UserId, Result<Scanned, Rejection>),
}
