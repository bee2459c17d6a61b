//! The projection store.

use std::collections::BTreeMap;
use std::path::Path;

use event_log::{Error, Hash, Head, PROJECTION_VALUE_BYTES_MAX, ProjectionStore, Row};

use crate::support::edit;

/// The current rows of a store.
fn rows(store: &ProjectionStore) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut rows = BTreeMap::new();
    store
        .for_each(|key, value| {
            match value {
                Some(value) => rows.insert(key.to_vec(), value.to_vec()),
                None => rows.remove(key),
            };
        })
        .unwrap();
    rows
}

fn checkpoint(position: u64) -> Head {
    Head {
        position,
        hash: Hash([7; 32]),
    }
}

fn put(key: &[u8], value: &[u8]) -> Row {
    (key.to_vec(), Some(value.to_vec()))
}

/// Writes one row with a checkpoint at this position.
fn write(store: &mut ProjectionStore, key: &[u8], value: &[u8], position: u64) {
    let row = [put(key, value)];
    store.write(&row, Some(checkpoint(position))).unwrap();
}

fn open(dir: &Path) -> ProjectionStore {
    let (store, discarded) = ProjectionStore::open(dir).unwrap();
    assert_eq!(discarded, None);
    store
}

fn length(dir: &Path) -> u64 {
    dir.join("rows").metadata().unwrap().len()
}

#[test]
fn rows_and_checkpoint_come_back_together() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("projections");
    let mut store = open(&place);
    assert_eq!(store.checkpoint(), None);
    let first = [put(b"b", b"2"), put(b"", b"0"), put(b"a", b"1")];
    store.write(&first, Some(checkpoint(4))).unwrap();
    let second = [(b"a".to_vec(), None), put(b"c", b"3"), put(b"b", b"")];
    store.write(&second, Some(checkpoint(9))).unwrap();
    drop(store);
    let store = open(&place);
    assert_eq!(store.checkpoint(), Some(checkpoint(9)));
    let wanted = [("", "0"), ("b", ""), ("c", "3")].map(|(key, value)| (key.into(), value.into()));
    assert_eq!(rows(&store), wanted.into());
    let store = store.clear().unwrap();
    assert_eq!((store.checkpoint(), rows(&store)), (None, BTreeMap::new()));
    drop(store);
    assert_eq!(open(&place).checkpoint(), None);
}

#[test]
fn a_row_over_the_limit_is_rejected_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let row = |length| (b"k".to_vec(), Some(vec![b'x'; length]));
    let largest = PROJECTION_VALUE_BYTES_MAX - 1;
    let refused = store
        .write(&[row(1), row(largest + 1)], Some(checkpoint(1)))
        .unwrap_err();
    assert!(matches!(refused, Error::RowTooLarge { .. }));
    assert_eq!((store.checkpoint(), rows(&store).len()), (None, 0));
    store.write(&[row(largest)], Some(checkpoint(1))).unwrap();
    assert_eq!(rows(&open_again(store, dir.path())).len(), 1);
}

fn open_again(store: ProjectionStore, dir: &Path) -> ProjectionStore {
    drop(store);
    open(dir)
}

#[test]
fn compaction_drops_obsolete_rows() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut wanted = BTreeMap::new();
    let rows_of = |round: u64| {
        (0..400_u64).map(move |n| {
            // Some keys occur in one round only, some are deleted in every second round.
            let key = if n % 4 == 0 { n + round * 1_000 } else { n };
            let deleted = n % 7 == 0 && round % 2 == 1;
            let value = vec![u8::try_from(round).unwrap(); 20_000];
            (key.to_be_bytes().to_vec(), (!deleted).then_some(value))
        })
    };
    for round in 1..=12 {
        for (key, value) in rows_of(round) {
            match value {
                Some(value) => wanted.insert(key, value),
                None => wanted.remove(&key),
            };
        }
        let written: Vec<Row> = rows_of(round).collect();
        store.write(&written, Some(checkpoint(round))).unwrap();
        assert!(rows(&store) == wanted, "round {round}");
    }
    let live: usize = wanted.values().map(Vec::len).sum();
    // 12 rounds of 8 MB were written.
    assert!(length(dir.path()) < 2 * live as u64 + 24 * 1024 * 1024);
    let store = open_again(store, dir.path());
    assert_eq!(store.checkpoint(), Some(checkpoint(12)));
    assert!(rows(&store) == wanted);
}

#[test]
fn an_unfinished_write_is_discarded() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    write(&mut store, b"a", b"1", 1);
    let whole = length(dir.path());
    // More than one block.
    let long = |n: u8| (vec![n], Some(vec![n; 60_000]));
    let many: Vec<Row> = (0..40).map(long).collect();
    store.write(&many, Some(checkpoint(2))).unwrap();
    drop(store);
    let written = std::fs::read(dir.path().join("rows")).unwrap();
    for cut in [length(dir.path()) - 1, whole + 1_200_000, whole + 30] {
        edit(&dir.path().join("rows"), |bytes| {
            bytes.clone_from(&written);
            bytes.truncate(usize::try_from(cut).unwrap());
        });
        let store = open(dir.path());
        assert_eq!(
            (store.checkpoint(), rows(&store).len()),
            (Some(checkpoint(1)), 1)
        );
        assert_eq!(length(dir.path()), whole, "the file is truncated");
    }
    let mut store = open(dir.path());
    write(&mut store, b"b", b"2", 3);
    let store = open_again(store, dir.path());
    assert_eq!(
        (store.checkpoint(), rows(&store).len()),
        (Some(checkpoint(3)), 2)
    );
}

#[test]
fn the_file_of_an_interrupted_compaction_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    write(&mut store, b"a", b"1", 1);
    drop(store);
    let copy = dir.path().join("rows.new");
    std::fs::write(&copy, "half").unwrap();
    assert_eq!(open(dir.path()).checkpoint(), Some(checkpoint(1)));
    assert!(!copy.exists());
}

#[test]
fn rows_without_a_checkpoint_take_effect_with_the_next_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    write(&mut store, b"a", b"1", 1);
    store.write(&[put(b"a", b"2")], None).unwrap();
    let mut store = open_again(store, dir.path());
    assert_eq!(store.checkpoint(), Some(checkpoint(1)));
    assert_eq!(rows(&store)[&b"a"[..]], b"1");
    store.write(&[put(b"a", b"3")], None).unwrap();
    write(&mut store, b"b", b"4", 2);
    let store = open_again(store, dir.path());
    assert_eq!(store.checkpoint(), Some(checkpoint(2)));
    assert_eq!(rows(&store)[&b"a"[..]], b"3");
}

#[test]
fn damage_is_detected_and_the_store_can_be_cleared() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    write(&mut store, b"a", b"1", 1);
    drop(store);
    edit(&dir.path().join("rows"), |bytes| {
        *bytes.last_mut().unwrap() ^= 1;
    });
    let store = open(dir.path());
    assert!(store.for_each(|_, _| ()).is_err());
    assert_eq!(rows(&store.clear().unwrap()).len(), 0);
    edit(&dir.path().join("rows"), |bytes| bytes.fill(0x5A));
    let (mut store, discarded) = ProjectionStore::open(dir.path()).unwrap();
    assert!(discarded.is_some());
    write(&mut store, b"k", b"v", 2);
    let store = open_again(store, dir.path());
    assert_eq!(store.checkpoint(), Some(checkpoint(2)));
}

#[test]
fn a_store_in_use_is_not_discarded() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    store.write(&[], Some(checkpoint(5))).unwrap();
    assert!(matches!(
        ProjectionStore::open(dir.path()),
        Err(Error::Locked { .. })
    ));
    drop(store);
    assert_eq!(open(dir.path()).checkpoint(), Some(checkpoint(5)));
}
