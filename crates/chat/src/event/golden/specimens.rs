//! A specimen of every stored type.

mod enums;
mod envelopes;
mod events;

pub(super) use enums::{StoredEnums, stored_enums};
pub(super) use envelopes::envelopes;
pub(super) use events::{old_specimens, specimens, with_new_fields};

use serde_bytes::ByteArray;

use crate::codec;
use crate::id::{ChannelId, ContactId, MessageId, SessionId, UserId};
use crate::seal::{Indexed, Private};
use crate::time::Timestamp;

const TIME: Timestamp = Timestamp::from_micros(1_795_341_600_123_456);

fn sealed<T>() -> Private<T> {
    Private::Sealed([0x5e, 0xa1, 0xed].into())
}

fn indexed() -> Indexed {
    let sealed: (ByteArray<16>, Private<String>) = (ByteArray::new(bytes(0xd2)), sealed());
    codec::decode(&codec::encode(&sealed)).unwrap()
}

/// A text of an older event.
fn open(text: &str) -> Indexed {
    codec::decode(&codec::encode(&text)).unwrap()
}

fn user(login: &str) -> UserId {
    login.parse().unwrap()
}

/// The bytes of an id.
fn bytes(first: u8) -> [u8; 16] {
    [
        first, 0x93, 0xaa, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, first,
    ]
}

fn channel() -> ChannelId {
    ChannelId::from_bytes(bytes(3))
}

fn contact() -> ContactId {
    ContactId::from_bytes(bytes(4))
}

fn session(n: u8) -> SessionId {
    SessionId::from_bytes(bytes(0x50 + n))
}

fn message(n: u8) -> MessageId {
    MessageId::from_bytes(bytes(0x60 + n))
}
