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

use crate::book::Book;
use crate::chance::Chance;
use crate::command::{Command, Decision, Request};
use crate::digest::{self, Digest};
use crate::id::{ChannelId, CommandId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::reason::Reason;
use crate::record::{Actor, Answer};
use crate::rejection::{Code, Rejection};
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
    pub book: Book,
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
    /// What a request means: events to record, effects to carry out, and the answer; or why not.
    /// A refused one changes nothing.
    pub fn decide(
        &self,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        match &request.by {
            Actor::User(user) => {
                let caller = self.caller(user)?;
                if let Some(answer) = self.answered(&caller, request)? {
                    return Ok(Decision::repeated(answer));
                }
                self.decide_for(&caller, &request.command, context)
            }
            Actor::Messenger | Actor::System => self.decide_system(request, context),
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

    /// What a user asks for.
    fn decide_for(
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
            Command::Inbound(..)
            | Command::FirstAdministrator(_)
            | Command::Verified(_)
            | Command::Profile(..)
            | Command::Attempting(_)
            | Command::Attempted(_)
            | Command::Expire(_)
            | Command::Settled(..)
            | Command::Refused(..)
            | Command::Judged(..) => Err(misdirected()),
        }
    }

    /// What a messenger says, and what Switchboard does by itself.
    fn decide_system(
        &self,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        match &request.command {
            Command::Inbound(channel, inbound) => {
                self.decide_inbound((*channel, request.digest), inbound, context)
            }
            Command::FirstAdministrator(user) => Ok(self.decide_first_administrator(user)),
            Command::Verified(verified) => self.decide_verified(verified),
            Command::Profile(contact, profile) => self.decide_profile(*contact, profile.as_ref()),
            Command::Attempting(message) => self.decide_attempting(*message),
            Command::Attempted(attempted) => Ok(self.decide_attempted(attempted, context)),
            Command::Expire(message) => Ok(self.decide_expire(*message, context.now)),
            Command::Settled(channel, notices) => Ok(self.decide_settled(*channel, notices)),
            Command::Refused(channel, count) => Ok(self.decide_refused(*channel, *count)),
            Command::Judged(channel, generation, status) => {
                Ok(self.decide_judged(*channel, *generation, *status))
            }
            Command::LiveChat(_)
            | Command::User(_)
            | Command::Channel(_)
            | Command::Session(_)
            | Command::Message(_)
            | Command::Forget(_)
            | Command::Replay(_) => Err(misdirected()),
        }
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

/// Users cannot send system commands, nor the system users' commands. No caller does.
fn misdirected() -> Rejection {
    Rejection {
        code: Code::Forbidden,
        ..Reason::InternalError.into()
    }
}

/// The name of an external message id within its channel, of one length whatever the messenger uses.
pub(crate) fn external_digest(channel: ChannelId, external: &str) -> Digest {
    let mut hash = Sha256::new();
    hash.update(channel.as_bytes());
    hash.update(external.as_bytes());
    digest::cut(hash.finalize())
}
