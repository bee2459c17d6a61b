//! Every NATS subject, written in this file and nowhere else.
//!
//! | subject | what | from -> to |
//! | --- | --- | --- |
//! | `sb.<ws>.api.<user>.<method>` | request, JSON | console -> session-router |
//! | `sb.<ws>.feed.<liveChat>.<session>.<event>` | publish, `CloudEvents` JSON | session-router -> consoles |
//! | `sb.<ws>.audit.<stream>.<event>` | publish, `CloudEvents` JSON | session-router -> administrators |
//! | `sb.<ws>.role.router.<question>` | request, `MessagePack` | ingress, console -> session-router |
//! | `sb.<ws>.role.egress.attempt` | request, `MessagePack`, queue group | session-router -> egress |
//! | `sb.<ws>.role.rights.<user>` | publish, empty | session-router -> console: rights changed |
//! | `_INBOX.<user>.>` | replies | NATS -> that user |
//! | `$SYS.REQ.USER.AUTH` | auth callout | NATS -> console |

use std::str::FromStr;

use crate::id::{LiveChatId, SessionId, UserId};

/// Where NATS asks who may connect (auth callout, NATS ADR-26).
pub const AUTH_CALLOUT: &str = "$SYS.REQ.USER.AUTH";
/// Which connections there are (needs the system account).
pub const SERVER_CONNECTIONS: &str = "$SYS.REQ.SERVER.PING.CONNZ";
/// How a server is, and which others it is connected to (needs the system account).
pub const SERVER_STATE: &str = "$SYS.REQ.SERVER.PING.VARZ";
/// The longest method name, in bytes.
const METHOD_BYTES_MAX: usize = 64;

/// Asks one NATS server to end a connection (needs the system account).
pub fn server_kick(server: &str) -> String {
    format!("$SYS.REQ.SERVER.{server}.KICK")
}

/// The name of a workspace: one subject token, `[a-z0-9_-]{1,32}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subjects(UserId);

impl FromStr for Subjects {
    type Err = crate::id::BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // The same alphabet and bound as a login's, for the same reason: it is one token.
        text.parse().map(Self)
    }
}

/// What a role asks the session-router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// [`crate::rpc::AccessRequest`]: who may speak for a channel.
    Access,
    /// A list of [`crate::rpc::InboundRequest`]: messengers said something.
    Inbound,
    /// [`crate::rpc::HealthRequest`]: how a channel is.
    Health,
    /// [`crate::rpc::LoginRequest`]: what a user may do, and the hash to check a password against.
    Login,
    /// [`crate::rpc::Audience`]: whether anybody is connected who could listen. No answer.
    Audience,
}

impl Question {
    /// All of them, for whoever answers.
    pub const ALL: [Self; 5] = [
        Self::Access,
        Self::Inbound,
        Self::Health,
        Self::Login,
        Self::Audience,
    ];

    /// Which question a subject of [`Subjects::all_questions`] is.
    pub fn of(subject: &str) -> Option<Self> {
        let name = subject.rsplit('.').next()?;
        Self::ALL
            .into_iter()
            .find(|question| question.name() == name)
    }

    /// The question's subject token.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Access => "access",
            Self::Inbound => "inbound",
            Self::Health => "health",
            Self::Login => "login",
            Self::Audience => "audience",
        }
    }
}

impl Subjects {
    /// The workspace's name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Where a role asks the session-router something.
    pub fn router(&self, question: Question) -> String {
        format!("sb.{}.role.router.{}", self.as_str(), question.name())
    }

    /// Everything that roles ask the session-router.
    pub fn all_questions(&self) -> String {
        format!("sb.{}.role.router.*", self.as_str())
    }

    /// Where the session-router asks for one HTTP attempt.
    pub fn attempt(&self) -> String {
        format!("sb.{}.role.egress.attempt", self.as_str())
    }

    /// Where the session-router says that a user's rights changed.
    pub fn rights(&self, user: &UserId) -> String {
        format!("sb.{}.role.rights.{user}", self.as_str())
    }

    /// All of the users' rights changes.
    pub fn all_rights(&self) -> String {
        format!("sb.{}.role.rights.*", self.as_str())
    }

    /// The user that a [`rights`](Self::rights) subject names.
    pub fn rights_user(&self, subject: &str) -> Option<UserId> {
        subject
            .strip_prefix(&format!("sb.{}.role.rights.", self.as_str()))?
            .parse()
            .ok()
    }

    /// What only roles may use.
    pub fn all_roles(&self) -> String {
        format!("sb.{}.role.>", self.as_str())
    }

    /// Every request of every user: what the session-router subscribes to.
    pub fn all_api(&self) -> String {
        format!("sb.{}.api.>", self.as_str())
    }

    /// What one user may publish.
    pub fn api_of(&self, user: &UserId) -> String {
        format!("sb.{}.api.{user}.>", self.as_str())
    }

    /// One method, asked by one user.
    pub fn api(&self, user: &UserId, method: &str) -> String {
        format!("sb.{}.api.{user}.{method}", self.as_str())
    }

    /// Who asks which method: NATS has already checked that the user may use this subject.
    pub fn parse_api<'a>(&self, subject: &'a str) -> Option<(UserId, &'a str)> {
        let rest = subject
            .strip_prefix("sb.")?
            .strip_prefix(self.as_str())?
            .strip_prefix(".api.")?;
        let (user, method) = rest.split_once('.')?;
        (method.len() <= METHOD_BYTES_MAX).then_some((user.parse().ok()?, method))
    }

    /// One event of a session.
    pub fn feed(&self, live_chat: LiveChatId, session: SessionId, event: &str) -> String {
        format!("sb.{}.feed.{live_chat}.{session}.{event}", self.as_str())
    }

    /// One event of a live chat that concerns none of its sessions, such as a channel's status: the
    /// session's place holds the noun's name.
    pub fn feed_about(&self, live_chat: LiveChatId, noun: &str, event: &str) -> String {
        format!("sb.{}.feed.{live_chat}.{noun}.{event}", self.as_str())
    }

    /// Everything that happens in a live chat.
    pub fn feed_of(&self, live_chat: LiveChatId) -> String {
        format!("sb.{}.feed.{live_chat}.>", self.as_str())
    }

    /// Everything that happens in every live chat.
    pub fn all_feeds(&self) -> String {
        format!("sb.{}.feed.>", self.as_str())
    }

    /// One thing that an administrator did.
    pub fn audit(&self, stream: &str, event: &str) -> String {
        format!("sb.{}.audit.{stream}.{event}", self.as_str())
    }

    /// Everything that administrators do.
    pub fn all_audit(&self) -> String {
        format!("sb.{}.audit.>", self.as_str())
    }
}

/// The prefix of a user's inbox, which the client must be told to use.
pub fn inbox_prefix(user: &UserId) -> String {
    format!("_INBOX.{user}")
}

/// Every reply to one user: the only inbox that the user may subscribe to.
pub fn inbox_of(user: &UserId) -> String {
    format!("_INBOX.{user}.>")
}

/// Whether a reply may go there on behalf of a user. NATS does not check what a client names as its
/// reply subject, and whoever answers may publish anywhere: unchecked, a user could have an answer
/// published as an event of the feed or as another user's reply.
pub fn is_inbox_of(user: &UserId, reply: &str) -> bool {
    let rest = reply.strip_prefix(&inbox_prefix(user));
    rest.is_some_and(|rest| rest.len() > 1 && rest.starts_with('.') && !rest.contains(['*', '>']))
}

/// The prefix of the roles' inboxes. Upper case, so that it is no user's.
pub const ROLES_INBOX_PREFIX: &str = "_INBOX.ROLES";

#[cfg(test)]
mod tests;
