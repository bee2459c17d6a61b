//! Moves old rows from sled to merged files.
//!
//! The order makes a crash harmless at any moment: a file is written, synced and named; only then
//! its rows are removed from sled. What is left of them after a crash is removed by the next merge.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::Error;
use crate::copy::merged::file::FileWriter;
use crate::copy::page;
use crate::copy::rows::Rows;
use crate::copy::sled_copy::SledCopy;
use crate::copy::store::{Store, guarded};
use crate::error::Range;
use crate::journal::frame;

/// Files' worth of rows in sled from which merges should hurry.
const BEHIND_FILES: u64 = 2;
/// Files' worth of rows in sled from which writes should wait for a merge: 64 MiB by default.
const FULL_FILES: u64 = 4;

/// Merges the rows of one store.
pub(crate) struct Merging {
    store: Arc<Store>,
    rows: Rows,
    copy: SledCopy,
    /// Length of the rows from which a file is closed.
    file_bytes: u64,
    /// The store counts all rows in sled, those of earlier runs included.
    counted: AtomicBool,
}

/// The result of writing frames to a file.
struct Written {
    writer: FileWriter,
    last: u64,
}

impl Merging {
    pub(crate) fn new(store: Arc<Store>, file_bytes: u64) -> Self {
        Self {
            rows: Rows::new(&store),
            copy: SledCopy::new(&store),
            store,
            file_bytes,
            counted: AtomicBool::new(false),
        }
    }

    /// Whether enough rows are known to be in sled for merges to hurry.
    pub(crate) fn is_behind(&self) -> bool {
        self.store.bytes() >= self.file_bytes.saturating_mul(BEHIND_FILES)
    }

    /// Bytes of rows in sled from which writes should wait while a merge runs.
    pub(crate) fn full_bytes(&self) -> u64 {
        self.file_bytes.saturating_mul(FULL_FILES)
    }

    /// Merges all rows up to the position `head` that are worth a file, and leaves the newest in
    /// sled. Calls `pace` often; stops when that breaks.
    pub(crate) fn run(
        &self,
        head: impl Fn() -> u64,
        mut pace: impl FnMut() -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut from = 1;
        while let Some(first) = self.rows.first_in_sled(from)?
            && first <= head()
            && pace().is_continue()
        {
            let next = match self.store.merged.containing(first) {
                Some(file) => self.complete(file.range, &mut pace)?,
                None => self.merge(first, head(), &mut pace)?,
            };
            let Some(next) = next else {
                break;
            };
            from = next;
        }
        Ok(())
    }

    /// Writes a file that starts with page `first`, or finds that sled has too few rows for one.
    /// Returns where to continue.
    fn merge(
        &self,
        first: u64,
        head: u64,
        pace: &mut impl FnMut() -> ControlFlow<()>,
    ) -> Result<Option<u64>, Error> {
        let next_file = self.store.merged.containing_or_after(first);
        let limit = next_file.as_ref().map_or(head, |file| file.range.first - 1);
        if next_file.is_none() && !self.has_enough(first)? {
            return Ok(None);
        }
        let range = Range { first, last: limit };
        let Some(written) = self.write(range, self.file_bytes, pace)? else {
            // Not the start of a readable frame: leaves it to the scrubber.
            return self.copy.next_frame_start(first + 1);
        };
        let last = written.last;
        self.store.merged.install(written.writer, last)?;
        tracing::debug!(first, last, "merged rows of the sled copy into a file");
        self.remove(Range { first, last }, pace)?;
        Ok(Some(last + 1))
    }

    /// Finishes what a crash interrupted, or writes a damaged file again if sled has its rows.
    /// Returns where to continue.
    fn complete(
        &self,
        range: Range,
        pace: &mut impl FnMut() -> ControlFlow<()>,
    ) -> Result<Option<u64>, Error> {
        if self.remove(range, pace)? {
            return Ok(Some(range.last + 1));
        }
        let written = self.write(range, u64::MAX, pace)?;
        if let Some(written) = written.filter(|written| written.last == range.last) {
            self.store.merged.install(written.writer, range.last)?;
            tracing::warn!(positions = %range, "replaced a damaged file of merged rows");
            self.remove(range, pace)?;
        }
        Ok(Some(range.last + 1))
    }

    /// Whether sled has enough rows for a file that starts with page `first`, and some to keep.
    fn has_enough(&self, first: u64) -> Result<bool, Error> {
        let wanted = self.file_bytes.saturating_add(self.file_bytes / 4);
        if self.counted.load(Ordering::Relaxed) {
            return Ok(self.store.bytes() >= wanted);
        }
        let mut bytes = 0;
        for row in self.store.tree.range(page::page_key(first)..) {
            let (key, value) = guarded("read", &self.store.path, || row)?;
            bytes += (key.len() + value.len()) as u64;
            if bytes >= wanted {
                return Ok(true);
            }
        }
        self.store.set_bytes(bytes);
        self.counted.store(true, Ordering::Relaxed);
        Ok(false)
    }

    /// Writes frames to a file until it has `bytes` of rows, the range ends or a frame is damaged.
    /// Returns `None` without a frame, and if `pace` breaks.
    fn write(
        &self,
        range: Range,
        bytes: u64,
        pace: &mut impl FnMut() -> ControlFlow<()>,
    ) -> Result<Option<Written>, Error> {
        // What another read has cached may be damaged on the disk.
        let copy = self.copy.with_own_cache();
        let mut written: Option<Written> = None;
        let mut next = range.first;
        while next <= range.last {
            if pace().is_break() {
                return Ok(None);
            }
            let stored = copy.frame_at(next).ok().flatten();
            let Some(frame) = stored.as_deref().and_then(frame::parse_valid) else {
                break;
            };
            let last = frame.header.last();
            if last > range.last {
                break;
            }
            let mut writer = match written.take() {
                Some(written) => written.writer,
                None => self.store.merged.create(range.first)?,
            };
            for row in page::rows(&frame) {
                writer.push(&row)?;
            }
            let full = writer.bytes() >= bytes;
            written = Some(Written { writer, last });
            next = last + 1;
            if full {
                break;
            }
        }
        Ok(written)
    }

    /// Removes the rows of a range from sled that a file contains as well. Returns `false` if
    /// others remain.
    fn remove(
        &self,
        range: Range,
        pace: &mut impl FnMut() -> ControlFlow<()>,
    ) -> Result<bool, Error> {
        let rows = self.rows.with_own_cache();
        let mut all = true;
        let keys = page::page_key(range.first)..page::page_key(range.last + 1);
        for row in self.store.tree.range(keys) {
            let (key, value) = guarded("read", &self.store.path, || row)?;
            if rows.is_merged(&key, &value) {
                self.store.remove(&key, key.len() + value.len())?;
            } else {
                all = false;
            }
            if pace().is_break() {
                break;
            }
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests;
