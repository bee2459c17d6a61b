//! A workspace as it stands: the fold of its log.
//!
//! [`Workspace::decide`] says what a command means, and changes nothing; [`Workspace::evolve`] takes
//! in what happened, and decides nothing. Message texts are not here: they stay in the log, and
//! [`crate::state::Message`] says at which position.

mod access;
mod channels;
mod contacts;
mod deliveries;
mod evolve;
mod inbound;
mod index;
mod live_chats;
mod messages;
mod persist;
mod sessions;
mod users;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use crate::chance::Chance;
use crate::command::{Command, Decision, Origin, Request, SystemCommand};
use crate::digest::{self, Digest};
use crate::id::{ChannelId, CommandId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::message_table::MessageTable;
use crate::reason::Reason;
use crate::record::Answer;
use crate::rejection::Rejection;
use crate::rules::Rules;
use crate::state::{
    Channel, Chat, ChatKey, Contact, Delivery, LiveChat, Notice, Parked, Session, User,
};
use crate::table::{ByDigest, Table};
use crate::time::Timestamp;

pub use access::Caller;
pub use index::{Cursor, View};
pub use persist::{BadRows, ROWS_VERSION};

/// Everything that decisions and lists need to know, in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Workspace {
    /// The position of the last event that was folded in.
    pub position: u64,
    /// People with a login.
    pub users: Table<UserId, User>,
    /// Desks.
    pub live_chats: Table<LiveChatId, LiveChat>,
    /// Connected messenger accounts.
    pub channels: Table<ChannelId, Channel>,
    /// People of messengers.
    pub contacts: Table<ContactId, Contact>,
    /// Conversations.
    pub chats: Table<ChatKey, Chat>,
    /// Stretches of work.
    pub sessions: Table<SessionId, Session>,
    /// Messages.
    pub message_table: MessageTable,
    /// Deliveries that are not at their end.
    pub deliveries: Table<MessageId, Delivery>,
    /// What messengers are yet to be told.
    pub notices: Table<(ChannelId, u64), Notice>,
    /// Edits that wait for their message.
    parked: Table<(ChannelId, Digest), Parked>,
    /// Commands that had their effect.
    commands: Table<(UserId, CommandId), (Digest, Answer)>,
    /// The positions of what administrators did.
    pub audit: Table<u64, ()>,
    /// How many keys have been given out.
    pub keys: Table<(), u32>,
    /// The position of the last event on each live chat's feed.
    feed_heads: Table<LiveChatId, u64>,
    /// What can be derived from the rows above.
    index: Index,
}

/// What is found through the rows, and rebuilt from them.
#[derive(Clone, Debug, Default, PartialEq)]
struct Index {
    contact_of: ByDigest<ContactId>,
    views: BTreeMap<View, BTreeSet<(Timestamp, SessionId)>>,
    mine: BTreeMap<UserId, BTreeSet<SessionId>>,
    /// The first message of each lane, by when it is due.
    ready: BTreeMap<ChannelId, BTreeSet<(Timestamp, MessageId)>>,
    expiry: BTreeSet<(Timestamp, MessageId)>,
}

/// What a decision is made with, besides the state.
pub struct Context<'a> {
    /// The time.
    pub now: Timestamp,
    /// Chance, for ids and jitter.
    pub chance: &'a mut Chance,
    /// The settings that rules depend on.
    pub rules: &'a Rules,
}

impl Workspace {
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
                    return Ok(Decision::repeated(answer));
                }
                self.decide_command(&caller, command, context)
            }
            Origin::Messenger(channel, inbound) => {
                self.decide_inbound((*channel, request.digest), inbound, context)
            }
            Origin::System(command) => self.decide_system(command, context),
        }
    }

    /// The first answer to a command that had its effect already, as far as its caller may see it
    /// still.
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
        match answer {
            Answer::Session(id) => self.visible_session(caller, *id).map(drop)?,
            Answer::Message(id, _) => self.visible_message(caller, *id).map(drop)?,
            _ => {}
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
            SystemCommand::Verified(verified) => self.decide_verified(verified)?,
            SystemCommand::Profile(contact, profile) => {
                self.decide_profile(*contact, profile.as_ref())?
            }
            SystemCommand::Attempting(message) => self.decide_attempting(*message)?,
            SystemCommand::Attempted(attempted) => self.decide_attempted(attempted, context),
            SystemCommand::Expire(message) => self.decide_expire(*message, context.now),
            SystemCommand::NoticesSettled(channel, notices) => {
                self.decide_notices_settled(*channel, notices)
            }
            SystemCommand::MessagesRefused(channel, count) => {
                self.decide_messages_refused(*channel, *count)
            }
            SystemCommand::ChannelFault(channel, generation, status) => {
                self.decide_channel_fault(*channel, *generation, *status)
            }
        })
    }

    /// How many keys have been given out; the next one has this number.
    pub fn keys_given(&self) -> u32 {
        self.next_key()
    }

    /// The number of the next key: keys are given out in order and never twice.
    fn next_key(&self) -> u32 {
        self.keys.get(&()).copied().unwrap_or(0)
    }
}

/// The name of an external message id within its channel, of one length whatever the messenger uses.
pub(crate) fn external_digest(channel: ChannelId, external: &str) -> Digest {
    let mut hash = Sha256::new();
    hash.update(channel.as_bytes());
    hash.update(external.as_bytes());
    digest::cut(hash.finalize())
}
