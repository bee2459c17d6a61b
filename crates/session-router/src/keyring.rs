//! The contacts' keys, in a separate file: destroying a key erases a person's data, while the log
//! and its backups stay unchanged.
//!
//! There are two copies of the file, and each is repaired from the other at start. Slots are created in
//! advance, thousands with one sync: the slot of a new contact is already durable, so its first message
//! does not wait for a second sync. The header records a recent end of the log, so that a start notices a
//! log that is missing, older, or another one.
//! Back the files up separately from the log: without them and the master key no content can be read.

mod copies;
mod error;
mod format;
mod unchecked;
mod uses;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chat::chance::Chance;
use chat::seal::SealKey;
use event_log::Head;

pub(crate) use self::copies::read;
use self::copies::{Copies, place};
pub use self::error::KeyringError;
use self::format::{Header, SLOT_BYTES, Slot, destroyed_slot, key_slot};
pub(crate) use self::unchecked::Unchecked;
pub(crate) use self::uses::{Use, Uses};

/// Slots are added at a tick when fewer than this many are free, so that a burst rarely waits.
const FREE_MIN: u32 = 4_096;
/// The number of free slots after that: 660 KB.
const FREE_MORE: u32 = 8_192;
/// The most unwrapped keys in memory. At the limit all are evicted.
const OPENED_MAX: usize = 8_192;
/// The most keys that one decision uses.
const DECISION_MAX: u32 = 2;

/// The keys, shared between threads. Only the loop changes them.
#[derive(Clone)]
pub(crate) struct Keyring {
    master: Arc<SealKey>,
    copies: Arc<Copies>,
    records_log_end: bool,
    header: Arc<Mutex<Header>>,
    known: Arc<RwLock<Known>>,
}

/// What is known of the slots. The keys stay in the files: a company has millions of them, and needs few
/// at a time.
struct Known {
    /// The number of slots.
    len: u32,
    /// Unwrapped keys by number: unwrapping takes longer than sealing a message.
    opened: BTreeMap<u32, SealKey>,
    /// How often slots were written.
    changes: u64,
}

impl Keyring {
    /// The master key, which seals what belongs to no contact: codes and hashes.
    pub(crate) fn master(&self) -> &SealKey {
        &self.master
    }

    /// The key with this number. `None` if it was destroyed or never created.
    pub(crate) fn get(&self, number: u32) -> Option<SealKey> {
        loop {
            let changes = {
                let known = self.read();
                if let Some(key) = known.opened.get(&number) {
                    return Some(key.clone());
                }
                known.changes
            };
            let key = self.open(number)?;
            if self.keep((number, &key), changes) {
                return Some(key);
            }
        }
    }

    /// Keeps a key in memory, unless slots were written since it was read: it may be destroyed.
    fn keep(&self, (number, key): (u32, &SealKey), changes: u64) -> bool {
        let mut known = self.change();
        if known.changes != changes {
            return false;
        }
        if known.opened.len() >= OPENED_MAX {
            known.opened.clear();
        }
        known.opened.insert(number, key.clone());
        true
    }

    /// Reads a key and unwraps it.
    fn open(&self, number: u32) -> Option<SealKey> {
        let slot = self.slot(number)?;
        let Slot::Key(sealed) = Slot::decode(number, &slot) else {
            return None;
        };
        let key = self.master.open(sealed, &number.to_be_bytes())?;
        Some(SealKey::from_bytes(key.try_into().ok()?))
    }

    fn slot(&self, number: u32) -> Option<[u8; SLOT_BYTES]> {
        if number >= self.read().len {
            return None;
        }
        let slot = self.copies.slot(number);
        slot.inspect_err(|error| {
            let error = error as &dyn std::error::Error;
            tracing::error!(number, error, "cannot read a key");
        })
        .ok()
    }

    /// Whether the key with this number was lost, and the loss accepted.
    pub(crate) fn is_lost(&self, number: u32) -> bool {
        let slot = self.slot(number);
        slot.is_some_and(|slot| Slot::decode(number, &slot) == Slot::Lost)
    }

    /// Records a durable end of the log in the headers. A failure is only logged: the record may be old.
    pub(crate) fn record_log_end(&self, log: Head) {
        let mut header = self.header.lock().unwrap_or_else(PoisonError::into_inner);
        if header.log == log || !self.records_log_end {
            return;
        }
        header.log = log;
        if let Err(error) = self.copies.write_header(&header) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "cannot record the end of the log"
            );
        }
    }

    /// Adds slots when few are free, and waits until they are durable.
    pub(crate) fn provide(&self, given: u32, chance: &mut Chance) -> Result<(), KeyringError> {
        self.ensure(FREE_MIN, given, chance)
    }

    /// Adds slots only if the next decision could run out of them.
    pub(crate) fn provide_now(&self, given: u32, chance: &mut Chance) -> Result<(), KeyringError> {
        self.ensure(DECISION_MAX, given, chance)
    }

    fn ensure(&self, free: u32, given: u32, chance: &mut Chance) -> Result<(), KeyringError> {
        let have = self.read().len;
        if have >= given.saturating_add(free) {
            return Ok(());
        }
        let more = have..given.saturating_add(FREE_MORE);
        let slots = more.map(|number| (number, new_slot(&self.master, number, chance)));
        self.put(&slots.collect::<Vec<_>>(), "extend")
    }

    /// Destroys keys, in memory and on the disk.
    pub(crate) fn destroy(&self, numbers: &[u32]) -> Result<(), KeyringError> {
        let slots = numbers
            .iter()
            .map(|number| (*number, destroyed_slot(*number)));
        self.put(&slots.collect::<Vec<_>>(), "destroy a key in")
    }

    /// Writes slots to both files, with one sync each, and forgets what was known of them.
    fn put(
        &self,
        slots: &[(u32, [u8; SLOT_BYTES])],
        action: &'static str,
    ) -> Result<(), KeyringError> {
        // One write for each run of neighbours: an extension is thousands of slots.
        let runs = slots.chunk_by(|(one, _), (next, _)| one + 1 == *next);
        let parts = runs.filter_map(|run| {
            let at = place(run.first()?.0);
            Some((at, run.iter().flat_map(|(_, slot)| *slot).collect()))
        });
        let parts: Vec<(u64, Vec<u8>)> = parts.collect();
        if parts.is_empty() {
            return Ok(());
        }
        self.copies.write(&parts, action)?;
        let mut known = self.change();
        known.changes += 1;
        for (number, _) in slots {
            known.opened.remove(number);
            known.len = known.len.max(number.saturating_add(1));
        }
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    const fn new(len: u32) -> Self {
        Self {
            len,
            opened: BTreeMap::new(),
            changes: 0,
        }
    }
}

/// A slot with a new key.
fn new_slot(master: &SealKey, number: u32, chance: &mut Chance) -> [u8; SLOT_BYTES] {
    let key = chance.bytes::<32>();
    key_slot(number, &master.seal(&key, &number.to_be_bytes(), chance))
}

fn log_lost(data: &Path, recorded: Head, found: String) -> KeyringError {
    KeyringError::LogLost {
        data: data.to_owned(),
        found,
        position: recorded.position,
        hash: recorded.hash,
    }
}

/// Checks that the log is not missing altogether, before anything is created in its place.
pub(crate) fn check_log_exists(
    data: &Path,
    master: &SealKey,
    chance: &mut Chance,
) -> Result<(), KeyringError> {
    if data.join("log").is_dir() {
        return Ok(());
    }
    // The log is created before the keys: where there are keys, there was a log.
    let found = copies::read(data, master, chance)?;
    match found.header() {
        Some(header) => Err(log_lost(data, header.log, "is missing".to_owned())),
        // Projections are made from a log.
        None if data.join("projections").is_dir() => Err(KeyringError::AllLost {
            data: data.to_owned(),
        }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
