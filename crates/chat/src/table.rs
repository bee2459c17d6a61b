//! Rows in memory that remember which of them changed, so that a projection store can be kept up
//! with them row by row.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codec;

/// A stored row: its key, and its value or nothing when it is gone.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// A map whose changed keys are remembered until they are taken.
#[derive(Clone, Debug)]
pub struct Table<K, V> {
    rows: BTreeMap<K, V>,
    changed: BTreeSet<K>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }
}

/// Only what is in the rows makes two tables equal, not what was changed last.
impl<K: PartialEq, V: PartialEq> PartialEq for Table<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.rows == other.rows
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    /// One row.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    /// One row, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let row = self.rows.get_mut(key)?;
        self.changed.insert(key.clone());
        Some(row)
    }

    /// One row, to be changed; a new one when there is none.
    pub fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.changed.insert(key.clone());
        self.rows.entry(key).or_default()
    }

    /// Puts a row in its place.
    pub fn insert(&mut self, key: K, row: V) {
        self.changed.insert(key.clone());
        self.rows.insert(key, row);
    }

    /// Takes a row out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        let row = self.rows.remove(key)?;
        self.changed.insert(key.clone());
        Some(row)
    }

    /// All rows in the order of their keys.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    /// The rows of a range of keys, in order.
    pub fn range(
        &self,
        range: impl std::ops::RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.range(range)
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

impl<K, V> Table<K, V>
where
    K: Ord + Clone + Serialize + DeserializeOwned,
    V: Serialize + DeserializeOwned,
{
    /// Adds the rows that changed since the last time, each under `tag` and its key.
    pub fn take_changed(&mut self, tag: u8, out: &mut Vec<Row>) {
        for key in std::mem::take(&mut self.changed) {
            let mut name = vec![tag];
            name.extend(codec::encode(&key));
            out.push((name, self.rows.get(&key).map(codec::encode)));
        }
    }

    /// Puts back a stored row, whose key stands behind the tag.
    pub fn load(&mut self, key: &[u8], value: &[u8]) -> Result<(), codec::Error> {
        self.rows.insert(codec::decode(key)?, codec::decode(value)?);
        Ok(())
    }
}
