//! What a request of the console API means (console-api section 2): from a method's name and its
//! JSON to a [`Call`]. Pure: nothing here knows the state, so nothing here says who may do what.
//!
//! A member of the wrong kind is refused with its JSON pointer; an unknown member is ignored, and
//! `null` is the same as nothing.

mod args;
mod channels;
mod digest;
mod live_chats;
mod queries;
pub(crate) mod reply;
#[cfg(test)]
mod tests;
mod users;
mod work;

use chat::command::{Command, NewUser, UserCommand};
use chat::id::{CommandId, SessionId, UserId};
use chat::rejection::{Code, Rejection};
use chat::secret::Secret;
use chat::time::Timestamp;

use args::Args;
pub(crate) use queries::{
    Audit, Contacts, Deliveries, EventsAfter, History, HistoryOf, Page, Query, Sessions, ViewName,
};

/// Every method there is, in the order of the specification.
#[rustfmt::skip]
pub(crate) const METHODS: &[&str] = &[
    "me",
    "live-chats.list", "live-chats.create", "live-chats.rename", "live-chats.delete",
    "live-chats.members",
    "channels.list", "channels.get", "channels.connect", "channels.disconnect",
    "channels.reconnect", "channels.rename", "channels.delete", "channels.update",
    "channels.rotate", "channels.test",
    "users.list", "users.create", "users.update", "users.disable", "users.token",
    "sessions.list", "sessions.get", "sessions.history", "sessions.take", "sessions.transfer",
    "sessions.close", "sessions.create",
    "messages.send", "messages.note", "messages.read", "messages.retry",
    "typing", "viewing",
    "replies.list", "replies.create", "replies.update", "replies.delete",
    "audit.list",
    "deliveries.list", "deliveries.replay",
    "contacts.list", "contacts.get", "contacts.forget",
    "events.after",
];

/// What a request means.
#[derive(Debug)]
pub(crate) enum Call {
    /// Something changes.
    Command {
        /// What.
        command: Command,
        /// The caller's id of it.
        command_id: Option<CommandId>,
        /// What tells a repetition from a reused id.
        digest: [u8; 16],
    },
    /// Something changes, once a password is hashed: slow, and not for the loop.
    NeedsHash(NeedsHash),
    /// A token is to be made, and shown once.
    Token {
        /// Whose.
        user: UserId,
        /// The caller's id of it.
        command_id: Option<CommandId>,
        /// What tells a repetition from a reused id.
        digest: [u8; 16],
    },
    /// Something is to be shown.
    Query(Query),
    /// Something is told to colleagues and not stored.
    Signal(Signal),
}

/// A command on a user that lacks the hash of a password.
#[derive(Debug)]
pub(crate) struct NeedsHash {
    password: Secret,
    /// The same command with an empty hash.
    command: UserCommand,
    command_id: Option<CommandId>,
    digest: [u8; 16],
}

impl NeedsHash {
    /// What is to be hashed; its length is checked.
    pub(crate) const fn password(&self) -> &Secret {
        &self.password
    }

    /// The command with the hash in its place.
    pub(crate) fn finish(self, hash: Secret) -> Call {
        let command = match self.command {
            UserCommand::Create(user) => UserCommand::Create(NewUser {
                password_hash: hash,
                ..user
            }),
            UserCommand::Update {
                user, name, groups, ..
            } => UserCommand::Update {
                user,
                name,
                groups,
                password_hash: Some(hash),
            },
            other @ (UserCommand::Disable { .. } | UserCommand::Token { .. }) => other,
        };
        Call::Command {
            command: Command::User(command),
            command_id: self.command_id,
            digest: self.digest,
        }
    }
}

/// What colleagues see of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    /// Where.
    pub(crate) session: SessionId,
    /// What somebody does.
    pub(crate) kind: SignalKind,
    /// Whether it is over.
    pub(crate) ended: bool,
}

/// What somebody does in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignalKind {
    /// Writes.
    Typing,
    /// Looks.
    Viewing,
}

/// What a request means. The user is who asks, and the time is now: what a member may leave to them.
pub(crate) fn parse(
    user: &UserId,
    method: &str,
    payload: &[u8],
    now: Timestamp,
) -> Result<Call, Rejection> {
    if !METHODS.contains(&method) {
        let shown: String = method.chars().take(64).collect();
        return Err(unknown(&shown));
    }
    let args = Args::read(payload)?;
    match method {
        "typing" => return signal(SignalKind::Typing, &args),
        "viewing" => return signal(SignalKind::Viewing, &args),
        _ => {}
    }
    if let Some(query) = queries::read(method, &args)? {
        return Ok(Call::Query(query));
    }
    let command_id = args.id("commandId")?;
    let digest = digest::of(method, &args);
    let command = match method.split_once('.') {
        Some(("users", verb)) => return users::read(user, verb, &args, command_id, digest),
        Some(("channels", verb)) => channels::read(verb, &args)?,
        Some(("live-chats" | "replies", _)) => live_chats::read(method, &args)?,
        _ => work::read(method, &args, now)?,
    };
    command.map_or_else(
        || Err(unknown(method)),
        |command| {
            Ok(Call::Command {
                command,
                command_id,
                digest,
            })
        },
    )
}

fn signal(kind: SignalKind, args: &Args) -> Result<Call, Rejection> {
    Ok(Call::Signal(Signal {
        session: args.need_id("session")?,
        kind,
        ended: args.flag("ended")?.unwrap_or(false),
    }))
}

fn unknown(method: &str) -> Rejection {
    Rejection::new(Code::NotFound, format!("there is no method {method:?}")).with("method", method)
}
