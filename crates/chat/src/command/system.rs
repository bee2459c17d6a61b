//! What Switchboard asks of itself: what came of trying things.

use crate::id::{ChannelId, MessageId};
use crate::reason::Reason;
use crate::rpc::AttemptReply;
use crate::verification::{Proof, Purpose};

/// What came of asking a messenger to verify itself.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Which channel.
    pub channel: ChannelId,
    /// The channel's [generation](crate::state::Channel::generation) when it was asked.
    pub generation: u32,
    /// Why it was asked.
    pub purpose: Purpose,
    /// What it proved, or why it failed.
    pub result: Result<Proof, Reason>,
}

/// What came of trying a message.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// Which message.
    pub message: MessageId,
    /// The channel's [generation](crate::state::Channel::generation) when it was.
    pub generation: u32,
    /// What became of it.
    pub reply: AttemptReply,
}
