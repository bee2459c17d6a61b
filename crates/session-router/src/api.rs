//! Parses requests of the console API (console-api section 2) by the table in [`chat::api`]: from a
//! method's name and its JSON to a [`Call`]. It does not know the state, so rights are checked elsewhere.

mod args;
mod channels;
mod digest;
mod live_chats;
mod messages;
mod queries;
pub(crate) mod reply;
mod sessions;
#[cfg(test)]
mod tests;
mod users;

use chat::api::Effect;
use chat::command::{Command, NewToken, NewUser, UserCommand};
use chat::id::{CommandId, SessionId, TokenId, UserId};
use chat::reason::Reason;
use chat::rejection::Rejection;
use chat::secret::Secret;
use chat::time::Timestamp;

use args::Args;
pub(crate) use queries::{
    Audit, Contacts, Deliveries, EventsAfter, History, HistoryOf, LogQuery, Page, Query, Sessions,
    ViewName,
};

/// A parsed request.
#[derive(Debug)]
pub(crate) enum Call {
    /// A change of the state.
    Command(Command, CommandKey),
    /// A change of a user whose password must be hashed first. That takes too long for the loop.
    NeedsHash(NeedsHash),
    /// An API token to draw and to issue.
    Token(IssueToken, CommandKey),
    /// A query.
    Query(Query),
    /// A query that reads the log first.
    LogQuery(LogQuery),
    /// A signal to colleagues, which is not stored.
    Signal(Signal),
}

/// What identifies a command when it is repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CommandKey {
    /// The caller's id of it.
    pub(crate) id: Option<CommandId>,
    /// The digest of the request: the same id with another digest is a reused id.
    pub(crate) digest: [u8; 16],
}

/// A command on a user that lacks the hash of a password.
#[derive(Debug)]
pub(crate) struct NeedsHash {
    password: Secret,
    /// The command with an empty hash.
    command: UserCommand,
    key: CommandKey,
}

impl NeedsHash {
    /// The password, whose length is checked.
    pub(crate) const fn password(&self) -> &Secret {
        &self.password
    }

    /// The complete command.
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
            other @ (UserCommand::Disable { .. }
            | UserCommand::Token(_)
            | UserCommand::RevokeTokens { .. }) => other,
        };
        Call::Command(Command::User(command), self.key)
    }
}

/// See [`Call::Token`].
#[derive(Debug)]
pub(crate) struct IssueToken {
    /// The user who may sign in with it.
    pub(crate) user: UserId,
    name: Option<String>,
}

impl IssueToken {
    /// The complete command.
    pub(crate) fn command(self, id: TokenId, hash: Secret) -> Command {
        let Self { user, name } = self;
        Command::User(UserCommand::Token(NewToken {
            user,
            id,
            name,
            hash,
        }))
    }
}

/// A signal to colleagues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Signal {
    pub(crate) session: SessionId,
    pub(crate) kind: SignalKind,
    /// Whether the user has stopped.
    pub(crate) ended: bool,
}

/// What somebody does in a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignalKind {
    /// Writes a message.
    Typing,
    /// Looks at the session.
    Viewing,
}

/// Parses a request of `user`. Some parameters default to the user or are relative to `now`.
pub(crate) fn parse(
    user: &UserId,
    name: &str,
    payload: &[u8],
    now: Timestamp,
) -> Result<Call, Rejection> {
    let method = chat::api::method(name).ok_or_else(|| unknown(name))?;
    call(user, &Args::read(method, payload)?, now)
}

fn call(user: &UserId, args: &Args, now: Timestamp) -> Result<Call, Rejection> {
    let name = args.method().name;
    let call = match args.method().effect {
        Effect::Read => queries::read(name, args)?,
        Effect::Signal => signal(name, args)?.map(Call::Signal),
        Effect::Change => {
            let key = CommandKey {
                id: args.id("commandId")?,
                digest: digest::of(name, args),
            };
            let command = match name.split_once('.') {
                Some(("users", verb)) => return users::read(user, verb, args, key),
                Some(("channels", verb)) => channels::read(verb, args)?,
                Some(("live-chats" | "replies", _)) => live_chats::read(name, args)?,
                Some(("sessions" | "contacts", _)) => sessions::read(name, args)?,
                _ => messages::read(name, args, now)?,
            };
            command.map(|command| Call::Command(command, key))
        }
    };
    call.ok_or_else(|| unknown(name))
}

fn signal(name: &str, args: &Args) -> Result<Option<Signal>, Rejection> {
    let kind = match name {
        "typing" => SignalKind::Typing,
        "viewing" => SignalKind::Viewing,
        _ => return Ok(None),
    };
    Ok(Some(Signal {
        session: args.required_id("session")?,
        kind,
        ended: args.flag("ended")?.unwrap_or(false),
    }))
}

fn unknown(method: &str) -> Rejection {
    let shown: String = method.chars().take(64).collect();
    let method = shown.clone();
    Rejection::from(Reason::NoSuchMethod { method }).with("method", shown)
}
