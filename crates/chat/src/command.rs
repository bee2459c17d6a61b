//! What can be asked of a workspace, and what a decision consists of.

mod administration;
mod decision;
mod desk;
mod system;

use crate::seal::SealKey;
use sha2::{Digest as _, Sha256};

use crate::content::Profile;
use crate::digest::{self, Digest};
use crate::id::{ChannelId, CommandId, ContactId, MessageId};
use crate::messenger::Inbound;
use crate::record::Actor;

pub use administration::{ChannelCommand, Connect, LiveChatCommand, NewUser, Update, UserCommand};
pub use decision::{Decision, Effect, NewEvent, Reply};
pub use desk::{MessageCommand, Person, Replay, SessionCommand};
pub use system::{Attempted, Verification};

/// A command, and who asks.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks: NATS or ingress has made sure of it.
    pub by: Actor,
    /// The caller's id of it.
    pub command_id: Option<CommandId>,
    /// A digest of what is asked, to tell a repetition from other content under the same id. It is
    /// stored, so the shell keys it ([`SealKey::tag`](crate::seal::SealKey::tag)): a bare hash of a
    /// short text could be guessed after the person was forgotten.
    pub digest: Digest,
    /// What is asked.
    pub command: Command,
}

impl Request {
    /// The digest of what is asked, from its bytes.
    pub fn digest_of(bytes: &[u8]) -> Digest {
        digest::cut(Sha256::digest(bytes))
    }

    /// What Switchboard asks of itself.
    pub const fn system(command: Command) -> Self {
        Self {
            by: Actor::System,
            command_id: None,
            digest: [0; 16],
            command,
        }
    }

    /// What a messenger says.
    pub fn inbound(channel: ChannelId, inbound: Inbound) -> Self {
        let digest = match &inbound {
            Inbound::Message(message) => message.digest(),
            _ => [0; 16],
        };
        Self {
            by: Actor::Messenger,
            command_id: None,
            digest,
            command: Command::Inbound(channel, inbound),
        }
    }

    /// The same with its digest keyed.
    #[must_use]
    pub fn keyed(mut self, key: &SealKey) -> Self {
        self.digest = key.tag(&self.digest);
        self
    }
}

/// What can be asked.
#[derive(Clone, Debug)]
pub enum Command {
    /// A user changes a live chat.
    LiveChat(LiveChatCommand),
    /// A user changes a user.
    User(UserCommand),
    /// A user changes a channel.
    Channel(ChannelCommand),
    /// A user works on a session.
    Session(SessionCommand),
    /// A user writes, reads or retries.
    Message(MessageCommand),
    /// An administrator has a person forgotten.
    Forget(ContactId),
    /// An administrator has failed deliveries tried again.
    Replay(Replay),
    /// A messenger said something.
    Inbound(ChannelId, Inbound),
    /// The administrator that `switchboard init` made; only while there is no user.
    FirstAdministrator(NewUser),
    /// A messenger was asked to verify itself.
    Verified(Verification),
    /// A messenger was asked about a person, and said this or nothing.
    Profile(ContactId, Option<Profile>),
    /// A message is about to be tried.
    Attempting(MessageId),
    /// A message was tried.
    Attempted(Attempted),
    /// A message's time to live passed.
    Expire(MessageId),
    /// Notices reached their end.
    Settled(ChannelId, Vec<u64>),
    /// So many messages were refused while the channel was not active.
    Refused(ChannelId, u64),
    /// A messenger answered a notice with 401 or 410, which concerns the channel as it was when it
    /// was told: in this generation.
    Judged(ChannelId, u32, u16),
}
