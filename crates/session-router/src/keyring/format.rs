//! The format of a key file: a header and slots of equal length. Integers are big-endian.
//!
//! | offset | bytes | header |
//! | --- | --- | --- |
//! | 0 | 6 | `SBKEYS` |
//! | 6 | 1 | the version, 2 |
//! | 7 | 1 | 1 if a loss was accepted (`switchboard log recover --accept-loss`), otherwise 0 |
//! | 8 | 8, 32 | a position of the log, and the hash of the frame that ends there |
//! | 48 | 56 | zeros, sealed under the master key |
//! | 104 | 4 | CRC-32C of the bytes before |
//!
//! | offset | bytes | slot |
//! | --- | --- | --- |
//! | 0 | 4 | the state: 1 a key, 2 destroyed, 3 lost and the loss accepted; three zeros |
//! | 4 | 72 | the key, sealed under the master key; otherwise zeros |
//! | 76 | 4 | CRC-32C of the slot's number and the bytes before |
//!
//! In version 1 there was no header, and a slot was only the sealed key or zeros.

use chat::chance::Chance;
use chat::seal::SealKey;
use event_log::{GENESIS, Hash, Head};

/// A sealed key: a nonce, the key and a tag; 24 + 32 + 16 bytes.
const SEALED_BYTES: usize = 72;
/// The length of a slot.
pub(super) const SLOT_BYTES: usize = 80;
/// The length of the header.
pub(super) const HEADER_BYTES: usize = 108;

pub(super) const MAGIC: &[u8; 6] = b"SBKEYS";
const VERSION: u8 = 2;
const CHECKED_BYTES: usize = 16;
const SEALED_CHECK_BYTES: usize = 24 + CHECKED_BYTES + 16;
const CHECK_CONTEXT: &[u8] = b"switchboard key file";
const KEY: u8 = 1;
const DESTROYED: u8 = 2;
const LOST: u8 = 3;

/// The header of a key file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// A recent end of the log. The log must contain it at every start.
    pub(crate) log: Head,
    /// Whether the log may have lost events, or contacts their keys.
    pub(crate) accepted_loss: bool,
    check: [u8; SEALED_CHECK_BYTES],
}

impl Header {
    /// The header of a new file.
    pub(super) fn new(master: &SealKey, chance: &mut Chance) -> Self {
        let sealed = master.seal(&[0; CHECKED_BYTES], CHECK_CONTEXT, chance);
        let mut check = [0; SEALED_CHECK_BYTES];
        check.copy_from_slice(&sealed);
        Self {
            log: Head {
                position: 0,
                hash: GENESIS,
            },
            accepted_loss: false,
            check,
        }
    }

    /// Reads the header of a file. `None` if it is damaged.
    pub(super) fn decode(file: &[u8]) -> Option<Self> {
        let (header, _) = file.split_first_chunk::<HEADER_BYTES>()?;
        let (header, crc) = header.split_last_chunk::<4>()?;
        if crc32c::crc32c(header) != u32::from_be_bytes(*crc) {
            return None;
        }
        let header = header.strip_prefix(MAGIC)?.strip_prefix(&[VERSION])?;
        let (flag, header) = header.split_first()?;
        let (position, header) = header.split_first_chunk()?;
        let (hash, check) = header.split_first_chunk()?;
        Some(Self {
            log: Head {
                position: u64::from_be_bytes(*position),
                hash: Hash(*hash),
            },
            accepted_loss: *flag == 1,
            check: check.try_into().ok()?,
        })
    }

    /// The header's bytes.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = [&MAGIC[..], &[VERSION, u8::from(self.accepted_loss)]].concat();
        bytes.extend(self.log.position.to_be_bytes());
        bytes.extend(self.log.hash.0);
        bytes.extend(self.check);
        bytes.extend(crc32c::crc32c(&bytes).to_be_bytes());
        bytes
    }

    /// Whether the file's keys are sealed under this master key.
    pub(super) fn is_sealed_by(&self, master: &SealKey) -> bool {
        master.open(&self.check, CHECK_CONTEXT).is_some()
    }
}

/// The content of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Slot<'a> {
    /// A sealed key.
    Key(&'a [u8]),
    /// The key was destroyed.
    Destroyed,
    /// The key was lost, and the administrator of the machine accepted that.
    Lost,
    /// The checksum differs.
    Damaged,
}

impl<'a> Slot<'a> {
    /// Reads the bytes of the slot with this number; fewer than [`SLOT_BYTES`] are damaged.
    pub(super) fn decode(number: u32, bytes: &'a [u8]) -> Self {
        let Some((slot, crc)) = bytes.split_last_chunk::<4>() else {
            return Self::Damaged;
        };
        if bytes.len() != SLOT_BYTES || checksum(number, slot) != u32::from_be_bytes(*crc) {
            return Self::Damaged;
        }
        match slot {
            [KEY, 0, 0, 0, sealed @ ..] => Self::Key(sealed),
            [DESTROYED, 0, 0, 0, ..] => Self::Destroyed,
            [LOST, 0, 0, 0, ..] => Self::Lost,
            _ => Self::Damaged,
        }
    }
}

/// A slot with a key.
pub(super) fn key_slot(number: u32, sealed: &[u8]) -> [u8; SLOT_BYTES] {
    slot(number, KEY, sealed)
}

/// A slot whose key is destroyed.
pub(super) fn destroyed_slot(number: u32) -> [u8; SLOT_BYTES] {
    slot(number, DESTROYED, &[0; SEALED_BYTES])
}

/// A slot whose key is lost.
pub(super) fn lost_slot(number: u32) -> [u8; SLOT_BYTES] {
    slot(number, LOST, &[0; SEALED_BYTES])
}

fn slot(number: u32, state: u8, sealed: &[u8]) -> [u8; SLOT_BYTES] {
    let mut bytes = [&[state, 0, 0, 0], sealed].concat();
    bytes.extend(checksum(number, &bytes).to_be_bytes());
    let mut slot = [0; SLOT_BYTES];
    slot.copy_from_slice(&bytes);
    slot
}

/// Includes the number, so that a slot in the wrong place is damaged.
fn checksum(number: u32, slot: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c(&number.to_be_bytes()), slot)
}

/// Converts the slots of a file of version 1. `None` if the master key opens none of them.
pub(super) fn convert_version_1(file: &[u8], master: &SealKey) -> Option<Vec<u8>> {
    let (mut converted, mut opened) = (Vec::new(), 0);
    for (number, slot) in (0..).zip(file.as_chunks::<SEALED_BYTES>().0) {
        if *slot == [0; SEALED_BYTES] {
            converted.extend(destroyed_slot(number));
        } else if master.open(slot, &number.to_be_bytes()).is_some() {
            opened += 1;
            converted.extend(key_slot(number, slot));
        } else {
            converted.extend([0; SLOT_BYTES]);
        }
    }
    (opened > 0).then_some(converted)
}
