//! When the rules say no. A rejection is a value and part of the protocol, not a fault.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Declares every public error code with its HTTP-like status; `docs/errors.md` has a heading for
/// each, which a test compares.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $status:literal;)*) => {
        /// A stable error code, as messengers and consoles see it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Code {
            $($(#[$doc])* #[serde(rename = $text)] $name,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it is written in answers.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

codes! {
    /// Not JSON, not UTF-8, or nested too deep.
    Malformed = "malformed", 400;
    /// Signature or token wrong, missing or too old.
    Unauthorized = "unauthorized", 401;
    /// The caller may not do this.
    Forbidden = "forbidden", 403;
    /// Only the operator who has the session may write in it.
    NotAssigned = "not_assigned", 403;
    /// The channel's messenger cannot have sessions started by operators.
    NotEnabled = "not_enabled", 403;
    /// There is no such thing, or none that the caller may see.
    NotFound = "not_found", 404;
    /// No such channel, or it was deleted.
    ChannelNotFound = "channel_not_found", 404;
    /// This path takes other methods.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The body did not come in time (RFC 9110 section 15.5.9).
    RequestTimeout = "request_timeout", 408;
    /// It contradicts what is already there.
    Conflict = "conflict", 409;
    /// The messenger account already has a channel.
    AccountAlreadyConnected = "account_already_connected", 409;
    /// Another operator has the session.
    AlreadyAssigned = "already_assigned", 409;
    /// The channel is not active.
    ChannelDisconnected = "channel_disconnected", 409;
    /// The same message id came with other content.
    MessageConflict = "message_conflict", 409;
    /// The chat has an open session.
    SessionAlreadyOpen = "session_already_open", 409;
    /// The session is closed.
    SessionClosed = "session_closed", 409;
    /// The messenger did not confirm the connection.
    VerificationFailed = "verification_failed", 409;
    /// The person was forgotten; their words are gone.
    ContactForgotten = "contact_forgotten", 409;
    /// A body, a text or a list is over its limit.
    TooLarge = "too_large", 413;
    /// The body is not `application/json`.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// A member is missing or of the wrong kind.
    Invalid = "invalid", 422;
    /// Over the channel's rate.
    RateLimited = "rate_limited", 429;
    /// Not now; nothing was stored; ask again.
    Unavailable = "unavailable", 503;
}

/// A refusal: which rule, in words, with what a program needs to go on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// The rule.
    pub code: Code,
    /// What is wrong at which value, and what to do, in one sentence.
    pub message: String,
    /// Members for programs, such as `sessionId`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

impl Rejection {
    /// A refusal without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: Map::new(),
        }
    }

    /// A member that is missing or of the wrong kind, by its JSON pointer (RFC 6901).
    pub fn invalid(pointer: &str, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        let error = serde_json::json!({ "pointer": pointer, "detail": detail });
        let place = if pointer.is_empty() {
            "the body"
        } else {
            pointer
        };
        Self::new(Code::Invalid, format!("{place}: {detail}")).with("errors", vec![error])
    }

    /// The same with one more member of details.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Rejection {}
