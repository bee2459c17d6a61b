//! What can be asked of a workspace, and what a decision consists of.

use std::time::Duration;

use crate::content::{Content, Profile};
use crate::event::Event;
use crate::id::{
    ChannelId, CommandId, ContactId, LiveChatId, MessageId, ReplyId, SessionId, UserId,
};
use crate::messenger::Inbound;
use crate::messenger::outbound::Dialect;
use crate::noun::Group;
use crate::record::{Actor, Answer, Stream};
use crate::role::{Accepted, AttemptReply, Security, UserCard};
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::verification::Purpose;

/// A command, and who asks.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who asks: NATS or ingress has made sure of it.
    pub by: Actor,
    /// The caller's id of it.
    pub command_id: Option<CommandId>,
    /// A digest of what is asked, to tell a repetition from a reused id.
    pub digest: [u8; 16],
    /// What is asked.
    pub command: Command,
}

impl Request {
    /// What Switchboard asks of itself.
    pub const fn inside(command: Command) -> Self {
        Self {
            by: Actor::System,
            command_id: None,
            digest: [0; 16],
            command,
        }
    }

    /// What a messenger says.
    pub const fn inbound(channel: ChannelId, inbound: Inbound) -> Self {
        let command = Command::Inbound(channel, inbound);
        Self {
            by: Actor::Messenger,
            command_id: None,
            digest: [0; 16],
            command,
        }
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
    /// A messenger answered a notice with 401 or 410, which concerns the channel.
    Judged(ChannelId, u16),
}

/// See [`Command::LiveChat`].
#[derive(Clone, Debug)]
pub enum LiveChatCommand {
    /// `live-chats.create`
    Create { name: String, members: Vec<UserId> },
    /// `live-chats.rename`
    Rename { live_chat: LiveChatId, name: String },
    /// `live-chats.delete`
    Delete { live_chat: LiveChatId, force: bool },
    /// `live-chats.members`
    Members {
        live_chat: LiveChatId,
        users: Vec<UserId>,
    },
    /// `replies.create`
    CreateReply {
        live_chat: LiveChatId,
        shortcut: String,
        text: String,
    },
    /// `replies.update`
    UpdateReply {
        live_chat: LiveChatId,
        reply: ReplyId,
        shortcut: Option<String>,
        text: Option<String>,
    },
    /// `replies.delete`
    DeleteReply {
        live_chat: LiveChatId,
        reply: ReplyId,
    },
}

/// A user to be made. The password was hashed outside: that takes too long for a decision.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The login.
    pub login: UserId,
    /// What people see.
    pub name: String,
    /// What the user may do.
    pub groups: Vec<Group>,
    /// The argon2id hash of the password.
    pub password_hash: Secret,
}

/// See [`Command::User`].
#[derive(Clone, Debug)]
pub enum UserCommand {
    /// `users.create`
    Create(NewUser),
    /// `users.update`
    Update {
        user: UserId,
        name: Option<String>,
        groups: Option<Vec<Group>>,
        password_hash: Option<Secret>,
    },
    /// `users.disable`
    Disable { user: UserId, disabled: bool },
    /// `users.token`
    Token { user: UserId, hash: Secret },
}

/// See [`Command::Channel`].
#[derive(Clone, Debug)]
pub enum ChannelCommand {
    /// `channels.connect`
    Connect(Connect),
    /// `channels.disconnect`
    Disconnect(ChannelId),
    /// `channels.reconnect`
    Reconnect(ChannelId),
    /// `channels.test`
    Test(ChannelId),
    /// `channels.rename`
    Rename { channel: ChannelId, name: String },
    /// `channels.delete`
    Delete(ChannelId),
    /// `channels.update`
    Update(Update),
    /// `channels.rotate`
    Rotate {
        channel: ChannelId,
        code: Secret,
        overlap: Duration,
    },
}

/// A channel to be made.
#[derive(Clone, Debug)]
pub struct Connect {
    /// The live chat that it will belong to.
    pub live_chat: LiveChatId,
    /// Its name.
    pub name: String,
    /// The messenger's webhook, as it was typed.
    pub webhook: String,
    /// The confirmation code; may be empty only when `security` is open.
    pub code: Secret,
    /// What proof is asked; `None` follows from the code.
    pub security: Option<Security>,
    /// Which members the messenger gets.
    pub dialect: Option<Dialect>,
    /// Whether operators may start sessions; `None` leaves it to the messenger.
    pub operator_initiated: Option<bool>,
}

/// A channel's settings to be changed; what is `None` stays.
#[derive(Clone, Debug)]
pub struct Update {
    /// Which.
    pub channel: ChannelId,
    /// A new webhook: verified before it is used.
    pub webhook: Option<String>,
    /// What proof is asked.
    pub security: Option<Security>,
    /// Which members the messenger gets.
    pub dialect: Option<Dialect>,
    /// Whether operators may start sessions, set by hand.
    pub operator_initiated: Option<bool>,
}

/// See [`Command::Session`].
#[derive(Clone, Debug)]
pub enum SessionCommand {
    /// `sessions.take`
    Take(SessionId),
    /// `sessions.transfer`; `None` is the queue.
    Transfer {
        session: SessionId,
        to: Option<UserId>,
        note: Option<String>,
    },
    /// `sessions.close`
    Close(SessionId),
    /// `sessions.create`
    Create {
        channel: ChannelId,
        person: Person,
        text: Option<String>,
    },
}

/// Whom an operator wants to write to.
#[derive(Clone, Debug)]
pub enum Person {
    /// Somebody who is known; the chat is the one of the person's last session.
    Contact(ContactId),
    /// Somebody by the messenger's ids.
    External { chat: String, user: String },
}

/// See [`Command::Message`].
#[derive(Clone, Debug)]
pub enum MessageCommand {
    /// `messages.send`
    Send {
        session: SessionId,
        content: Content,
        reply_to: Option<MessageId>,
    },
    /// `messages.note`
    Note { session: SessionId, text: String },
    /// `messages.read`
    Read {
        session: SessionId,
        up_to: MessageId,
    },
    /// `messages.retry`
    Retry(MessageId),
}

/// See [`Command::Replay`].
#[derive(Clone, Debug)]
pub enum Replay {
    /// One message.
    Message(MessageId),
    /// The failed and expired messages of a channel that were sent since a time.
    Since(ChannelId, Timestamp),
}

/// What came of asking a messenger to verify itself.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Which channel.
    pub channel: ChannelId,
    /// Why it was asked.
    pub purpose: Purpose,
    /// What it proved, or why it failed in words.
    pub result: Result<crate::verification::Proof, String>,
}

/// What came of trying a message.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// Which message.
    pub message: MessageId,
    /// What became of it.
    pub reply: AttemptReply,
}

/// An event to be recorded, and where it belongs.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// Whose story it is.
    pub stream: Stream,
    /// The live chat whose feed has it.
    pub live_chat: Option<LiveChatId>,
    /// What happened.
    pub event: Event,
}

/// What is to be done besides recording. Everything that must survive a crash follows from events
/// instead; this is what somebody waits for now.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask a messenger to verify itself, at its webhook or at the one that the purpose names.
    Verify(ChannelId, Purpose),
    /// Destroy keys, once the events are durable.
    DestroyKeys(Vec<u32>),
    /// Tell the console role that a user's rights changed.
    Rights(UserId),
    /// Tell colleagues, and a messenger that can show it, that somebody is writing. Not stored.
    Typing(ChannelId, String, String),
}

/// What to tell whoever asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// What an API call names.
    Answer(Answer),
    /// Where an inbound message ended up.
    Accepted(Accepted),
    /// Who an operator is.
    User(UserCard),
}

/// What a command means.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What happened, in order.
    pub events: Vec<NewEvent>,
    /// What to do now.
    pub effects: Vec<Effect>,
    /// What to tell whoever asked.
    pub reply: Reply,
}

impl Decision {
    /// Nothing happened, and this is the answer.
    pub const fn repeated(answer: Answer) -> Self {
        Self {
            events: Vec::new(),
            effects: Vec::new(),
            reply: Reply::Answer(answer),
        }
    }

    /// Nothing at all.
    pub const fn nothing() -> Self {
        Self::repeated(Answer::Done)
    }

    /// These events, and this answer.
    pub const fn of(events: Vec<NewEvent>, answer: Answer) -> Self {
        Self {
            events,
            effects: Vec::new(),
            reply: Reply::Answer(answer),
        }
    }

    /// The same with one more effect.
    #[must_use]
    pub fn then(mut self, effect: Effect) -> Self {
        self.effects.push(effect);
        self
    }
}
