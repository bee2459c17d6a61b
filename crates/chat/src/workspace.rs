//! The state of a workspace, folded from its log.
//!
//! [`Workspace::decide`] turns a request into events without changing the state;
//! [`Workspace::evolve`] applies an event without checking it. The state holds no message text:
//! [`crate::state::Message`] has the position of the text in the log.

mod access;
mod channels;
mod chats;
mod cold;
mod contacts;
mod deliveries;
mod evolve;
mod inbound;
mod index;
mod lanes;
mod live_chats;
mod messages;
mod persist;
mod prepare;
mod requests;
mod returns;
mod sessions;
mod tokens;
mod users;
mod views;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::chance::Chance;
use crate::command::{Command, Decision, Origin, Request, SystemCommand};
use crate::digest::Digest;
use crate::id::{ChannelId, CommandId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::reason::Reason;
use crate::record::Answer;
use crate::rejection::Rejection;
use crate::rules::Rules;
use crate::seal::{Indexed, SealKey};
use crate::state::{
    Channel, Chat, ChatKey, Contact, Delivery, LiveChat, Message, MessagePlace, Notice, Parked,
    Session, User,
};
use crate::table::Table;
use crate::time::Timestamp;

pub use access::Caller;
pub use lanes::Wait;
pub use persist::{BadRows, ROWS_VERSION};
use requests::RequestIndex;
pub use views::{Cursor, View};

/// A digest as a key, which is stored as bytes.
type DigestKey = serde_bytes::ByteArray<16>;

/// The state that decisions and lists read. Rows that nothing is going on with are not in memory: see
/// [`crate::table`].
#[derive(Clone, Debug, PartialEq)]
pub struct Workspace {
    /// The key of the digests by which private texts are found: see [`Indexed`].
    index_key: SealKey,
    /// The position of the last applied event.
    pub position: u64,
    /// Users, by login.
    pub users: Table<UserId, User>,
    /// Live chats.
    pub live_chats: Table<LiveChatId, LiveChat>,
    /// Connected messenger accounts.
    pub channels: Table<ChannelId, Channel>,
    /// Contacts.
    pub contacts: Table<ContactId, Contact>,
    /// Chats.
    pub chats: Table<ChatKey, Chat>,
    /// Sessions.
    pub sessions: Table<SessionId, Session>,
    /// The newest contact of each person of a messenger who is not forgotten, by the digest of the
    /// messenger's id of the person.
    contact_ids: Table<DigestKey, ContactId>,
    /// The sessions of each chat, by the position at which they were opened.
    chat_sessions: Table<(ChannelId, DigestKey, u64), SessionId>,
    /// Closed sessions, in the order of their list.
    closed: Table<(LiveChatId, Timestamp, SessionId), ()>,
    /// Messages, those of a session together and in the order of the log.
    pub(crate) messages: Table<MessagePlace, Message>,
    /// Where each message is, by its id.
    message_ids: Table<MessageId, MessagePlace>,
    /// Where each inbound message is, by the digest of the messenger's id of it.
    external_ids: Table<DigestKey, MessagePlace>,
    /// Messages whose delivery failed or expired.
    failed: Table<(ChannelId, MessageId), MessagePlace>,
    /// Deliveries that are queued or being sent.
    pub deliveries: Table<MessageId, Delivery>,
    /// Notices not yet settled.
    pub notices: Table<(ChannelId, u64), Notice>,
    /// Edits that arrived before their message.
    parked: Table<(ChannelId, Digest), Parked>,
    /// The digest and answer of each applied command.
    commands: Table<(UserId, CommandId), (Digest, Answer)>,
    /// When each signed request was accepted, and the digest of its content.
    requests: Table<(ChannelId, Digest), (Timestamp, Digest)>,
    /// The positions of administrative events.
    pub audit: Table<u64, ()>,
    /// The number of keys in use.
    pub keys: Table<(), u32>,
    /// The keys of contacts, and who needs them: nobody any more those of forgotten ones.
    key_uses: Table<u32, Option<ContactId>>,
    /// The position of the last event on each live chat's feed.
    feed_heads: Table<LiveChatId, u64>,
    /// Indexes derived from the rows above.
    index: Index,
}

/// Indexes over the rows, rebuilt from them on load.
#[derive(Clone, Debug, Default, PartialEq)]
struct Index {
    /// The lists of open sessions.
    views: BTreeMap<View, BTreeSet<(Timestamp, SessionId)>>,
    mine: BTreeMap<UserId, BTreeSet<SessionId>>,
    /// The first message of each lane, by due time.
    ready: BTreeMap<ChannelId, BTreeSet<(Timestamp, MessageId)>>,
    expiry: BTreeSet<(Timestamp, MessageId)>,
    requests: RequestIndex,
    /// The number of notices of each channel, without zeros.
    notices: BTreeMap<ChannelId, usize>,
}

/// The inputs of a decision besides the state and the request.
pub struct Context<'a> {
    /// The current time.
    pub now: Timestamp,
    /// Randomness for ids and jitter.
    pub chance: &'a mut Chance,
    /// The settings that rules depend on.
    pub rules: &'a Rules,
}

impl Workspace {
    /// The workspace of an empty log. `index_key` is [`SealKey::index_key`] of the master key.
    pub fn new(index_key: SealKey) -> Self {
        Self {
            index_key,
            position: 0,
            users: Table::default(),
            live_chats: Table::default(),
            channels: Table::default(),
            // A contact whose profile is requested is changed by whatever settles the request.
            contacts: Table::with_cold(|contact| contact.asking),
            chats: Table::with_filter(Chat::is_active),
            sessions: Table::with_cold(Session::is_active),
            contact_ids: Table::with_filter(|_| false),
            chat_sessions: Table::with_cold(|_| false),
            closed: Table::with_cold(|()| false),
            messages: Table::with_cold(Message::is_pending),
            message_ids: Table::with_cold(|_| false),
            external_ids: Table::with_filter(|_| false),
            failed: Table::with_filter(|_| false),
            deliveries: Table::default(),
            notices: Table::default(),
            parked: Table::default(),
            commands: Table::with_filter(|_| false),
            requests: Table::default(),
            audit: Table::default(),
            keys: Table::default(),
            key_uses: Table::with_cold(|_| false),
            feed_heads: Table::default(),
            index: Index::default(),
        }
    }

    /// The digest by which a private text is found in a scope.
    fn digest(&self, scope: &[u8; 16], text: &str) -> Digest {
        Indexed::digest_of(&self.index_key, scope, text)
    }

    /// Decides a request: returns the events to record, the effects to carry out and the reply. A
    /// rejected request changes nothing.
    pub fn decide(
        &self,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        match &request.origin {
            Origin::User(user, command) => {
                let caller = self.caller(user)?;
                if let Some(answer) = self.answered(&caller, request)? {
                    return Ok(Decision::unchanged(answer));
                }
                self.decide_command(&caller, command, context)
            }
            Origin::Messenger(channel, inbound) => {
                self.decide_messenger(*channel, inbound, request, context)
            }
            Origin::System(command) => self.decide_system(command, context),
        }
    }

    /// Returns the stored answer to a command that was applied before, if the caller may still see
    /// its object.
    fn answered(
        &self,
        caller: &Caller<'_>,
        request: &Request,
    ) -> Result<Option<Answer>, Rejection> {
        let Some(command) = request.command_id else {
            return Ok(None);
        };
        let Some((digest, answer)) = self.commands.get(&(caller.id.clone(), command)) else {
            return Ok(None);
        };
        if *digest != request.digest {
            let command = command.to_string();
            return Err(Reason::CommandReused { command }.into());
        }
        if let Answer::Session(id) = answer {
            self.visible_session(caller, *id)?;
        } else if let Answer::Message(id, _) = answer {
            self.visible_message(caller, *id)?;
        }
        Ok(Some(*answer))
    }

    fn decide_command(
        &self,
        caller: &Caller<'_>,
        command: &Command,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        match command {
            Command::LiveChat(command) => self.decide_live_chat(caller, command, context),
            Command::User(command) => self.decide_user(caller, command),
            Command::Channel(command) => self.decide_channel(caller, command, context),
            Command::Session(command) => self.decide_session(caller, command, context),
            Command::Message(command) => self.decide_message(caller, command, context),
            Command::Forget(contact) => self.decide_forget(caller, *contact),
            Command::Replay(replay) => self.decide_replay(caller, replay, context),
        }
    }

    fn decide_system(
        &self,
        command: &SystemCommand,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        Ok(match command {
            SystemCommand::FirstAdministrator(user) => self.decide_first_administrator(user),
            SystemCommand::ResetPassword(user, hash) => self.decide_reset_password(user, hash)?,
            SystemCommand::TokenUsed(user, token) => {
                self.decide_token_used(user, *token, context.now)
            }
            SystemCommand::Verified(verified) => self.decide_verified(verified, context.now)?,
            SystemCommand::Profile(contact, profile) => {
                self.decide_profile(*contact, profile.as_ref())?
            }
            SystemCommand::ReturnSessions(user) => self.decide_return(user),
            SystemCommand::KeysLost(contact) => self.forget(*contact)?,
            SystemCommand::Attempting(message) => self.decide_attempting(*message)?,
            SystemCommand::Attempted(attempted) => self.decide_attempted(attempted, context),
            SystemCommand::Expire(message) => self.decide_expire(*message, context.now),
            SystemCommand::NoticesSettled(channel, notices) => {
                self.decide_notices_settled(*channel, notices)
            }
            SystemCommand::NoticeAnswered(channel) => {
                let probe = self.probe(*channel, context.now);
                Decision::new(Vec::from_iter(probe), Answer::Done)
            }
            SystemCommand::Resume(channel) => self.decide_resume(*channel, context.now),
            SystemCommand::ShiftSchedule(channel, by_ms) => self.decide_shift(*channel, *by_ms),
            SystemCommand::MessagesRefused(channel, count) => {
                self.decide_messages_refused(*channel, *count)
            }
            SystemCommand::CodeUsed(channel, used) => self.decide_code_used(*channel, *used),
            SystemCommand::NoticeRefused(channel, notice, reason) => {
                self.decide_notice_refused(*channel, *notice, reason, context.now)
            }
        })
    }

    /// Returns the number of the next key. Numbers are never reused.
    pub fn next_key(&self) -> u32 {
        self.keys.get(&()).copied().unwrap_or(0)
    }
}
