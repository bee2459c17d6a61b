//! Rows in memory that remember which of them changed, so that a projection store can be kept up
//! with them row by row.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;

/// A stored row: its key, and its value or nothing when it is gone.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// A map whose changed keys are remembered until they are taken.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    /// Rows are large, and a tree's nodes half empty: so they stand beside it.
    rows: BTreeMap<K, Box<Slot<V>>>,
    /// A key stands here once or, after its row was removed, more often.
    changed: Vec<K>,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    row: V,
    changed: bool,
}

/// What is found by a digest, in no order. The digest is its own hash, so the map is the same in every
/// run.
#[expect(
    clippy::disallowed_types,
    reason = "its hasher is fixed, and nobody asks for its order"
)]
pub(crate) type ByDigest<V> =
    std::collections::HashMap<[u8; 16], V, BuildHasherDefault<DigestHasher>>;

/// See [`ByDigest`].
#[derive(Clone, Debug, Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        // An array is hashed with its length before it; the last write is the digest.
        if let Some((first, _)) = bytes.split_first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            changed: Vec::new(),
        }
    }
}

/// Only what is in the rows makes two tables equal, not what was changed last.
impl<K: Ord + Clone, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// One row.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key).map(|slot| &slot.row)
    }

    /// One row, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.rows.get_mut(key)?;
        Some(slot.touch(key, &mut self.changed))
    }

    /// One row, to be changed; a new one when there is none.
    pub fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let entry = self.rows.entry(key);
        let key = entry.key().clone();
        let slot = entry.or_insert_with(|| {
            let row = V::default();
            Box::new(Slot {
                row,
                changed: false,
            })
        });
        slot.touch(&key, &mut self.changed)
    }

    /// Puts a row in its place.
    pub fn insert(&mut self, key: K, row: V) {
        let changed = true;
        let before = self
            .rows
            .insert(key.clone(), Box::new(Slot { row, changed }));
        if !before.is_some_and(|slot| slot.changed) {
            self.changed.push(key);
        }
    }

    /// Takes a row out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.rows.remove(key)?;
        if !slot.changed {
            self.changed.push(key.clone());
        }
        Some(slot.row)
    }

    /// All rows in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter().map(|(key, slot)| (key, &slot.row))
    }

    /// The rows of a range of keys, in order.
    pub fn range(
        &self,
        range: impl std::ops::RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.range(range).map(|(key, slot)| (key, &slot.row))
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<V> Slot<V> {
    /// The row, its key being remembered.
    fn touch<K: Clone>(&mut self, key: &K, changed: &mut Vec<K>) -> &mut V {
        if !self.changed {
            self.changed = true;
            changed.push(key.clone());
        }
        &mut self.row
    }
}

impl<V: Serialize> Slot<V> {
    /// The row's bytes; what it was before them is of no interest any more.
    fn take(&mut self) -> Vec<u8> {
        self.changed = false;
        codec::encode(&self.row)
    }
}

impl<K, V> Table<K, V>
where
    K: Ord + Clone + Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    /// Adds the rows that changed since the last time, each under `tag` and its key.
    pub fn take_changed(&mut self, tag: u8, out: &mut Vec<Row>) {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        for key in changed {
            let mut name = vec![tag];
            name.extend(codec::encode(&key));
            let slot = self.rows.get_mut(&key);
            out.push((name, slot.map(|slot| slot.take())));
        }
    }

    /// Puts back a stored row, whose key stands behind the tag; `None` takes it out again.
    pub fn load(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), codec::Error> {
        let key = codec::decode(key)?;
        let Some(value) = value else {
            self.rows.remove(&key);
            return Ok(());
        };
        let slot = Slot {
            row: codec::decode(value)?,
            changed: false,
        };
        self.rows.insert(key, Box::new(slot));
        Ok(())
    }
}
