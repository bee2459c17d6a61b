//! The key file and its copy: reading, repairing each from the other, and writing both.

use std::borrow::Cow;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use chat::chance::Chance;
use chat::seal::SealKey;

use super::error::KeyringError;
use super::format::{self, HEADER_BYTES, Header, MAGIC, SLOT_BYTES, Slot};

/// The names of the two files.
const NAMES: [&str; 2] = ["keys", "keys.copy"];

/// The content of the files.
pub(super) struct Content {
    pub(super) header: Header,
    /// Whole slots.
    pub(super) slots: Vec<u8>,
}

/// The two files.
pub(super) struct Copies {
    files: [(PathBuf, File); 2],
}

/// What was found in a data directory.
pub(crate) struct Found {
    /// The merged content; `None` if there are no files.
    pub(super) content: Option<Content>,
    files: [State; 2],
}

/// What a file has of the merged content.
#[derive(PartialEq, Eq)]
enum State {
    Missing,
    /// Other slots.
    Differs,
    /// The slots. The header may be older, or damaged.
    Slots(Vec<u8>),
}

impl State {
    fn of(file: Option<&[u8]>, merged: &[u8]) -> Self {
        match file.map(|file| file.split_at_checked(HEADER_BYTES)) {
            None => Self::Missing,
            Some(Some((header, slots))) if slots == merged => Self::Slots(header.to_owned()),
            Some(_) => Self::Differs,
        }
    }
}

impl Found {
    /// What is recorded of the log.
    pub(crate) fn header(&self) -> Option<&Header> {
        self.content.as_ref().map(|content| &content.header)
    }

    /// The numbers of the slots that are damaged in both files.
    pub(crate) fn damaged(&self) -> impl Iterator<Item = u32> + use<'_> {
        let slots = self.content.as_ref().map(|content| &content.slots[..]);
        slots_of(slots.unwrap_or_default())
            .filter(|(number, slot)| Slot::decode(*number, &slot[..]) == Slot::Damaged)
            .map(|(number, _)| number)
    }

    /// The files that are missing or damaged while the other one is not. A running broker writes the
    /// headers one after the other, so that valid headers may differ.
    pub(crate) fn repairable(&self, data: &Path) -> Vec<PathBuf> {
        let is_whole = |file: &State| match file {
            State::Slots(header) => Header::decode(header).is_some(),
            State::Missing | State::Differs => false,
        };
        NAMES
            .iter()
            .zip(&self.files)
            .filter(|(_, file)| self.content.is_some() && !is_whole(file))
            .map(|(name, _)| data.join(name))
            .collect()
    }
}

/// The path of the first file.
pub(super) fn path(data: &Path) -> PathBuf {
    data.join(NAMES[0])
}

/// Reads both files and merges them. Changes nothing.
pub(crate) fn read(
    data: &Path,
    master: &SealKey,
    chance: &mut Chance,
) -> Result<Found, KeyringError> {
    let mut bytes = [None, None];
    for (name, bytes) in NAMES.iter().zip(&mut bytes) {
        *bytes = read_file(&data.join(name))?;
    }
    let mut newest: Option<Header> = None;
    for (name, bytes) in NAMES.iter().zip(&bytes) {
        let Some(header) = bytes.as_deref().and_then(Header::decode) else {
            continue;
        };
        if !header.is_sealed_by(master) {
            let path = data.join(name);
            return Err(KeyringError::WrongMaster { path });
        }
        if newest
            .as_ref()
            .is_none_or(|newest| newest.log.position < header.log.position)
        {
            newest = Some(header);
        }
    }
    if bytes == [None, None] {
        return Ok(Found {
            content: None,
            files: [State::Missing, State::Missing],
        });
    }
    let [one, other] = bytes.each_ref().map(|file| slots(file.as_deref(), master));
    let slots = merge(data, &one, &other)?;
    let header = match newest {
        Some(header) => header,
        None => new_header(data, &slots, &bytes, master, chance)?,
    };
    let files = bytes.map(|file| State::of(file.as_deref(), &slots));
    Ok(Found {
        content: Some(Content { header, slots }),
        files,
    })
}

/// The header of files that have none: of version 1, or with damaged headers. The slots must show that
/// the master key is right.
fn new_header(
    data: &Path,
    slots: &[u8],
    bytes: &[Option<Vec<u8>>; 2],
    master: &SealKey,
    chance: &mut Chance,
) -> Result<Header, KeyringError> {
    let opens = |(number, slot): (u32, &[u8; SLOT_BYTES])| match Slot::decode(number, slot) {
        Slot::Key(sealed) => Some(master.open(sealed, &number.to_be_bytes()).is_some()),
        Slot::Destroyed | Slot::Lost | Slot::Damaged => None,
    };
    let path = path(data);
    if let Some(opens) = slots_of(slots).find_map(opens) {
        return if opens {
            Ok(Header::new(master, chance))
        } else {
            Err(KeyringError::WrongMaster { path })
        };
    }
    // A file of version 1 has no copy; this master key opens none of its slots.
    match bytes {
        [Some(old), None] if !old.starts_with(MAGIC) && old.iter().any(|byte| *byte != 0) => {
            Err(KeyringError::WrongMaster { path })
        }
        _ => Err(KeyringError::Damaged { path }),
    }
}

fn read_file(path: &Path) -> Result<Option<Vec<u8>>, KeyringError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(path, "read")(error)),
    }
}

/// The slots of a file, converted if it is of version 1.
fn slots<'a>(file: Option<&'a [u8]>, master: &SealKey) -> Cow<'a, [u8]> {
    let file = file.unwrap_or_default();
    let converted = if file.starts_with(MAGIC) {
        None
    } else {
        format::convert_version_1(file, master)
    };
    converted.map_or_else(
        || Cow::Borrowed(file.get(HEADER_BYTES..).unwrap_or_default()),
        Cow::Owned,
    )
}

/// Takes each slot from the file where it is valid. A destroyed key stays destroyed: the write to the
/// other file was interrupted, or the other file is older.
fn merge(data: &Path, one: &[u8], other: &[u8]) -> Result<Vec<u8>, KeyringError> {
    let longest = if one.len() >= other.len() { one } else { other };
    let mut merged = Vec::with_capacity(longest.len());
    for (number, _) in slots_of(longest) {
        let [one, other] = [one, other].map(|slots| slot_at(slots, number));
        let best = match (Slot::decode(number, one), Slot::decode(number, other)) {
            (Slot::Key(a), Slot::Key(b)) if a != b => {
                let path = path(data);
                return Err(KeyringError::Conflict { path, number });
            }
            (Slot::Destroyed, _) => one,
            (_, Slot::Destroyed) => other,
            (Slot::Key(_), _) => one,
            (_, Slot::Key(_)) => other,
            (Slot::Lost, _) => one,
            (_, Slot::Lost) => other,
            (Slot::Damaged, Slot::Damaged) => &[0; SLOT_BYTES],
        };
        merged.extend(best);
    }
    Ok(merged)
}

/// The whole slots with their numbers. An interrupted extension leaves part of one at the end.
pub(super) fn slots_of(slots: &[u8]) -> impl Iterator<Item = (u32, &[u8; SLOT_BYTES])> {
    (0..).zip(slots.as_chunks::<SLOT_BYTES>().0)
}

/// The place of a slot in a file.
pub(super) const fn place(number: u32) -> u64 {
    HEADER_BYTES as u64 + number as u64 * SLOT_BYTES as u64
}

/// The bytes of a slot; empty after the last.
pub(super) fn slot_at(slots: &[u8], number: u32) -> &[u8] {
    let at = number as usize * SLOT_BYTES;
    slots.get(at..at + SLOT_BYTES).unwrap_or_default()
}

impl Copies {
    /// Opens both files, after bringing each to this content. `is_changed` says whether its slots are
    /// others than those found.
    pub(super) fn open(
        data: &Path,
        found: &Found,
        (content, is_changed): (&Content, bool),
    ) -> Result<Self, KeyringError> {
        let header = content.header.encode();
        let mut are_headers_equal = true;
        for (name, file) in NAMES.iter().zip(&found.files) {
            let path = data.join(name);
            if let State::Slots(old_header) = file
                && !is_changed
            {
                are_headers_equal &= *old_header == header;
                continue;
            }
            if !found.files.contains(&State::Missing) {
                tracing::warn!(path = %path.display(), "repairing the key file");
            }
            let whole = [&header[..], &content.slots].concat();
            replace(&path, &whole).map_err(failed(&path, "write"))?;
        }
        let open = |name| {
            let path = data.join(name);
            let file = OpenOptions::new().read(true).write(true).open(&path);
            Ok((path.clone(), file.map_err(failed(&path, "open"))?))
        };
        let [first, second] = NAMES;
        let copies = Self {
            files: [open(first)?, open(second)?],
        };
        if !are_headers_equal {
            // Normal after a crash, and needs no space on the disk.
            copies.write(&[(0, header)], "write the header of")?;
        }
        Ok(copies)
    }

    /// Reads a slot. One that cannot be read in the first file, or is just being written there, is read
    /// from the second.
    pub(super) fn slot(&self, number: u32) -> Result<[u8; SLOT_BYTES], KeyringError> {
        let (mut slot, mut fault) = ([0; SLOT_BYTES], None);
        for (path, file) in &self.files {
            match file.read_exact_at(&mut slot, place(number)) {
                Ok(()) if Slot::decode(number, &slot) != Slot::Damaged => return Ok(slot),
                Ok(()) => {}
                Err(error) => fault = Some(failed(path, "read")(error)),
            }
        }
        fault.map_or(Ok(slot), Err)
    }

    /// Writes to both files, the second after the first is durable.
    pub(super) fn write(
        &self,
        parts: &[(u64, Vec<u8>)],
        action: &'static str,
    ) -> Result<(), KeyringError> {
        for (path, file) in &self.files {
            for (at, bytes) in parts {
                file.write_all_at(bytes, *at)
                    .map_err(failed(path, action))?;
            }
            file.sync_data().map_err(failed(path, action))?;
        }
        Ok(())
    }

    /// Writes the header to both files, without waiting until it is durable.
    pub(super) fn write_header(&self, header: &Header) -> Result<(), KeyringError> {
        let bytes = header.encode();
        for (path, file) in &self.files {
            let written = file.write_all_at(&bytes, 0);
            written.map_err(failed(path, "write the header of"))?;
        }
        Ok(())
    }
}

/// Replaces a file, completely or not at all, readable by its owner only.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    path.parent()
        .map_or(Ok(()), |dir| File::open(dir)?.sync_all())
}

fn failed(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> KeyringError + use<> {
    let path = path.to_owned();
    move |source| KeyringError::File {
        action,
        path,
        source,
    }
}
