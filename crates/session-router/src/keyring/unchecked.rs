//! Key files that were read. Nothing is written to them before all checks have passed.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use chat::chance::Chance;
use chat::seal::SealKey;
use event_log::{Head, Reader};

use super::copies::{self, Content, Copies, Found, slot_at};
use super::error::KeyringError;
use super::format::{Header, SLOT_BYTES, Slot, destroyed_slot, lost_slot};
use super::{Keyring, Known, Use, Uses, log_lost, new_slot};

/// The content of the key files of a data directory.
pub(crate) struct Unchecked {
    master: Arc<SealKey>,
    data: PathBuf,
    found: Found,
    header: Header,
    slots: Vec<u8>,
    /// Whether the slots are others than those found.
    is_changed: bool,
}

impl Unchecked {
    /// Reads the files of a data directory whose log ends at `log_end`; there may be none if the log is
    /// empty.
    pub(crate) fn read(
        data: &Path,
        master: Arc<SealKey>,
        log_end: u64,
        chance: &mut Chance,
    ) -> Result<Self, KeyringError> {
        let mut found = copies::read(data, &master, chance)?;
        let content = match found.content.take() {
            Some(content) => content,
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
        Ok(Self {
            master,
            data: data.to_owned(),
            found,
            header: content.header,
            slots: content.slots,
            is_changed: false,
        })
    }

    /// Checks that the log contains the end that was recorded last.
    pub(crate) fn check_log(&self, reader: &Reader) -> Result<(), KeyringError> {
        let recorded = self.header.log;
        let end = reader.head().position;
        let found = match reader.hash_at(recorded.position) {
            Ok(Some(hash)) if hash == recorded.hash => return Ok(()),
            _ if end < recorded.position => format!("ends at position {end}"),
            Ok(_) => "is another one".to_owned(),
            Err(error) => format!("cannot be read at that position ({error})"),
        };
        Err(log_lost(&self.data, recorded, found))
    }

    /// Checks that the keys that the state uses exist, and marks missing ones as lost if that was
    /// accepted. Destroys the keys of forgotten contacts, in case a crash or an older file left them, and
    /// replaces unusable keys that no contact ever had.
    pub(crate) fn check(
        &mut self,
        uses: &Uses,
        next: u32,
        chance: &mut Chance,
    ) -> Result<(), KeyringError> {
        let is_missing = |number| matches!(self.slot(number), Slot::Damaged | Slot::Destroyed);
        let missing: Vec<u32> = uses.needed().filter(|n| is_missing(*n)).collect();
        if let (Some(first), false) = (missing.first(), self.header.accepted_loss) {
            return Err(KeyringError::Lacking {
                path: copies::path(&self.data),
                count: missing.len(),
                first: *first,
            });
        }
        self.header.accepted_loss = false;
        for number in missing {
            self.put(number, &lost_slot(number));
        }
        for number in 0..next {
            let is_unneeded = match uses.of(number) {
                Use::Contact => false,
                Use::None => self.slot(number) == Slot::Damaged,
                Use::Forgotten => self.slot(number) != Slot::Destroyed,
            };
            if is_unneeded {
                self.put(number, &destroyed_slot(number));
            }
        }
        for number in next..self.len() {
            if !matches!(self.slot(number), Slot::Key(_)) {
                self.put(number, &new_slot(&self.master, number, chance));
            }
        }
        Ok(())
    }

    /// Whether the key with this number was lost, and the loss accepted.
    pub(crate) fn is_lost(&self, number: u32) -> bool {
        self.slot(number) == Slot::Lost
    }

    fn len(&self) -> u32 {
        u32::try_from(self.slots.len() / SLOT_BYTES).unwrap_or(u32::MAX)
    }

    fn slot(&self, number: u32) -> Slot<'_> {
        Slot::decode(number, slot_at(&self.slots, number))
    }

    fn put(&mut self, number: u32, slot: &[u8; SLOT_BYTES]) {
        let at = number as usize * SLOT_BYTES;
        if self.slots.len() < at + SLOT_BYTES {
            self.slots.resize(at + SLOT_BYTES, 0);
        }
        if let Some(place) = self.slots.get_mut(at..at + SLOT_BYTES) {
            place.copy_from_slice(slot);
            self.is_changed = true;
        }
    }

    /// Accepts that the log ends here and that keys are lost.
    pub(crate) fn accept_loss(&mut self, log: Head) {
        self.header.log = log;
        self.header.accepted_loss = true;
    }

    /// Writes what differs to each file, and opens them. `records_log_end` is false if the log is not
    /// synced: its end may be lost in a power cut.
    pub(crate) fn open(self, records_log_end: bool) -> Result<Keyring, KeyringError> {
        let known = Known::new(self.len());
        let content = Content {
            header: self.header,
            slots: self.slots,
        };
        let copies = Copies::open(&self.data, &self.found, (&content, self.is_changed))?;
        Ok(Keyring {
            master: self.master,
            copies: Arc::new(copies),
            records_log_end,
            header: Arc::new(Mutex::new(content.header)),
            known: Arc::new(RwLock::new(known)),
        })
    }
}
