//! Tables: ordered maps that track their changed rows, and of which memory holds only a part.
//!
//! The other rows are in a store, which the core cannot read. A table is a window onto them: a lookup
//! that depends on a row outside is noted as a [`Need`] and finds nothing. What was decided or shown
//! with such a lookup is void: the caller takes the needs, has the rows loaded, and starts again. So a
//! row that nobody asked for in advance can delay an answer but never change it.

mod evict;
mod seen;
#[cfg(test)]
pub(crate) mod stored;
#[cfg(test)]
mod tests;
mod window;

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;
use serde::de::DeserializeOwned;
use twox_hash::XxHash3_64;

use crate::codec;

use seen::Seen;
use window::Window;
pub use window::{End, Found, Need};

/// A stored row: its key with the table's tag first, and its value or `None` if it was removed.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// Rows to write to the store. Of a key that occurs twice in a part, the last row counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows that are loaded at start.
    pub resident: Vec<Row>,
    /// Rows that are loaded when they are needed.
    pub cold: Vec<Row>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.resident.is_empty() && self.cold.is_empty()
    }

    fn part(&mut self, part: Part) -> &mut Vec<Row> {
        match part {
            Part::Resident => &mut self.resident,
            Part::Cold => &mut self.cold,
        }
    }
}

/// The part of the store that has a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Resident,
    Cold,
}

/// A map that tracks its changed keys until [`take_changed`](Self::take_changed).
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    /// Boxed, because rows are large and the nodes of a B-tree are often half empty.
    rows: BTreeMap<K, Box<Slot<V>>>,
    /// Changed keys. A key may occur more than once if its row was removed.
    changed: Vec<K>,
    /// Keys of rows that were removed after they were stored. Most removed rows never were.
    removed: Vec<(K, Part)>,
    /// Which rows must stay in memory.
    stays: fn(&V) -> bool,
    /// What is known of the rows that are not in memory; `None` if all are.
    window: Option<Window<K>>,
    /// Stored rows that may leave memory, in the order in which they are looked at next.
    leavers: VecDeque<K>,
    /// Which keys may have a stored row that is not in memory; without one, all.
    filter: Option<Filter<K>>,
}

#[derive(Clone, Debug)]
struct Filter<K> {
    seen: Seen,
    hash: fn(&K) -> u64,
}

/// The bit of a tag that the rows of the filter of a table have besides.
pub(crate) const FILTER: u8 = 0x40;

#[derive(Clone, Debug)]
struct Slot<V> {
    row: V,
    changed: bool,
    /// The part of the store that has it.
    stored: Option<Part>,
    /// Whether it was read since it was last looked at for leaving.
    used: Cell<bool>,
    /// Whether it is one of the leavers.
    queued: bool,
}

/// A table without rows, all of whose rows stay in memory.
impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self::with_cold(|_| true)
    }
}

/// Compares the rows in memory, not which of them changed.
impl<K: Ord + Clone, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K, V> Table<K, V> {
    /// A table without rows. Rows for which `stays` is false may leave memory once they are stored.
    pub(crate) const fn with_cold(stays: fn(&V) -> bool) -> Self {
        Self {
            rows: BTreeMap::new(),
            changed: Vec::new(),
            removed: Vec::new(),
            stays,
            window: None,
            leavers: VecDeque::new(),
            filter: None,
        }
    }

    /// The same for a table in which new keys are often looked up.
    pub(crate) fn with_filter(stays: fn(&V) -> bool) -> Self
    where
        K: Serialize,
    {
        let filter = Filter {
            seen: Seen::new(),
            hash: hash::<K>,
        };
        Self {
            filter: Some(filter),
            ..Self::with_cold(stays)
        }
    }

    /// The number of rows in memory.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether no row is in memory.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// The row with a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        let Some(slot) = self.rows.get(key) else {
            window::miss(self.window.as_ref(), self.filter.as_ref(), key);
            return None;
        };
        slot.used.set(true);
        Some(&slot.row)
    }

    /// The row with a key, if it is in memory.
    pub fn peek(&self, key: &K) -> Option<&V> {
        self.rows.get(key).map(|slot| &slot.row)
    }

    /// The row with a key, marked as changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let Some(slot) = self.rows.get_mut(key) else {
            window::miss(self.window.as_ref(), self.filter.as_ref(), key);
            return None;
        };
        Some(slot.touch(key, &mut self.changed))
    }

    /// The row with a key, marked as changed; inserts a default row if it is missing.
    pub fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        if !self.rows.contains_key(&key) {
            window::miss(self.window.as_ref(), self.filter.as_ref(), &key);
            self.know_present(&key);
        }
        let entry = self.rows.entry(key);
        let key = entry.key().clone();
        let slot = entry.or_insert_with(|| Box::new(Slot::new(V::default(), None)));
        slot.touch(&key, &mut self.changed)
    }

    /// Inserts a row, or replaces one that is in memory. Another row of this key must not be stored.
    pub fn insert(&mut self, key: K, row: V) {
        if let Some(slot) = self.rows.get_mut(&key) {
            *slot.touch(&key, &mut self.changed) = row;
            return;
        }
        self.know_present(&key);
        let mut slot = Slot::new(row, None);
        slot.touch(&key, &mut self.changed);
        self.rows.insert(key, Box::new(slot));
    }

    /// Removes a row.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let Some(slot) = self.rows.remove(key) else {
            window::miss(self.window.as_ref(), self.filter.as_ref(), key);
            return None;
        };
        if let Some(part) = slot.stored {
            self.removed.push((key.clone(), part));
        }
        // Also if it was not stored: the store may still have an earlier row of this key.
        self.know_absent(key);
        Some(slot.row)
    }

    /// All rows in memory, in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, slot)| (key, &slot.row))
    }

    /// The rows in memory of a range of keys, in order.
    pub fn range(
        &self,
        range: impl std::ops::RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.range(range).map(|(key, slot)| (key, &slot.row))
    }
}

impl<V> Slot<V> {
    const fn new(row: V, stored: Option<Part>) -> Self {
        Self {
            row,
            changed: false,
            stored,
            used: Cell::new(true),
            queued: false,
        }
    }

    /// The row, marked as changed.
    fn touch<K: Clone>(&mut self, key: &K, changed: &mut Vec<K>) -> &mut V {
        if !self.changed {
            self.changed = true;
            changed.push(key.clone());
        }
        self.used.set(true);
        &mut self.row
    }
}

impl<K, V> Table<K, V>
where
    K: Ord + Clone + Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    /// Adds the rows changed since the last call to `out`, under `tag`. A row that was removed and
    /// inserted again occurs twice, removed first.
    pub fn take_changed(&mut self, tag: u8, out: &mut Changes) {
        for (key, part) in std::mem::take(&mut self.removed) {
            out.part(part).push((name(tag, &key), None));
        }
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        for key in changed {
            let Some(slot) = self.rows.get_mut(&key) else {
                continue;
            };
            let part = if (self.stays)(&slot.row) {
                Part::Resident
            } else {
                Part::Cold
            };
            let name = name(tag, &key);
            if let Some(old) = slot.stored.filter(|old| *old != part) {
                out.part(old).push((name.clone(), None));
            }
            let value = codec::encode_row(&slot.row);
            out.part(part).push((name, Some(value)));
            (slot.changed, slot.stored) = (false, Some(part));
            if part == Part::Cold
                && let Some(filter) = &mut self.filter
            {
                filter.seen.add((filter.hash)(&key));
            }
            if part == Part::Cold && !slot.queued {
                slot.queued = true;
                self.leavers.push_back(key);
            }
        }
        if let Some(filter) = &mut self.filter {
            filter.seen.take_changed(FILTER | tag, &mut out.resident);
        }
    }

    /// Restores a resident row; `key` excludes the tag.
    pub fn load(&mut self, key: &[u8], value: &[u8]) -> Result<(), codec::Error> {
        let slot = Slot::new(codec::decode(value)?, Some(Part::Resident));
        self.rows.insert(codec::decode(key)?, Box::new(slot));
        Ok(())
    }
}

impl<K, V> Table<K, V> {
    /// Restores a row of the filter; `key` excludes the tag.
    pub(crate) fn load_filter(&mut self, key: &[u8], value: &[u8]) -> Result<(), codec::Error> {
        match &mut self.filter {
            Some(filter) => filter.seen.load(key, value),
            None => Err(codec::Error::Truncated {
                wanted: "row of a table with a filter",
            }),
        }
    }
}

/// The hash of a key for a filter. It is stored, so it must not change.
fn hash<K: Serialize>(key: &K) -> u64 {
    XxHash3_64::oneshot(&codec::encode(key))
}

/// The name of a row in the store. The order of names is the order of the keys.
fn name<K: Serialize>(tag: u8, key: &K) -> Vec<u8> {
    let mut name = vec![tag];
    name.extend(codec::encode(key));
    name
}
