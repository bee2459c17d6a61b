//! The rows of the copy: the newest in sled, the others in merged files.
//!
//! A row may be in both, after a crash and after a repair; then that of sled counts. Rows are
//! removed from sled only after the file that contains them is durable, so a reader that looks in
//! sled first finds every row.

use std::ops::{Deref, Range};
use std::path::PathBuf;
use std::sync::Arc;

use sled::IVec;

use crate::Error;
use crate::copy::merged::files::MergedReader;
use crate::copy::merged::group::Group;
use crate::copy::page::{Row, key_parts, page_key};
use crate::copy::store::{Store, guarded};

/// Reads rows. Cheap to clone; clones share a cache of groups.
#[derive(Clone)]
pub(crate) struct Rows {
    tree: sled::Tree,
    merged: MergedReader,
    pub(crate) path: PathBuf,
}

/// The value of a row.
#[derive(Clone)]
pub(crate) enum Value {
    Sled(IVec),
    Merged(Arc<Group>, Range<usize>),
}

impl Deref for Value {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Sled(value) => value,
            Self::Merged(group, range) => group.bytes(range),
        }
    }
}

impl Rows {
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            tree: store.tree.clone(),
            merged: MergedReader::new(Arc::clone(&store.merged)),
            path: store.path.clone(),
        }
    }

    /// Returns a reader with its own cache, which finds damage of a group that another has cached.
    pub(crate) fn with_own_cache(&self) -> Self {
        Self {
            merged: MergedReader::new(Arc::clone(&self.merged.files)),
            ..self.clone()
        }
    }

    /// Returns the value of a key. Fails if the group that should contain it is damaged.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<Value>, Error> {
        if let Some(value) = self.call(|| self.tree.get(key))? {
            return Ok(Some(Value::Sled(value)));
        }
        let Some((position, chunk)) = key_parts(key) else {
            return Ok(None);
        };
        self.merged_value(position, chunk)
    }

    fn merged_value(&self, position: u64, chunk: u32) -> Result<Option<Value>, Error> {
        let group = self.merged.group_at(position)?;
        Ok(group.and_then(|group| {
            let range = group.find(position, chunk)?;
            Some(Value::Merged(group, range))
        }))
    }

    /// Whether a merged file contains this row.
    pub(crate) fn is_merged(&self, key: &[u8], value: &[u8]) -> bool {
        let Some((position, chunk)) = key_parts(key) else {
            return false;
        };
        let merged = self.merged_value(position, chunk);
        merged.is_ok_and(|merged| merged.is_some_and(|merged| *merged == *value))
    }

    /// Returns the value of the page that follows the one with the value `previous`: faster than
    /// [`Rows::get`] if it is in the same group.
    pub(crate) fn next_value(&self, first: u64, previous: &Value) -> Result<Option<Value>, Error> {
        if let Value::Merged(group, _) = previous
            && let Some(range) = group.find(first, 0)
        {
            return Ok(Some(Value::Merged(Arc::clone(group), range)));
        }
        self.get(&page_key(first))
    }

    /// Returns the last page that starts at or before `position`: the page that should contain it.
    pub(crate) fn page_at(&self, position: u64) -> Result<Option<(u64, Value)>, Error> {
        let after = page_key(position.saturating_add(1));
        let found = self.call(|| self.tree.range(..after).next_back().transpose())?;
        let in_sled = found.and_then(|(key, value)| Some((key_parts(&key)?, value)));
        let merged = match self.merged.page_start(position) {
            // A damaged group does not hide a page in sled; the caller checks that it is the right
            // one.
            Err(_) if in_sled.is_some() => None,
            found => found?,
        };
        match in_sled {
            Some(((first, chunk), value)) if merged.is_none_or(|merged| merged <= first) => {
                let value = match chunk {
                    0 => Some(Value::Sled(value)),
                    _ => self.get(&page_key(first))?,
                };
                Ok(value.map(|value| (first, value)))
            }
            Some(_) | None => {
                let Some(first) = merged else {
                    return Ok(None);
                };
                let value = self.merged_value(first, 0)?;
                Ok(value.map(|value| (first, value)))
            }
        }
    }

    /// Returns the first page that starts at or after `from`. Ignores damaged groups.
    pub(crate) fn next_page(&self, from: u64) -> Result<Option<u64>, Error> {
        let merged = self.merged.next_page(from);
        let in_sled = self.first_in_sled(from)?;
        Ok(match (in_sled, merged) {
            (Some(sled), Some(merged)) => Some(sled.min(merged)),
            (sled, merged) => sled.or(merged),
        })
    }

    /// Returns the first page in sled that starts at or after `from`.
    pub(crate) fn first_in_sled(&self, from: u64) -> Result<Option<u64>, Error> {
        for key in self.tree.range(page_key(from)..).keys() {
            let key = self.call(|| key)?;
            if let Some((first, 0)) = key_parts(&key) {
                return Ok(Some(first));
            }
        }
        Ok(None)
    }

    /// Returns the position of the last key before the page that starts at `before`.
    pub(crate) fn last_before(&self, before: u64) -> Result<Option<u64>, Error> {
        let found = self.call(|| {
            let mut range = self.tree.range(..page_key(before));
            range.next_back().transpose()
        })?;
        let in_sled = match found {
            Some((key, _)) => {
                let (position, _) = key_parts(&key).ok_or_else(|| self.damaged(0))?;
                Some(position)
            }
            None => None,
        };
        if in_sled.is_some_and(|position| position > self.merged.files.last()) {
            return Ok(in_sled);
        }
        Ok(in_sled.max(self.merged.last_page(before)?))
    }

    /// Returns the last position with a key, whether or not it can be read, or 0 without one.
    pub(crate) fn last_position(&self) -> Result<u64, Error> {
        let last = self.call(|| self.tree.last())?;
        let in_sled = last.and_then(|(key, _)| key_parts(&key));
        let in_sled = in_sled.map_or(0, |(position, _)| position);
        Ok(in_sled.max(self.merged.files.last()))
    }

    /// The number of rows. Counts a row once that is in sled and in a merged file.
    pub(crate) fn count(&self) -> Result<u64, Error> {
        let mut count = self.merged.files.rows();
        for key in self.tree.iter().keys() {
            let key = self.call(|| key)?;
            let merged = match key_parts(&key) {
                Some((position, chunk)) => self.merged_value(position, chunk)?,
                None => None,
            };
            count += u64::from(merged.is_none());
        }
        Ok(count)
    }

    /// Writes rows to sled. A later barrier makes them durable.
    pub(crate) fn put(&self, rows: Vec<Row>) -> Result<(), Error> {
        guarded("write", &self.path, || {
            for (key, value) in rows {
                self.tree.insert(key, value)?;
            }
            Ok(())
        })
    }

    /// Removes the rows in sled after position `last`. Returns their number.
    pub(crate) fn remove_after(&self, last: u64) -> Result<usize, Error> {
        let mut removed = 0;
        for key in self.tree.range(page_key(last + 1)..).keys() {
            let key = self.call(|| key)?;
            self.call(|| self.tree.remove(key))?;
            removed += 1;
        }
        Ok(removed)
    }

    fn call<T>(&self, call: impl FnOnce() -> sled::Result<T>) -> Result<T, Error> {
        guarded("read", &self.path, call)
    }

    pub(crate) fn damaged(&self, position: u64) -> Error {
        Error::CopyDamaged {
            path: self.path.clone(),
            position,
        }
    }
}
