//! Names of things. Every id is one NATS token, so no subject can be injected through an id.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::chance::Chance;
use crate::codec::FromText;
use crate::time::Timestamp;

/// Declares the id of one noun: a UUID version 7 (RFC 9562), ordered by when it was made. In JSON
/// it is the lower-case text, in `MessagePack` its 16 bytes.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Makes a new id from the time and chance of its birth.
            pub fn new(now: Timestamp, chance: &mut Chance) -> Self {
                let millis = u64::try_from(now.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &chance.bytes()).into_uuid())
            }

            /// The smallest id that can have been made at this time.
            pub fn first_at(time: Timestamp) -> Self {
                let millis = u64::try_from(time.as_millis()).unwrap_or(0);
                Self(uuid::Builder::from_unix_timestamp_millis(millis, &[0; 10]).into_uuid())
            }

            /// The id with these 16 bytes, whatever its version: for tests and for stored rows.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// The 16 bytes of the id, big-endian, so that bytes order as ids do.
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
                // Only the canonical form: an id must have one spelling as a subject token.
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(BadId { kind: stringify!($name), text: shorten(text) }),
                }
            }
        }
    };
}

uuid_id!(
    /// A live chat: a desk that operators staff.
    LiveChatId
);
uuid_id!(
    /// A channel: one connected messenger account.
    ChannelId
);
uuid_id!(
    /// A contact: one person of a messenger.
    ContactId
);
uuid_id!(
    /// A session: one stretch of work on a chat.
    SessionId
);
uuid_id!(
    /// A message, inbound or outbound, or a note.
    MessageId
);
uuid_id!(
    /// A canned reply of a live chat.
    ReplyId
);
uuid_id!(
    /// What a caller sends to have one effect however often it asks.
    CommandId
);

/// A user's id: the login given at creation, `[a-z0-9_-]{1,32}` (console-api section 5).
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

/// A text that is no id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a {kind}")]
pub struct BadId {
    kind: &'static str,
    text: String,
}

/// Cuts a foreign text to what an error message can bear.
fn shorten(text: &str) -> String {
    text.chars().take(64).collect()
}
