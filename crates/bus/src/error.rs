//! The errors of the bus, and how to print an error with its causes.

use std::time::Duration;

/// The type of the causes that `async-nats` reports.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Formats an error and its causes, separated by colons.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

/// An error of the bus. The string of a variant is the subject, unless its name says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The URL is not one of a NATS server.
    #[error("{url:?} is not a NATS URL; write one such as nats://127.0.0.1:4222")]
    Url {
        /// What was configured.
        url: String,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },
    /// The URL contains a user or password, which would end up in logs. The message does not repeat
    /// the URL for the same reason.
    #[error("the NATS URL contains credentials; set user and password (or token) separately")]
    UrlCredentials,
    /// No NATS server replies at the URL.
    #[error("cannot reach NATS at {url}; check that it runs and listens there")]
    Unreachable {
        /// The configured URL.
        url: String,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// NATS rejects the credentials.
    #[error("NATS at {0} rejects the credentials; check user and password or the token")]
    NotAuthorised(String),
    /// The TLS handshake failed.
    #[error(
        "the TLS handshake with NATS at {url} failed; check its certificate and the URL scheme"
    )]
    Tls {
        /// The configured URL.
        url: String,
        /// The cause.
        #[source]
        source: Cause,
    },
    /// The subject has no subscriber, so the request had no effect.
    #[error("{0} has no subscriber; start the role that serves it")]
    NoResponders(String),
    /// No reply in time. The other side may have acted.
    #[error("no reply from {subject} within {timeout:?}; retry with the same id")]
    Timeout {
        /// The subject of the request.
        subject: String,
        /// The timeout of the request.
        timeout: Duration,
    },
    /// NATS was disconnected, so nothing was sent.
    #[error("not connected to NATS, so {0} was not sent; retry after the reconnection")]
    Disconnected(String),
    /// The connection broke while waiting for the reply. The other side may have acted.
    #[error("the connection to NATS broke during the request to {0}; retry with the same id")]
    Interrupted(String),
    /// The queue of commands stayed full, so nothing was sent.
    #[error("the queue to NATS is full ({max} commands), so {0} was not sent; slow down",
            max = crate::limits::COMMANDS_MAX)]
    Full(String),
    /// [`Bus::drain`](crate::Bus::drain) was called on this handle or a clone.
    #[error("the connection to NATS is closed, so {0} was not sent")]
    Closed(String),
    /// Not a subject: empty, or with spaces or misplaced dots and wildcards.
    #[error("{0:?} is not a NATS subject")]
    Subject(String),
    /// Not a queue group's name: empty or with spaces.
    #[error("{0:?} is not a NATS queue group; use letters, digits and dashes")]
    Queue(String),
    /// A header whose name or value contains a forbidden character, such as a line break.
    #[error("cannot send the header {0:?}: its name or value contains a forbidden character")]
    Header(String),
    /// The message exceeds the server's `max_payload`.
    #[error(
        "{bytes} bytes to {subject} exceed NATS's limit of {max}; send less or raise max_payload"
    )]
    TooLarge {
        /// The subject of the message.
        subject: String,
        /// Bytes of the payload.
        bytes: usize,
        /// The server's `max_payload`, in bytes.
        max: usize,
    },
    /// The message is not a request: it has no reply subject.
    #[error("the message on {0} has no reply subject")]
    NoReply(String),
    /// The other side refused the request ([`Bus::refuse`](crate::Bus::refuse)).
    #[error("{subject} refused the request ({code}): {reason}")]
    Refused {
        /// The subject of the request.
        subject: String,
        /// An HTTP-like status.
        code: u16,
        /// The text for people.
        reason: String,
    },
    /// The reply cannot be decoded: the other side runs another version.
    #[error("cannot decode the reply from {subject}; run the same version everywhere")]
    Answer {
        /// The subject of the request.
        subject: String,
        /// The decoding error.
        #[source]
        source: chat::codec::Error,
    },
    /// A service or endpoint name that NATS's service protocol does not allow.
    #[error("{0:?} is not a service name; use letters, digits, - and _")]
    ServiceName(String),
}

impl Error {
    /// Returns whether the other side may have acted without a reply arriving. Retry only with the
    /// same id.
    pub fn is_in_doubt(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. } | Self::Interrupted { .. } | Self::Answer { .. }
        )
    }

    /// Returns whether the same call may succeed later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::NoResponders { .. }
                | Self::Timeout { .. }
                | Self::Disconnected { .. }
                | Self::Interrupted { .. }
                | Self::Full { .. }
        )
    }
}
