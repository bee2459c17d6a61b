//! What a table knows of the rows that are not in memory.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::ops::Bound;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Filter, Part, Slot, Table, name};
use crate::codec;

/// The fewest rows of a range that are loaded at once. Tests load fewer, so that ranges take several
/// rounds.
const RANGE_ROWS_MIN: usize = if cfg!(test) { 2 } else { 64 };

/// What must be loaded from the store before something can be decided or shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The row with this name.
    Row(Vec<u8>),
    /// Rows of a range.
    Range {
        /// The range starts after this name.
        after: Vec<u8>,
        /// The range ends with this name.
        until: Vec<u8>,
        /// Which rows of it come first.
        from: End,
        /// How many rows.
        count: usize,
    },
}

/// An end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// The smallest names.
    First,
    /// The largest names.
    Last,
}

/// What the store has for a [`Need`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The value of a row; `None` if there is no such row.
    Row(Vec<u8>, Option<Vec<u8>>),
    /// All rows of a range: that of [`Need::Range`], or the part of it that has `count` rows.
    Range {
        /// The range starts after this name: if earlier rows are left out, that of the last of them.
        after: Vec<u8>,
        /// The range ends with this name: if later rows are left out, that of the last row.
        until: Vec<u8>,
        /// The names and values, in any order.
        rows: Vec<(Vec<u8>, Vec<u8>)>,
    },
}

impl Found {
    /// The tag of the table.
    pub(crate) fn tag(&self) -> u8 {
        let (Self::Row(name, _) | Self::Range { until: name, .. }) = self;
        name.first().copied().unwrap_or_default()
    }
}

/// What is known of the rows that are not in memory.
#[derive(Clone, Debug)]
pub(super) struct Window<K> {
    /// Keys that have no row.
    absent: BTreeSet<K>,
    /// Ranges of which all rows are in memory: the key before the first, and the last. They neither
    /// overlap nor touch.
    complete: BTreeMap<K, K>,
    /// What lookups missed.
    missed: RefCell<Missed<K>>,
}

#[derive(Clone, Debug)]
struct Missed<K> {
    rows: BTreeSet<K>,
    ranges: BTreeMap<(K, K, End), usize>,
}

impl<K> Default for Window<K> {
    fn default() -> Self {
        Self {
            absent: BTreeSet::new(),
            complete: BTreeMap::new(),
            missed: RefCell::new(Missed {
                rows: BTreeSet::new(),
                ranges: BTreeMap::new(),
            }),
        }
    }
}

impl<K: Ord + Clone> Window<K> {
    /// A window of which some keys are known to have no row.
    pub(super) fn new(absent: BTreeSet<K>) -> Self {
        Self {
            absent,
            ..Self::default()
        }
    }

    /// The key after which all rows until `before` are in memory.
    fn complete_after(&self, before: &K) -> Option<&K> {
        let (after, end) = self.complete.range(..before).next_back()?;
        (end >= before).then_some(after)
    }

    /// The key until which all rows after `after` are in memory.
    fn complete_until(&self, after: &K) -> Option<&K> {
        let (_, end) = self.complete.range(..=after).next_back()?;
        (end > after).then_some(end)
    }

    /// Whether it is known that a key that is not in memory has no row.
    fn lacks(&self, key: &K) -> bool {
        let within = self.complete.range(..key).next_back();
        self.absent.contains(key) || within.is_some_and(|(_, end)| end >= key)
    }

    /// Records that all rows of a range are in memory.
    fn complete(&mut self, mut after: K, mut until: K) {
        let touching = self.complete.range(..=&until).rev();
        let touching: Vec<K> = touching
            .take_while(|(_, end)| **end >= after)
            .map(|(start, _)| start.clone())
            .collect();
        for start in touching {
            if let Some(end) = self.complete.remove(&start) {
                until = until.max(end);
            }
            after = after.min(start);
        }
        self.complete.insert(after, until);
    }

    /// Records that a row is not in memory any more. What is before it in its range is not followed.
    pub(super) fn evicted(&mut self, key: &K) {
        let Some((start, end)) = self.complete.range(..key).next_back() else {
            return;
        };
        if end >= key {
            let (start, end) = (start.clone(), end.clone());
            self.complete.remove(&start);
            if end > *key {
                self.complete.insert(key.clone(), end);
            }
        }
    }

    /// The number of ranges of which all rows are in memory.
    pub(super) fn complete_len(&self) -> usize {
        self.complete.len()
    }

    /// Forgets which ranges are in memory. They are loaded again when they are needed.
    pub(super) fn forget_complete(&mut self) {
        self.complete.clear();
    }

    /// The number of keys that are known to have no row.
    pub(super) fn absent_len(&self) -> usize {
        self.absent.len()
    }

    /// Forgets which keys have no row, but these, of which the store may still have one.
    pub(super) fn forget_absent(&mut self, removed: BTreeSet<K>) {
        self.absent = removed;
    }
}

/// Notes that a row is needed, unless it is known not to exist.
pub(super) fn miss<K: Ord + Clone>(
    window: Option<&Window<K>>,
    filter: Option<&Filter<K>>,
    key: &K,
) {
    let Some(window) = window else { return };
    let is_new = |filter: &Filter<K>| !filter.seen.may_have((filter.hash)(key));
    if !window.lacks(key) && !filter.is_some_and(is_new) {
        window.missed.borrow_mut().rows.insert(key.clone());
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// Records that there is no row with this key.
    pub(crate) fn know_absent(&mut self, key: &K) {
        if let Some(window) = &mut self.window {
            window.absent.insert(key.clone());
        }
    }

    /// Records that a row is inserted.
    pub(super) fn know_present(&mut self, key: &K) {
        if let Some(window) = &mut self.window {
            window.absent.remove(key);
        }
    }

    /// Records that the table has no row after one key and until another besides those in memory.
    pub(crate) fn know_complete(&mut self, after: K, until: K) {
        if let Some(window) = &mut self.window {
            window.complete(after, until);
        }
    }

    /// The rows between two keys, the largest key first. Ends early, with a need, where a row may be
    /// missing in memory.
    pub fn back(&self, after: K, before: K) -> impl Iterator<Item = (&K, &V)> {
        let known = self
            .window
            .as_ref()
            .map(|window| match window.complete_after(&before) {
                Some(start) => start.max(&after).clone(),
                None => before.clone(),
            });
        let start = known.unwrap_or_else(|| after.clone());
        let rows = self.between(start.clone(), before);
        let need = NeedAtEnd::new(self, (after, start, End::Last));
        need.follow(rows.into_iter().flatten().rev())
    }

    /// The rows between two keys, the smallest key first. Ends early as [`back`](Self::back) does.
    pub fn forward(&self, after: K, before: K) -> impl Iterator<Item = (&K, &V)> {
        let known = self
            .window
            .as_ref()
            .map(|window| match window.complete_until(&after) {
                Some(end) => end.min(&before).clone(),
                None => after.clone(),
            });
        let end = known.unwrap_or_else(|| before.clone());
        let rows = self.between_until(after, end.clone(), &before);
        let need = NeedAtEnd::new(self, (end, before, End::First));
        need.follow(rows.into_iter().flatten())
    }

    fn between(&self, after: K, before: K) -> Option<btree_map::Range<'_, K, Box<Slot<V>>>> {
        let is_empty = after >= before;
        let bounds = (Bound::Excluded(after), Bound::Excluded(before));
        (!is_empty).then(|| self.rows.range(bounds))
    }

    fn between_until(
        &self,
        after: K,
        until: K,
        before: &K,
    ) -> Option<btree_map::Range<'_, K, Box<Slot<V>>>> {
        if until >= *before {
            return self.between(after, until);
        }
        let is_empty = after >= until;
        let bounds = (Bound::Excluded(after), Bound::Included(until));
        (!is_empty).then(|| self.rows.range(bounds))
    }

    /// Whether a lookup missed a row since the last [`take_needs`](Self::take_needs).
    pub(crate) fn has_needs(&self) -> bool {
        let window = self.window.as_ref();
        window.is_some_and(|window| {
            let missed = window.missed.borrow();
            !missed.rows.is_empty() || !missed.ranges.is_empty()
        })
    }
}

/// Notes the need of more rows once those in memory are used up.
struct NeedAtEnd<'a, K> {
    window: Option<&'a Window<K>>,
    range: (K, K, End),
}

impl<'a, K: Ord + Clone> NeedAtEnd<'a, K> {
    fn new<V>(table: &'a Table<K, V>, range: (K, K, End)) -> Self {
        let window = table.window.as_ref().filter(|_| range.0 < range.1);
        Self { window, range }
    }

    fn follow<V: 'a>(
        self,
        mut rows: impl Iterator<Item = (&'a K, &'a Box<Slot<V>>)>,
    ) -> impl Iterator<Item = (&'a K, &'a V)> {
        let mut count = 0;
        std::iter::from_fn(move || {
            if let Some((key, slot)) = rows.next() {
                count += 1;
                slot.used.set(true);
                return Some((key, &slot.row));
            }
            if let Some(window) = self.window {
                let mut missed = window.missed.borrow_mut();
                let wanted = missed.ranges.entry(self.range.clone()).or_default();
                *wanted = RANGE_ROWS_MIN.max(2 * count).max(*wanted);
            }
            None
        })
    }
}

impl<K, V> Table<K, V>
where
    K: Ord + Clone + Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    /// Appends what lookups missed since the last call.
    pub(crate) fn take_needs(&self, tag: u8, out: &mut Vec<Need>) {
        let Some(window) = &self.window else { return };
        let mut missed = window.missed.borrow_mut();
        let rows = std::mem::take(&mut missed.rows);
        out.extend(rows.iter().map(|key| Need::Row(name(tag, key))));
        for ((after, until, from), count) in std::mem::take(&mut missed.ranges) {
            out.push(Need::Range {
                after: name(tag, &after),
                until: name(tag, &until),
                from,
                count,
            });
        }
    }

    /// Adds what the store has. Rows in memory are newer.
    pub(crate) fn admit(&mut self, found: Found) -> Result<(), codec::Error> {
        match found {
            Found::Row(name, Some(value)) => self.admit_row(&name, &value),
            Found::Row(name, None) => {
                let key = key(&name)?;
                // It may have been inserted since.
                if !self.rows.contains_key(&key) {
                    self.know_absent(&key);
                }
                Ok(())
            }
            Found::Range { after, until, rows } => {
                for (name, value) in rows {
                    self.admit_row(&name, &value)?;
                }
                self.know_complete(key(&after)?, key(&until)?);
                Ok(())
            }
        }
    }

    fn admit_row(&mut self, name: &[u8], value: &[u8]) -> Result<(), codec::Error> {
        let key: K = key(name)?;
        let is_removed = |window: &Window<K>| window.absent.contains(&key);
        if self.rows.contains_key(&key) || self.window.as_ref().is_some_and(is_removed) {
            return Ok(());
        }
        let mut slot = Slot::new(codec::decode(value)?, Some(Part::Cold));
        slot.queued = true;
        self.leavers.push_back(key.clone());
        self.rows.insert(key, Box::new(slot));
        Ok(())
    }
}

/// The key in a name.
fn key<K: DeserializeOwned>(name: &[u8]) -> Result<K, codec::Error> {
    codec::decode(name.get(1..).unwrap_or_default())
}
