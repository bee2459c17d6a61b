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

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chat::chance::Chance;
use chat::seal::SealKey;
use event_log::{Head, Reader};

pub(crate) use self::copies::read;
use self::copies::{Content, Copies, slot_at};
pub use self::error::KeyringError;
use self::format::{HEADER_BYTES, Header, SLOT_BYTES, Slot, destroyed_slot, key_slot};

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
    data: Arc<PathBuf>,
    copies: Arc<Copies>,
    header: Arc<Mutex<Header>>,
    slots: Arc<RwLock<Slots>>,
}

struct Slots {
    /// The slots as in the files.
    bytes: Vec<u8>,
    /// Unwrapped keys by number: unwrapping takes longer than sealing a message.
    opened: BTreeMap<u32, SealKey>,
}

impl Keyring {
    /// Opens the files of a data directory whose log ends at `log_end`, and repairs each from the other.
    /// Creates them if the log is empty. The caller holds the lock of the log.
    pub(crate) fn open(
        data: &Path,
        master: Arc<SealKey>,
        log_end: u64,
        chance: &mut Chance,
    ) -> Result<Self, KeyringError> {
        let found = copies::read(data, &master, chance)?;
        let content = match &found.content {
            Some(content) => content.clone(),
            None if log_end == 0 => Content {
                header: Header::new(&master, chance),
                slots: Vec::new(),
            },
            None => {
                return Err(KeyringError::Missing {
                    path: copies::path(data),
                    events: log_end,
                });
            }
        };
        let copies = Copies::open(data, &found, &content)?;
        Ok(Self {
            master,
            data: Arc::new(data.to_owned()),
            copies: Arc::new(copies),
            header: Arc::new(Mutex::new(content.header)),
            slots: Arc::new(RwLock::new(Slots {
                bytes: content.slots,
                opened: BTreeMap::new(),
            })),
        })
    }

    /// The master key, which seals what belongs to no contact: codes and hashes.
    pub(crate) fn master(&self) -> &SealKey {
        &self.master
    }

    /// The key with this number. `None` if it was destroyed or never created.
    pub(crate) fn get(&self, number: u32) -> Option<SealKey> {
        let known = self.read().opened.get(&number).cloned();
        // Unwrapped under the lock, so that a key that is being destroyed is not cached.
        known.or_else(|| self.change().open(&self.master, number))
    }

    /// Checks that the log contains the end that was recorded last.
    pub(crate) fn check_log(&self, reader: &Reader) -> Result<(), KeyringError> {
        let recorded = self.header().log;
        let end = reader.head().position;
        let found = match reader.hash_at(recorded.position) {
            Ok(Some(hash)) if hash == recorded.hash => return Ok(()),
            _ if end < recorded.position => format!("ends at position {end}"),
            Ok(_) => "is another one".to_owned(),
            Err(error) => format!("cannot be read at that position ({error})"),
        };
        Err(log_lost(&self.data, recorded, found))
    }

    /// Checks that the keys that contacts use exist. Returns the missing ones if their loss was accepted,
    /// to forget their contacts. Replaces unusable keys that no contact ever had, from number `given` on.
    pub(crate) fn check_keys(
        &self,
        in_use: impl Iterator<Item = u32>,
        given: u32,
        chance: &mut Chance,
    ) -> Result<Vec<u32>, KeyringError> {
        let (lacking, unusable) = {
            let slots = self.read();
            let is_lacking = |number: &u32| !slots.has(*number);
            let lacking: Vec<u32> = in_use.filter(is_lacking).collect();
            let unusable: Vec<u32> = (given..slots.len()).filter(is_lacking).collect();
            (lacking, unusable)
        };
        let accepted_loss = &mut self.header().accepted_loss;
        match lacking.iter().min() {
            Some(first) if !*accepted_loss => {
                return Err(KeyringError::Lacking {
                    path: copies::path(&self.data),
                    count: lacking.len(),
                    first: *first,
                });
            }
            Some(_) => {}
            None => *accepted_loss = false,
        }
        self.add(unusable, chance, "renew a key in")?;
        Ok(lacking)
    }

    /// Records a durable end of the log in the headers. A failure is only logged: the record may be old.
    pub(crate) fn record_log_end(&self, log: Head) {
        let mut header = self.header();
        if header.log == log {
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

    /// Accepts that the log ends here and that keys are lost.
    pub(crate) fn accept_loss(&self, log: Head) -> Result<(), KeyringError> {
        let mut header = self.header();
        header.log = log;
        header.accepted_loss = true;
        self.copies
            .write(&[(0, header.encode())], "write the header of")
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
        let have = self.read().len();
        if have >= given.saturating_add(free) {
            return Ok(());
        }
        self.add(have..given.saturating_add(FREE_MORE), chance, "extend")
    }

    /// Writes new keys.
    fn add(
        &self,
        numbers: impl IntoIterator<Item = u32>,
        chance: &mut Chance,
        action: &'static str,
    ) -> Result<(), KeyringError> {
        let slots = numbers.into_iter().map(|number| {
            let key = chance.bytes::<32>();
            let sealed = self.master.seal(&key, &number.to_be_bytes(), chance);
            (number, key_slot(number, &sealed))
        });
        self.put(&slots.collect::<Vec<_>>(), action)
    }

    /// Destroys keys, in memory and on the disk.
    pub(crate) fn destroy(&self, numbers: &[u32]) -> Result<(), KeyringError> {
        let slots = numbers
            .iter()
            .map(|number| (*number, destroyed_slot(*number)));
        self.put(&slots.collect::<Vec<_>>(), "destroy a key in")
    }

    /// Destroys keys whose destruction a crash may have interrupted.
    pub(crate) fn destroy_again(&self, numbers: &[u32]) -> Result<(), KeyringError> {
        let left: Vec<u32> = {
            let slots = self.read();
            numbers
                .iter()
                .copied()
                .filter(|number| slots.has(*number))
                .collect()
        };
        self.destroy(&left)
    }

    /// Writes slots to both files, with one sync each, then to memory.
    fn put(
        &self,
        slots: &[(u32, [u8; SLOT_BYTES])],
        action: &'static str,
    ) -> Result<(), KeyringError> {
        // One write for each run of neighbours: an extension is thousands of slots.
        let runs = slots.chunk_by(|(one, _), (next, _)| one + 1 == *next);
        let parts = runs.filter_map(|run| {
            let at = HEADER_BYTES + place(run.first()?.0);
            Some((at as u64, run.iter().flat_map(|(_, slot)| *slot).collect()))
        });
        let parts: Vec<(u64, Vec<u8>)> = parts.collect();
        if parts.is_empty() {
            return Ok(());
        }
        self.copies.write(&parts, action)?;
        let mut memory = self.change();
        for (number, slot) in slots {
            memory.put(*number, slot);
        }
        Ok(())
    }

    fn header(&self) -> std::sync::MutexGuard<'_, Header> {
        self.header.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, Slots> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Slots> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn len(&self) -> u32 {
        u32::try_from(self.bytes.len() / SLOT_BYTES).unwrap_or(u32::MAX)
    }

    fn slot(&self, number: u32) -> Slot<'_> {
        Slot::decode(number, slot_at(&self.bytes, number))
    }

    fn has(&self, number: u32) -> bool {
        matches!(self.slot(number), Slot::Key(_))
    }

    fn open(&mut self, master: &SealKey, number: u32) -> Option<SealKey> {
        let Slot::Key(sealed) = self.slot(number) else {
            return None;
        };
        let key = master.open(sealed, &number.to_be_bytes())?;
        let key = SealKey::from_bytes(key.try_into().ok()?);
        if self.opened.len() >= OPENED_MAX {
            self.opened.clear();
        }
        self.opened.insert(number, key.clone());
        Some(key)
    }

    fn put(&mut self, number: u32, slot: &[u8; SLOT_BYTES]) {
        self.opened.remove(&number);
        let at = place(number);
        if self.bytes.len() < at + SLOT_BYTES {
            self.bytes.resize(at + SLOT_BYTES, 0);
        }
        if let Some(place) = self.bytes.get_mut(at..at + SLOT_BYTES) {
            place.copy_from_slice(slot);
        }
    }
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
    let found = copies::read(data, master, chance)?;
    match found.header().map(|header| header.log) {
        Some(recorded) if recorded.position > 0 && !data.join("log").is_dir() => {
            Err(log_lost(data, recorded, "is missing".to_owned()))
        }
        _ => Ok(()),
    }
}

/// The place of a slot among the slots.
const fn place(number: u32) -> usize {
    (number as usize).saturating_mul(SLOT_BYTES)
}

#[cfg(test)]
mod tests;
