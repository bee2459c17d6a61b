//! The public error codes.

use serde::{Deserialize, Serialize};

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
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code, as responses contain it.
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
    /// The channel's messenger does not support sessions opened by operators.
    NotEnabled = "not_enabled", 403;
    /// There is no such thing, or none that the caller may see.
    NotFound = "not_found", 404;
    /// No such channel, or it was deleted.
    ChannelNotFound = "channel_not_found", 404;
    /// The path does not support the HTTP method.
    MethodNotAllowed = "method_not_allowed", 405;
    /// The body did not arrive in time (RFC 9110 section 15.5.9).
    RequestTimeout = "request_timeout", 408;
    /// The request contradicts the current state.
    Conflict = "conflict", 409;
    /// The messenger account already has a channel.
    AccountAlreadyConnected = "account_already_connected", 409;
    /// Another operator has the session.
    AlreadyAssigned = "already_assigned", 409;
    /// The channel is not active.
    ChannelDisconnected = "channel_disconnected", 409;
    /// A message with this id was accepted with other content.
    MessageConflict = "message_conflict", 409;
    /// The contact takes part in chats with others, and the request names none.
    ChatAmbiguous = "chat_ambiguous", 409;
    /// The chat has an open session.
    SessionAlreadyOpen = "session_already_open", 409;
    /// The session is closed.
    SessionClosed = "session_closed", 409;
    /// The messenger did not confirm the connection.
    VerificationFailed = "verification_failed", 409;
    /// The person's data was erased.
    ContactForgotten = "contact_forgotten", 409;
    /// A body, a text or a list is over its limit.
    TooLarge = "too_large", 413;
    /// The body is not `application/json`.
    UnsupportedMediaType = "unsupported_media_type", 415;
    /// A member is missing or of the wrong kind.
    Invalid = "invalid", 422;
    /// `connect` was sent and is not answered yet; retry.
    ChannelConnecting = "channel_connecting", 503;
    /// Over the channel's rate.
    RateLimited = "rate_limited", 429;
    /// The request cannot be processed now; nothing was stored; retry.
    Unavailable = "unavailable", 503;
}
