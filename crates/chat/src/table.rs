//! Tables in memory that track their changed rows, so that a projection store can be updated row by
//! row.

use std::collections::BTreeMap;
use std::hash::{BuildHasherDefault, Hasher};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;

/// A stored row: its key, and its value or `None` if it was removed.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// A map that tracks its changed keys until [`take_changed`](Self::take_changed).
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    /// Boxed, because rows are large and the nodes of a B-tree are often half empty.
    rows: BTreeMap<K, Box<Slot<V>>>,
    /// Changed keys. A key may occur more than once if its row was removed.
    changed: Vec<K>,
    /// Keys of rows that were removed after they were taken. Most removed rows were never taken.
    removed: Vec<K>,
}

#[derive(Clone, Debug)]
struct Slot<V> {
    row: V,
    changed: bool,
    /// Whether it was ever taken, so that the store must also remove it.
    taken: bool,
}

/// A map by digest. The digest is its own hash, so the order of the map is the same in every run.
#[expect(
    clippy::disallowed_types,
    reason = "its hasher is fixed, and its order is not used"
)]
pub(crate) type ByDigest<V> =
    std::collections::HashMap<[u8; 16], V, BuildHasherDefault<DigestHasher>>;

/// See [`ByDigest`].
#[derive(Clone, Debug, Default)]
pub(crate) struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        // An array is hashed after its length; the last write is the digest.
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
            removed: Vec::new(),
        }
    }
}

/// Compares the rows, not which of them changed.
impl<K: Ord + Clone, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// The row with a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key).map(|slot| &slot.row)
    }

    /// The row with a key, marked as changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let slot = self.rows.get_mut(key)?;
        Some(slot.touch(key, &mut self.changed))
    }

    /// The row with a key, marked as changed; inserts a default row if it is missing.
    pub fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let entry = self.rows.entry(key);
        let key = entry.key().clone();
        let slot = entry.or_insert_with(|| Box::new(Slot::new(V::default(), false)));
        slot.touch(&key, &mut self.changed)
    }

    /// Inserts or replaces a row.
    pub fn insert(&mut self, key: K, row: V) {
        if let Some(slot) = self.rows.get_mut(&key) {
            *slot.touch(&key, &mut self.changed) = row;
            return;
        }
        let mut slot = Slot::new(row, false);
        slot.touch(&key, &mut self.changed);
        self.rows.insert(key, Box::new(slot));
    }

    /// Removes a row.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let slot = self.rows.remove(key)?;
        if slot.taken {
            self.removed.push(key.clone());
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

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl<V> Slot<V> {
    fn new(row: V, taken: bool) -> Self {
        Self {
            row,
            changed: false,
            taken,
        }
    }

    /// The row, marked as changed.
    fn touch<K: Clone>(&mut self, key: &K, changed: &mut Vec<K>) -> &mut V {
        if !self.changed {
            self.changed = true;
            changed.push(key.clone());
        }
        &mut self.row
    }
}

impl<V: Serialize> Slot<V> {
    /// Encodes the row and marks it as taken.
    fn take(&mut self) -> Vec<u8> {
        (self.changed, self.taken) = (false, true);
        codec::encode_row(&self.row)
    }
}

impl<K, V> Table<K, V>
where
    K: Ord + Clone + Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    /// Appends the rows changed since the last call to `out`, with `tag` and the key. A row that was
    /// removed and inserted again occurs twice, removed first.
    pub fn take_changed(&mut self, tag: u8, out: &mut Vec<Row>) {
        let name = |key: &K| {
            let mut name = vec![tag];
            name.extend(codec::encode(key));
            name
        };
        for key in std::mem::take(&mut self.removed) {
            out.push((name(&key), None));
        }
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort_unstable();
        changed.dedup();
        for key in changed {
            if let Some(slot) = self.rows.get_mut(&key) {
                out.push((name(&key), Some(slot.take())));
            }
        }
    }

    /// Restores a stored row; `key` excludes the tag. `None` removes the row.
    pub fn load(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), codec::Error> {
        let key = codec::decode(key)?;
        let Some(value) = value else {
            self.rows.remove(&key);
            return Ok(());
        };
        let slot = Slot::new(codec::decode(value)?, true);
        self.rows.insert(key, Box::new(slot));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(table: &mut Table<u8, u8>) -> Vec<(u8, Option<u8>)> {
        let mut rows = Vec::new();
        table.take_changed(9, &mut rows);
        let key = |bytes: &[u8]| codec::decode(&bytes[1..]).unwrap();
        let value = |bytes: Vec<u8>| codec::decode(&bytes).unwrap();
        rows.into_iter()
            .map(|(k, v)| (key(&k), v.map(value)))
            .collect()
    }

    #[test]
    fn a_row_is_taken_once_however_often_it_changed() {
        let mut table = Table::default();
        table.insert(1, 10);
        table.insert(2, 20);
        *table.get_mut(&1).unwrap() = 11;
        table.insert(2, 21);
        assert_eq!(taken(&mut table), [(1, Some(11)), (2, Some(21))]);
        assert_eq!(taken(&mut table), []);
        *table.entry(2) += 1;
        assert_eq!(taken(&mut table), [(2, Some(22))]);
    }

    #[test]
    fn a_removal_is_taken_if_the_row_was() {
        let mut table = Table::default();
        table.insert(1, 10);
        table.remove(&1);
        assert_eq!(taken(&mut table), []);
        table.insert(1, 11);
        assert_eq!(taken(&mut table), [(1, Some(11))]);
        table.remove(&1);
        assert_eq!(taken(&mut table), [(1, None)]);
        table.insert(1, 12);
        taken(&mut table);
        table.remove(&1);
        table.insert(1, 13);
        assert_eq!(taken(&mut table), [(1, None), (1, Some(13))]);
        let mut loaded = Table::default();
        let row = |n: u8| codec::encode(&n);
        loaded.load(&row(3), Some(&row(30))).unwrap();
        loaded.load(&row(4), Some(&row(40))).unwrap();
        loaded.load(&row(4), None).unwrap();
        assert_eq!(loaded.iter().collect::<Vec<_>>(), [(&3, &30)]);
        loaded.remove(&3);
        assert_eq!(taken(&mut loaded), [(3, None)]);
    }
}
