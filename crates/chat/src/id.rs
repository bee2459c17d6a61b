//! Ids. Every id is one NATS subject token, so that an id cannot inject another subject.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::chance::Chance;
use crate::codec::FromText;
use crate::time::Timestamp;

/// Declares id types: UUIDs of version 7 (RFC 9562), ordered by creation time. In JSON an id is the
/// lower-case text, in `MessagePack` the 16 bytes.
macro_rules! uuid_ids {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Creates an id from the current time and random bytes.
            pub fn new(now: Timestamp, chance: &mut Chance) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &chance.bytes()).into_uuid())
            }

            /// The smallest id with this creation time.
            pub fn first_at(time: Timestamp) -> Self {
                let millis = u64::try_from(time.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
            }

            /// The creation time, to the millisecond.
            pub fn time(&self) -> Timestamp {
                let [a, b, c, d, e, f, ..] = *self.as_bytes();
                let millis = i64::from_be_bytes([0, 0, a, b, c, d, e, f]);
                Timestamp::from_micros(millis.saturating_mul(1_000))
            }

            /// The id with these 16 bytes, of any UUID version: for tests and for stored rows.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes of the id, which sort like the id.
            pub const fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                // Only the canonical form, because ids are compared as subject tokens.
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(BadId { kind: stringify!($name), text: shorten(text) }),
                }
            }
        }
    )* };
}

uuid_ids! {
    /// The id of a live chat.
    LiveChatId;
    /// The id of a channel.
    ChannelId;
    /// The id of a contact.
    ContactId;
    /// The id of a session.
    SessionId;
    /// The id of a message.
    MessageId;
    /// The id of a canned reply.
    ReplyId;
    /// The id of an API token, which is not secret.
    TokenId;
    /// The caller's id of a command: a retry with the same id has no second effect.
    CommandId;
}

impl TokenId {
    /// The id of a token that an older version issued: its event, at this position, has no id.
    pub(crate) fn of_event(time: Timestamp, position: u64) -> Self {
        let millis = u64::try_from(time.as_millis()).unwrap_or(0);
        let mut random = [0; 10];
        random[2..].copy_from_slice(&position.to_be_bytes());
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }
}

/// A user's id, which is the login: `[a-z0-9_-]{1,32}` (docs/console-api/objects.md).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Arc<str>);

impl UserId {
    /// The longest login, in bytes.
    pub const BYTES_MAX: usize = 32;

    /// The login as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UserId {
    type Err = BadId;

    fn from_str(text: &str) -> Result<Self, BadId> {
        let fits = (1..=Self::BYTES_MAX).contains(&text.len());
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
        if fits && text.bytes().all(plain) {
            Ok(Self(text.into()))
        } else {
            Err(BadId {
                kind: "login: 1 to 32 of a-z, 0-9, _ and -",
                text: shorten(text),
            })
        }
    }
}

impl Serialize for UserId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for UserId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(FromText::new("a login"))
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UserId({})", self.0)
    }
}

/// A text is not a valid id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}")]
pub struct BadId {
    kind: &'static str,
    text: String,
}

/// Truncates a text for an error message.
fn shorten(text: &str) -> String {
    text.chars().take(64).collect()
}
