//! The contacts' keys, in a separate file: destroying a key erases a person's data, while the log
//! and its copies stay unchanged.
//!
//! The file consists of slots of equal length. A slot holds 32 random bytes wrapped with the master key,
//! or zeros once it is destroyed. Slots are created in advance, thousands with one sync: the slot of a
//! new contact is already durable, so its first message does not wait for a second sync.
//! Back this file up separately from the log: without it and the master key no content can be read.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chat::chance::Chance;
use chat::seal::SealKey;

/// Nonce, key and tag: 24 + 32 + 16 bytes.
const SLOT_BYTES: usize = 72;
/// Slots are added at a tick when fewer than this many are free, so that a burst rarely waits.
const FREE_MIN: u32 = 4_096;
/// The number of free slots after that: 590 KB.
const FREE_MORE: u32 = 8_192;
/// The most unwrapped keys in memory. At the limit all are evicted.
const OPENED_MAX: usize = 8_192;
/// The most keys that one decision uses.
const DECISION_MAX: u32 = 2;

/// An error of the key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// It cannot be read or written.
    #[error("cannot {action} the key file {path}; without it no message can be read")]
    File {
        /// The operation.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It has fewer keys than the log has given out.
    #[error(
        "{path} has {found} keys, but the log has given out {wanted}: it is not this log's file; \
         restore the one that was backed up with it"
    )]
    Short {
        /// The file.
        path: PathBuf,
        /// How many keys it has.
        found: u32,
        /// How many keys the log needs.
        wanted: u32,
    },
}

/// The keys, shared between threads. Only the loop changes them.
#[derive(Clone)]
pub(crate) struct Keyring {
    master: Arc<SealKey>,
    path: Arc<PathBuf>,
    file: Arc<File>,
    slots: Arc<RwLock<Slots>>,
}

struct Slots {
    /// The file's bytes.
    bytes: Vec<u8>,
    /// Unwrapped keys by number: unwrapping takes longer than sealing a message.
    opened: BTreeMap<u32, SealKey>,
}

impl Keyring {
    /// Opens the file, or creates it.
    pub(crate) fn open(path: &Path, master: Arc<SealKey>) -> Result<Self, KeyringError> {
        let failed = |action| {
            move |source| KeyringError::File {
                action,
                path: path.to_owned(),
                source,
            }
        };
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)
            .map_err(failed("open"))?;
        let mut slots = std::fs::read(path).map_err(failed("read"))?;
        // A crash may leave part of a slot at the end, which no contact uses.
        slots.truncate(slots.len() / SLOT_BYTES * SLOT_BYTES);
        if let Some(dir) = path.parent() {
            File::open(dir)
                .and_then(|dir| dir.sync_all())
                .map_err(failed("sync the directory of"))?;
        }
        Ok(Self {
            master,
            path: Arc::new(path.to_owned()),
            file: Arc::new(file),
            slots: Arc::new(RwLock::new(Slots {
                bytes: slots,
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

    /// Checks that the file has the `given` keys that the log uses.
    pub(crate) fn check(&self, given: u32) -> Result<(), KeyringError> {
        let found = self.len();
        if found >= given {
            return Ok(());
        }
        Err(KeyringError::Short {
            path: self.path.to_path_buf(),
            found,
            wanted: given,
        })
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
        let have = self.len();
        if have >= given.saturating_add(free) {
            return Ok(());
        }
        let more: Vec<u8> = (have..given.saturating_add(FREE_MORE))
            .flat_map(|number| {
                self.master
                    .seal(&chance.bytes::<32>(), &number.to_be_bytes(), chance)
            })
            .collect();
        self.write(u64::from(have) * SLOT_BYTES as u64, &more, "extend")?;
        self.change().bytes.extend(more);
        Ok(())
    }

    /// Destroys keys, in memory and on the disk.
    pub(crate) fn destroy(&self, numbers: &[u32]) -> Result<(), KeyringError> {
        if numbers.is_empty() {
            return Ok(());
        }
        for number in numbers {
            self.change().destroy(*number);
            self.file
                .write_all_at(&[0; SLOT_BYTES], u64::from(*number) * SLOT_BYTES as u64)
                .map_err(self.failed("destroy one of"))?;
        }
        // One sync for all of them, as the loop waits for it.
        self.file.sync_data().map_err(self.failed("destroy one of"))
    }

    /// Destroys keys whose destruction a crash may have interrupted.
    pub(crate) fn destroy_again(&self, numbers: &[u32]) -> Result<(), KeyringError> {
        let left: Vec<u32> = numbers
            .iter()
            .copied()
            .filter(|number| self.get(*number).is_some())
            .collect();
        self.destroy(&left)
    }

    fn write(&self, at: u64, bytes: &[u8], action: &'static str) -> Result<(), KeyringError> {
        self.file
            .write_all_at(bytes, at)
            .and_then(|()| self.file.sync_data())
            .map_err(self.failed(action))
    }

    fn failed(&self, action: &'static str) -> impl FnOnce(io::Error) -> KeyringError + use<> {
        let path = self.path.to_path_buf();
        move |source| KeyringError::File {
            action,
            path,
            source,
        }
    }

    fn len(&self) -> u32 {
        u32::try_from(self.read().bytes.len() / SLOT_BYTES).unwrap_or(u32::MAX)
    }

    fn read(&self) -> RwLockReadGuard<'_, Slots> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Slots> {
        self.slots.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    fn open(&mut self, master: &SealKey, number: u32) -> Option<SealKey> {
        let slot = self.bytes.get(place(number))?;
        let key = master.open(slot, &number.to_be_bytes())?;
        let key = SealKey::from_bytes(key.try_into().ok()?);
        if self.opened.len() >= OPENED_MAX {
            self.opened.clear();
        }
        self.opened.insert(number, key.clone());
        Some(key)
    }

    fn destroy(&mut self, number: u32) {
        self.opened.remove(&number);
        if let Some(slot) = self.bytes.get_mut(place(number)) {
            slot.fill(0);
        }
    }
}

/// The place of a slot in the file.
fn place(number: u32) -> Range<usize> {
    let at = usize::try_from(number)
        .unwrap_or(usize::MAX)
        .saturating_mul(SLOT_BYTES);
    at..at.saturating_add(SLOT_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(dir: &Path) -> Keyring {
        Keyring::open(&dir.join("keys"), Arc::new(SealKey::from_bytes([7; 32]))).unwrap()
    }

    #[test]
    fn keys_survive_a_restart_unless_they_are_destroyed() {
        let dir = tempfile::tempdir().unwrap();
        let mut chance = Chance::from_seed([1; 32]);
        let first = keyring(dir.path());
        first.provide(0, &mut chance).unwrap();
        let (zero, one) = (first.get(0).unwrap(), first.get(1).unwrap());
        assert_ne!(zero, one);
        first.destroy(&[0]).unwrap();
        assert_eq!(first.get(0), None);
        let second = keyring(dir.path());
        assert_eq!((second.get(0), second.get(1)), (None, Some(one)));
        second.provide(5_000, &mut chance).unwrap();
        assert!(second.get(13_191).is_some());
        assert!(second.check(13_192).is_ok());
        assert!(second.check(13_193).is_err());
        second.provide_now(13_190, &mut chance).unwrap();
        assert!(second.check(13_193).is_err());
        second.provide_now(13_191, &mut chance).unwrap();
        assert!(second.check(13_193).is_ok());
    }

    #[test]
    fn another_master_key_opens_nothing() {
        let dir = tempfile::tempdir().unwrap();
        keyring(dir.path())
            .provide(0, &mut Chance::from_seed([1; 32]))
            .unwrap();
        let other = Arc::new(SealKey::from_bytes([8; 32]));
        assert_eq!(
            Keyring::open(&dir.path().join("keys"), other)
                .unwrap()
                .get(0),
            None
        );
    }
}
