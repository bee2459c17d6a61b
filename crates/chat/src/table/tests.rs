use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::stored::Rows;
use super::*;

const TAG: u8 = 9;

fn taken(table: &mut Table<u8, u8>) -> Vec<(u8, Option<u8>)> {
    let mut changes = Changes::default();
    table.take_changed(TAG, &mut changes);
    assert_eq!(changes.cold, []);
    let key = |bytes: &[u8]| codec::decode(&bytes[1..]).unwrap();
    let value = |bytes: Vec<u8>| codec::decode(&bytes).unwrap();
    let rows = changes.resident.into_iter();
    rows.map(|(k, v)| (key(&k), v.map(value))).collect()
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
    loaded
        .load(&codec::encode(&3_u8), &codec::encode(&30_u8))
        .unwrap();
    assert_eq!(loaded.iter().collect::<Vec<_>>(), [(&3, &30)]);
    loaded.remove(&3);
    assert_eq!(taken(&mut loaded), [(3, None)]);
}

#[test]
fn the_names_of_rows_sort_like_their_keys() {
    let numbers = [
        0,
        1,
        127,
        128,
        255,
        256,
        65_535,
        65_536,
        1 << 31,
        1 << 32,
        u64::MAX,
    ];
    let names =
        numbers.map(|number| name(TAG, &(crate::id::SessionId::from_bytes([7; 16]), number)));
    assert!(names.is_sorted());
    let ids = [[0; 16], [1; 16], [0x7f; 16], [0x80; 16], [0xff; 16]];
    assert!(
        ids.map(|id| name(TAG, &serde_bytes::ByteArray::new(id)))
            .is_sorted()
    );
}

/// A table whose even rows may leave memory, its store, and what it should contain.
struct Subject {
    table: Table<u16, u16>,
    stored: Rows,
    all: BTreeMap<u16, u16>,
    /// What was read from the store and is not admitted yet.
    read: Vec<Found>,
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u16, u16),
    Entry(u16),
    Remove(u16),
    Get(u16),
    Back(u16, u16),
    Forward(u16, u16),
    /// Reads a row from the store, or the range from its key on, now.
    Read(u16, bool),
    /// Admits what was read, if no row left memory meanwhile.
    Admit,
    Store,
    /// Stores all rows before, or evicts while some are not taken yet.
    Evict(usize, bool),
}

impl Subject {
    fn new() -> Self {
        Self {
            table: Table::with_cold(|row| row % 2 == 1),
            stored: Rows::default(),
            all: BTreeMap::new(),
            read: Vec::new(),
        }
    }

    fn complete<T>(&mut self, lookup: impl Fn(&Table<u16, u16>) -> T) -> T {
        for _ in 0..100 {
            let result = lookup(&self.table);
            let mut needs = Vec::new();
            self.table.take_needs(TAG, &mut needs);
            if needs.is_empty() {
                return result;
            }
            for need in needs {
                let found = self.stored.find(need);
                self.table.admit(found).unwrap();
            }
        }
        panic!("a lookup needs rows without end");
    }

    fn store(&mut self) {
        let mut changes = Changes::default();
        self.table.take_changed(TAG, &mut changes);
        self.stored.write(changes);
    }

    fn read(&mut self, key: u16, is_range: bool) {
        if is_range {
            self.table.forward(key, u16::MAX).count();
        } else {
            self.table.get(&key);
        }
        let mut needs = Vec::new();
        self.table.take_needs(TAG, &mut needs);
        let found: Vec<Found> = needs
            .into_iter()
            .map(|need| self.stored.find(need))
            .collect();
        self.read.extend(found);
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Insert(key, row) => {
                // Only a key that is known to have no row, or has one in memory, is inserted.
                self.complete(|table| table.get(&key).copied());
                self.table.insert(key, row);
                self.all.insert(key, row);
            }
            Step::Entry(key) => {
                self.complete(|table| table.get(&key).copied());
                *self.table.entry(key) += 1;
                *self.all.entry(key).or_default() += 1;
            }
            Step::Remove(key) => {
                self.complete(|table| table.get(&key).copied());
                assert_eq!(self.table.remove(&key), self.all.remove(&key));
            }
            Step::Get(key) => {
                let found = self.complete(|table| table.get(&key).copied());
                assert_eq!(found, self.all.get(&key).copied());
            }
            Step::Back(after, before) => {
                let rows = |table: &Table<u16, u16>| -> Vec<_> {
                    table.back(after, before).map(|(k, v)| (*k, *v)).collect()
                };
                let mut expected = self.expected(after, before);
                expected.reverse();
                assert_eq!(self.complete(rows), expected);
            }
            Step::Forward(after, before) => {
                let rows = |table: &Table<u16, u16>| -> Vec<_> {
                    table
                        .forward(after, before)
                        .map(|(k, v)| (*k, *v))
                        .collect()
                };
                assert_eq!(self.complete(rows), self.expected(after, before));
            }
            Step::Read(key, is_range) => self.read(key, is_range),
            Step::Admit => {
                for found in std::mem::take(&mut self.read) {
                    self.table.admit(found).unwrap();
                }
            }
            Step::Store => self.store(),
            Step::Evict(keep, all_stored) => {
                if all_stored {
                    self.store();
                }
                if self.table.evict(keep) | self.table.evict(keep) {
                    self.read.clear();
                }
            }
        }
        assert!(!self.table.has_needs());
    }

    fn expected(&self, after: u16, before: u16) -> Vec<(u16, u16)> {
        let rows = self
            .all
            .iter()
            .filter(|(key, _)| **key > after && **key < before);
        rows.map(|(key, row)| (*key, *row)).collect()
    }

    /// The parts of the store together have all rows, each once and in its part.
    fn end(mut self) {
        self.store();
        let rows = |part: &BTreeMap<Vec<u8>, Vec<u8>>| -> BTreeSet<(u16, u16)> {
            let row = |(name, value): (&Vec<u8>, &Vec<u8>)| {
                (
                    codec::decode(&name[1..]).unwrap(),
                    codec::decode(value).unwrap(),
                )
            };
            part.iter().map(row).collect()
        };
        let (odd, even) = self.all.into_iter().partition(|(_, row)| row % 2 == 1);
        assert_eq!(
            (rows(&self.stored.resident), rows(&self.stored.cold)),
            (odd, even)
        );
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let key = || 0..40_u16;
    prop_oneof![
        6 => (key(), any::<u16>()).prop_map(|(key, row)| Step::Insert(key, row >> 1)),
        2 => key().prop_map(Step::Entry),
        3 => key().prop_map(Step::Remove),
        4 => key().prop_map(Step::Get),
        3 => (key(), key()).prop_map(|(after, before)| Step::Back(after, before)),
        3 => (key(), key()).prop_map(|(after, before)| Step::Forward(after, before)),
        3 => (key(), any::<bool>()).prop_map(|(key, is_range)| Step::Read(key, is_range)),
        2 => Just(Step::Admit),
        2 => Just(Step::Store),
        3 => (0..20_usize, any::<bool>()).prop_map(|(keep, stored)| Step::Evict(keep, stored)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]
    #[test]
    fn lookups_find_what_a_map_has_whatever_is_in_memory(
        steps in prop::collection::vec(any_step(), 1..120),
    ) {
        let mut subject = Subject::new();
        for step in &steps {
            subject.step(step);
        }
        subject.end();
    }
}

#[test]
fn a_row_that_is_removed_again_is_not_found_in_the_store() {
    let mut subject = Subject::new();
    subject.table.loaded();
    for step in [
        Step::Insert(2, 0),
        Step::Store,
        Step::Remove(2),
        Step::Insert(2, 2),
        Step::Remove(2),
        Step::Get(2),
    ] {
        subject.step(&step);
    }
    subject.end();
}

#[test]
fn what_is_known_of_ranges_does_not_grow_with_the_number_of_rows() {
    let mut table: Table<u16, u16> = Table::with_cold(|_| false);
    table.loaded();
    for key in 0..100 {
        table.insert(10 * key + 1, 0);
        table.know_complete(10 * key, 10 * key + 2);
        table.take_changed(TAG, &mut Changes::default());
        table.evict(0);
    }
    let known = table.window.as_ref().map(Window::complete_len);
    assert!(known.is_some_and(|known| known < 10), "{known:?}");
}

#[test]
fn rows_that_were_used_leave_last_and_changed_ones_stay() {
    let mut table: Table<u16, u16> = Table::with_cold(|_| false);
    (0..10).for_each(|key| table.insert(key, 0));
    let mut changes = Changes::default();
    table.take_changed(TAG, &mut changes);
    assert!(table.evict(8), "all were used, so they are looked at twice");
    assert!(table.iter().map(|(key, _)| *key).eq(2..10));
    table.get(&3);
    *table.get_mut(&2).unwrap() = 1;
    assert!(table.evict(3));
    let left: Vec<u16> = table.iter().map(|(key, _)| *key).collect();
    assert!(left.contains(&2) && left.contains(&3), "{left:?}");
    assert!(!table.evict(3));
}

#[test]
fn only_keys_that_may_be_stored_are_needed_also_after_a_restart() {
    let mut table: Table<u16, u16> = Table::with_filter(|_| false);
    (0..300).for_each(|key| table.insert(key, 0));
    let mut changes = Changes::default();
    table.take_changed(TAG, &mut changes);
    assert!(table.evict(0) || table.evict(0));
    let mut loaded: Table<u16, u16> = Table::with_filter(|_| false);
    for (name, value) in &changes.resident {
        assert_eq!(name[0], FILTER | TAG);
        loaded
            .load_filter(&name[1..], value.as_ref().unwrap())
            .unwrap();
    }
    loaded.loaded();
    for table in [table, loaded] {
        let needs = |keys: std::ops::Range<u16>| {
            keys.for_each(|key| assert_eq!(table.get(&key), None));
            let mut needs = Vec::new();
            table.take_needs(TAG, &mut needs);
            needs.len()
        };
        assert_eq!(needs(0..300), 300);
        let new = needs(1_000..2_000);
        assert!(new < 100, "{new} of 1,000 new keys are needed");
    }
}
