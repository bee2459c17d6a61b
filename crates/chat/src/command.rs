//! Requests to a workspace and the decisions on them.

mod administration;
mod decision;
mod desk;
mod system;

use crate::seal::SealKey;
use sha2::{Digest as _, Sha256};

use crate::codec;
use crate::digest::{self, Digest};
use crate::event::RequestAccepted;
use crate::id::{ChannelId, CommandId, ContactId, UserId};
use crate::messenger::Inbound;
use crate::record::Actor;

pub use administration::{
    ChannelCommand, Connect, LiveChatCommand, NewToken, NewUser, Update, UserCommand,
};
pub use decision::{Decision, Effect, NewEvent, Reply};
pub use desk::{MessageCommand, Person, Replay, SessionCommand};
pub use system::{Attempted, SystemCommand, Verification};

/// A request to a workspace.
#[derive(Clone, Debug)]
pub struct Request {
    /// The sender and what it sends. NATS or ingress has authenticated the sender.
    pub origin: Origin,
    /// The caller's id of the command, which makes a repetition harmless.
    pub command_id: Option<CommandId>,
    /// A digest of the content, which tells a repetition from other content under the same id. It is
    /// stored, so the shell keys it ([`SealKey::tag`](crate::seal::SealKey::tag)): a bare hash of a
    /// short text could be guessed after the person was forgotten.
    pub digest: Digest,
    /// The digest that earlier versions stored for the same content.
    pub former_digest: Digest,
    /// The `webhook-id` of a messenger's signed request that is to have one effect.
    pub signed: Option<RequestAccepted>,
    /// Whether an edit changes its message: the edit that this is, or the one that waits for the message
    /// that this is. The shell compares it with the text, which the state does not have.
    pub edit_has_effect: bool,
}

/// The sender of a request, with what that sender may send.
#[derive(Clone, Debug)]
pub enum Origin {
    /// A user sends a command.
    User(UserId, Command),
    /// A messenger sends an inbound request on its channel.
    Messenger(ChannelId, Inbound),
    /// Switchboard reports a result or a due time.
    System(SystemCommand),
}

impl Request {
    /// Returns the digest of a request's bytes.
    pub fn digest_of(bytes: &[u8]) -> Digest {
        digest::truncate(Sha256::digest(bytes))
    }

    /// A request without a command id.
    const fn new(origin: Origin, digest: Digest) -> Self {
        Self {
            origin,
            command_id: None,
            digest,
            former_digest: digest,
            signed: None,
            edit_has_effect: true,
        }
    }

    /// A command of a user.
    pub const fn user(user: UserId, command: Command, digest: Digest) -> Self {
        Self::new(Origin::User(user, command), digest)
    }

    /// A report of the system.
    pub const fn system(command: SystemCommand) -> Self {
        Self::new(Origin::System(command), [0; 16])
    }

    /// An inbound request of a messenger.
    pub fn inbound(channel: ChannelId, inbound: Inbound) -> Self {
        let (digest, former_digest) = if let Inbound::Message(message) = &inbound {
            let digest = message.digest();
            (digest, message.former_digest().unwrap_or(digest))
        } else {
            ([0; 16], [0; 16])
        };
        Self {
            former_digest,
            ..Self::new(Origin::Messenger(channel, inbound), digest)
        }
    }

    /// Sets the command id.
    #[must_use]
    pub fn with_id(mut self, id: Option<CommandId>) -> Self {
        self.command_id = id;
        self
    }

    /// Sets the `webhook-id` that the signature of a messenger's request covers. Messages have one effect by
    /// their own ids; questions and notifications of typing may be repeated.
    #[must_use]
    pub fn signed(mut self, webhook_id: &str) -> Self {
        let Origin::Messenger(_, inbound) = &self.origin else {
            return self;
        };
        self.signed = match inbound {
            Inbound::Edited { .. }
            | Inbound::Deleted { .. }
            | Inbound::Status { .. }
            | Inbound::Disconnect => Some(RequestAccepted {
                webhook_id: Self::digest_of(webhook_id.as_bytes()),
                digest: Self::digest_of(&codec::encode(inbound)),
            }),
            Inbound::Message(_) | Inbound::UserInfo { .. } | Inbound::Typing { .. } => None,
        };
        self
    }

    /// Replaces the digests by their keyed form.
    #[must_use]
    pub fn keyed(mut self, key: &SealKey) -> Self {
        let has_former = self.former_digest != self.digest;
        self.digest = key.tag(&[&self.digest]);
        self.former_digest = if has_former {
            key.tag(&[&self.former_digest])
        } else {
            self.digest
        };
        self.signed = self.signed.map(|signed| RequestAccepted {
            webhook_id: key.tag(&[&signed.webhook_id]),
            digest: key.tag(&[&signed.digest]),
        });
        self
    }

    /// Returns the author of the events that follow from the request.
    pub fn by(&self) -> Actor {
        match &self.origin {
            Origin::User(user, _) => Actor::User(user.clone()),
            Origin::Messenger(..) => Actor::Messenger,
            Origin::System(_) => Actor::System,
        }
    }
}

/// A command of a user.
#[derive(Clone, Debug)]
pub enum Command {
    /// Changes a live chat.
    LiveChat(LiveChatCommand),
    /// Changes a user.
    User(UserCommand),
    /// Changes a channel.
    Channel(ChannelCommand),
    /// Takes, transfers, closes or starts a session.
    Session(SessionCommand),
    /// Sends, reads or retries a message.
    Message(MessageCommand),
    /// Erases a contact's personal data.
    Forget(ContactId),
    /// Queues failed deliveries again.
    Replay(Replay),
}
