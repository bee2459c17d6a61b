//! The NATS subjects. No other file spells one out.
//!
//! | subject | what | from -> to |
//! | --- | --- | --- |
//! | `sb.<ws>.api.<user>.<method>` | request, JSON | console -> session-router |
//! | `sb.<ws>.feed.<liveChat>.<session>.<event>` | publish, `CloudEvents` JSON | session-router -> consoles |
//! | `sb.<ws>.audit.<stream>.<event>` | publish, `CloudEvents` JSON | session-router -> administrators |
//! | `sb.<ws>.role.router.<question>` | request, `MessagePack` | ingress, console -> session-router |
//! | `sb.<ws>.role.egress.attempt` | request, `MessagePack`, queue group | session-router -> egress |
//! | `sb.<ws>.role.session-router.lease` | publish, `MessagePack` | session-routers among each other |
//! | `sb.<ws>.role.rights.<user>` | publish, empty | session-router -> console: rights changed |
//! | `_INBOX.<user>.>` | replies | NATS -> that user |
//! | `$SYS.REQ.USER.AUTH` | auth callout | NATS -> console |

use std::str::FromStr;

use crate::id::{LiveChatId, SessionId, UserId};

/// The subject of NATS auth callouts (NATS ADR-26).
pub const AUTH_CALLOUT: &str = "$SYS.REQ.USER.AUTH";
/// Requests the servers' connections (needs the system account).
pub const SERVER_CONNECTIONS: &str = "$SYS.REQ.SERVER.PING.CONNZ";
/// Requests the servers' state and routes (needs the system account).
pub const SERVER_STATE: &str = "$SYS.REQ.SERVER.PING.VARZ";
/// The longest method name, in bytes.
const METHOD_BYTES_MAX: usize = 64;

/// Asks one NATS server to end a connection (needs the system account).
pub fn server_kick(server: &str) -> String {
    format!("$SYS.REQ.SERVER.{server}.KICK")
}

/// The subjects of a workspace, whose name is one subject token: `[a-z0-9_-]{1,32}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subjects(UserId);

impl FromStr for Subjects {
    type Err = crate::id::BadId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A login has the same alphabet and bound because it is one token too.
        text.parse().map(Self)
    }
}

/// A request of a role to the session router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// [`crate::rpc::AccessRequest`]: the codes and security of a channel.
    Access,
    /// A list of [`crate::rpc::InboundRequest`]: requests of messengers.
    Inbound,
    /// [`crate::rpc::HealthRequest`]: the health of a channel.
    Health,
    /// [`crate::rpc::LoginRequest`]: a user's rights and password hash.
    Login,
    /// [`crate::rpc::Audience`]: whether the feed has subscribers. It has no response.
    Audience,
    /// [`crate::rpc::ResetPassword`]: sets a user's password. The response is a `Result` with a
    /// [`crate::rejection::Rejection`].
    ResetPassword,
}

impl Question {
    /// All questions.
    pub const ALL: [Self; 6] = [
        Self::Access,
        Self::Inbound,
        Self::Health,
        Self::Login,
        Self::Audience,
        Self::ResetPassword,
    ];

    /// The question of a subject in [`Subjects::all_questions`].
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
            Self::ResetPassword => "reset-password",
        }
    }
}

impl Subjects {
    /// The workspace's name.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A question to the session router.
    pub fn router(&self, question: Question) -> String {
        format!("sb.{}.role.router.{}", self.as_str(), question.name())
    }

    /// All questions to the session router.
    pub fn all_questions(&self) -> String {
        format!("sb.{}.role.router.*", self.as_str())
    }

    /// The claims of session routers to be the only one ([`crate::rpc::LeaseClaim`]).
    pub fn lease(&self) -> String {
        format!("sb.{}.role.session-router.lease", self.as_str())
    }

    /// Requests for one HTTP attempt.
    pub fn attempt(&self) -> String {
        format!("sb.{}.role.egress.attempt", self.as_str())
    }

    /// Notifications that a user's rights changed.
    pub fn rights(&self, user: &UserId) -> String {
        format!("sb.{}.role.rights.{user}", self.as_str())
    }

    /// Notifications that any user's rights changed.
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

    /// All subjects reserved for roles.
    pub fn all_roles(&self) -> String {
        format!("sb.{}.role.>", self.as_str())
    }

    /// All API requests of all users.
    pub fn all_api(&self) -> String {
        format!("sb.{}.api.>", self.as_str())
    }

    /// All API requests of one user.
    pub fn api_of(&self, user: &UserId) -> String {
        format!("sb.{}.api.{user}.>", self.as_str())
    }

    /// A request of one user for one method.
    pub fn api(&self, user: &UserId, method: &str) -> String {
        format!("sb.{}.api.{user}.{method}", self.as_str())
    }

    /// The user and method of an API subject. NATS has checked that the user may publish to it.
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

    /// One event of a live chat outside its sessions, such as a channel's status. The name of the
    /// entity replaces the session.
    pub fn feed_about(&self, live_chat: LiveChatId, noun: &str, event: &str) -> String {
        format!("sb.{}.feed.{live_chat}.{noun}.{event}", self.as_str())
    }

    /// All events of a live chat.
    pub fn feed_of(&self, live_chat: LiveChatId) -> String {
        format!("sb.{}.feed.{live_chat}.>", self.as_str())
    }

    /// All events of all live chats.
    pub fn all_feeds(&self) -> String {
        format!("sb.{}.feed.>", self.as_str())
    }

    /// One event of the audit trail.
    pub fn audit(&self, stream: &str, event: &str) -> String {
        format!("sb.{}.audit.{stream}.{event}", self.as_str())
    }

    /// All events of the audit trail.
    pub fn all_audit(&self) -> String {
        format!("sb.{}.audit.>", self.as_str())
    }
}

/// The prefix of a user's inbox, which the client must be configured to use.
pub fn inbox_prefix(user: &UserId) -> String {
    format!("_INBOX.{user}")
}

/// All replies to one user: the only inbox that the user may subscribe to.
pub fn inbox_of(user: &UserId) -> String {
    format!("_INBOX.{user}.>")
}

/// Whether a reply subject is in a user's inbox. NATS does not check the reply subject of a request,
/// and the router may publish to any subject: without this check, a user could have a response
/// published as an event of the feed or as another user's reply.
pub fn is_inbox_of(user: &UserId, reply: &str) -> bool {
    let rest = reply.strip_prefix(&inbox_prefix(user));
    rest.is_some_and(|rest| rest.len() > 1 && rest.starts_with('.') && !rest.contains(['*', '>']))
}

/// The prefix of the roles' inboxes, in upper case to differ from every user's.
pub const ROLES_INBOX_PREFIX: &str = "_INBOX.ROLES";

#[cfg(test)]
mod tests;
