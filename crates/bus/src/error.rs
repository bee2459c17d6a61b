//! Why the bus could not.

use std::time::Duration;

/// The type that `async-nats` gives its causes in.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// A failure of the bus; the cause, where there is one, is the `source`.
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
    /// The URL holds a user or password, which would end up in logs. The URL is not repeated here
    /// for the same reason.
    #[error("the NATS URL holds credentials; set user and password (or token) apart from the URL")]
    UrlCredentials,
    /// Nobody speaks NATS there.
    #[error("cannot reach NATS at {url}; check that it runs and listens there")]
    Unreachable {
        /// Where.
        url: String,
        /// How it failed.
        #[source]
        source: Cause,
    },
    /// NATS does not know these credentials.
    #[error("NATS at {url} refuses the credentials; check user and password or the token")]
    NotAuthorised {
        /// Where.
        url: String,
    },
    /// NATS needs or offers another TLS than we have.
    #[error("no TLS with NATS at {url}; check its certificate and the URL's scheme")]
    Tls {
        /// Where.
        url: String,
        /// How it failed.
        #[source]
        source: Cause,
    },
    /// Nobody listens on the subject: nothing happened.
    #[error("nobody answers {subject}; start the role that does")]
    NoResponders {
        /// The subject asked.
        subject: String,
    },
    /// No answer in time. Whether the other side acted is in doubt.
    #[error("no answer from {subject} within {timeout:?}; ask again, under the same id")]
    Timeout {
        /// The subject asked.
        subject: String,
        /// How long was waited.
        timeout: Duration,
    },
    /// The connection was down already: nothing was sent.
    #[error("not connected to NATS, so {subject} was not sent; it reconnects by itself")]
    Disconnected {
        /// The subject meant.
        subject: String,
    },
    /// The connection broke while waiting for the answer. Whether the other side acted is in doubt.
    #[error("the connection to NATS broke while {subject} was under way; ask again, same id")]
    Interrupted {
        /// The subject asked.
        subject: String,
    },
    /// Our own queue to NATS stayed full: nothing was sent.
    #[error("the queue to NATS is full ({max} commands), so {subject} was not sent; slow down",
            max = crate::COMMANDS_MAX)]
    Full {
        /// The subject meant.
        subject: String,
    },
    /// [`Bus::drain`](crate::Bus::drain) was called, here or by another clone.
    #[error("the connection to NATS is closed, so {subject} was not sent")]
    Closed {
        /// The subject meant.
        subject: String,
    },
    /// Not a subject: empty, or with blanks or misplaced dots and wildcards.
    #[error("{subject:?} is not a NATS subject")]
    Subject {
        /// What was given.
        subject: String,
    },
    /// Not a queue group's name: empty or with blanks.
    #[error("{queue:?} is not a NATS queue group; use letters, digits and dashes")]
    Queue {
        /// What was given.
        queue: String,
    },
    /// A header whose name or value cannot be written, such as one with a line break.
    #[error("the header {name:?} cannot be sent; its name or value holds a forbidden character")]
    Header {
        /// The header's name.
        name: String,
    },
    /// Payload and headers are over what NATS takes.
    #[error(
        "{bytes} bytes to {subject} are over NATS's limit of {max}; send less or raise \
             max_payload"
    )]
    TooLarge {
        /// The subject meant.
        subject: String,
        /// Bytes of the payload.
        bytes: usize,
        /// The server's `max_payload`, in bytes.
        max: usize,
    },
    /// The message was no request: it names no subject to answer to.
    #[error("the message on {subject} wants no answer")]
    NoReply {
        /// The message's subject.
        subject: String,
    },
    /// The other side could not act, and said so ([`Bus::refuse`](crate::Bus::refuse)).
    #[error("{subject} refuses ({code}): {words}")]
    Refused {
        /// The subject asked.
        subject: String,
        /// An HTTP-like status.
        code: u16,
        /// What is wrong, in words.
        words: String,
    },
    /// The answer is of another shape: the other side is of another version.
    #[error("the answer of {subject} cannot be read; run the same version everywhere")]
    Answer {
        /// The subject asked.
        subject: String,
        /// What is wrong with the bytes.
        #[source]
        source: chat::codec::Error,
    },
    /// A service's or endpoint's name that NATS's service protocol does not allow.
    #[error("{name:?} is not a service name; use letters, digits, - and _")]
    ServiceName {
        /// What was given.
        name: String,
    },
}

impl Error {
    /// Whether the other side may have acted although no answer came. Ask again only under the same
    /// id.
    pub fn is_in_doubt(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. } | Self::Interrupted { .. } | Self::Answer { .. }
        )
    }

    /// Whether the same call may well succeed a little later.
    pub fn is_passing(&self) -> bool {
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
