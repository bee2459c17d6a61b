//! What a store has after writes, and after it is opened again.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use event_log::{Hash, Head};
use projections::{Changes, Error, KEY_BYTES_MAX, Options, RESERVED_TAG, Row, Store};

pub(crate) fn head(position: u64) -> Head {
    let byte = u8::try_from(position % 251).unwrap();
    Head {
        position,
        hash: Hash([byte; 32]),
    }
}

pub(crate) fn open(dir: &Path) -> Store {
    let (store, discarded) = Store::open(dir, Options::default()).unwrap();
    assert_eq!(discarded, None);
    store
}

pub(crate) fn put(key: &[u8], value: &[u8]) -> Row {
    (key.to_vec(), Some(value.to_vec()))
}

fn remove(key: &[u8]) -> Row {
    (key.to_vec(), None)
}

fn changes(resident: &[Row], cold: &[Row]) -> Changes {
    Changes {
        resident: resident.to_vec(),
        cold: cold.to_vec(),
    }
}

pub(crate) fn residents(store: &Store) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut rows = BTreeMap::new();
    let insert = |key: &[u8], value: &[u8]| {
        rows.insert(key.to_vec(), value.to_vec());
    };
    store.snapshot().unwrap().residents(insert).unwrap();
    rows
}

fn keys_back(store: &Store, from: &[u8], before: &[u8], count: usize) -> Vec<Vec<u8>> {
    let mut keys = Vec::new();
    let visit = |key: &[u8], value: &[u8]| {
        assert_eq!(key, value);
        keys.push(key.to_vec());
        if keys.len() == count {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    store.snapshot().unwrap().back(from, before, visit).unwrap();
    keys
}

#[test]
fn rows_are_there_again_after_the_store_is_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("missing").join("store");
    let store = open(&place);
    assert_eq!(store.checkpoint(), None);
    let first = changes(
        &[put(b"s1", b"a"), put(b"s2", b"b")],
        &[put(b"s1", b"cold")],
    );
    store.write(&first, head(7)).unwrap();
    let second = changes(&[remove(b"s1"), put(b"s2", b"c")], &[put(b"m1", b"d")]);
    store.write(&second, head(9)).unwrap();
    drop(store);
    let store = open(&place);
    for store in [store.clone(), store] {
        assert_eq!(store.checkpoint(), Some(head(9)));
        assert_eq!(residents(&store), [(b"s2".to_vec(), b"c".to_vec())].into());
        assert_eq!(
            store.snapshot().unwrap().get(b"s1").unwrap().unwrap(),
            b"cold"
        );
        assert_eq!(store.snapshot().unwrap().get(b"m1").unwrap().unwrap(), b"d");
        assert_eq!(store.snapshot().unwrap().get(b"s2").unwrap(), None);
        assert_eq!(store.snapshot().unwrap().get(b"").unwrap(), None);
    }
}

#[test]
fn the_last_value_of_a_key_counts() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    // Enough rows that an unstable sort would mix them up.
    let twice = |n: u8| [remove(&[n]), put(&[n], b"1"), put(&[n], b"2")];
    let rows: Vec<Row> = (0..60).flat_map(twice).chain([remove(&[7])]).collect();
    store.write(&changes(&rows, &rows), head(1)).unwrap();
    assert_eq!(store.snapshot().unwrap().get(&[6]).unwrap().unwrap(), b"2");
    assert_eq!(store.snapshot().unwrap().get(&[7]).unwrap(), None);
    assert_eq!(residents(&store).len(), 59);
    store
        .write_unfinished(&changes(&[], &[put(&[7], b"3"), put(&[7], b"4")]))
        .unwrap();
    assert_eq!(store.snapshot().unwrap().get(&[7]).unwrap().unwrap(), b"4");
    drop(store);
}

#[test]
fn ranges_are_read_in_both_directions_within_their_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let key = |session: u8, position: u64| [&[7, session][..], &position.to_be_bytes()].concat();
    let keys = (1..4).flat_map(|session| (1..100).map(move |position| key(session, position)));
    let rows: Vec<Row> = keys.map(|key| put(&key, &key)).collect();
    store.write(&changes(&[], &rows), head(5)).unwrap();
    let newest = keys_back(&store, &key(2, 0), &key(2, 51), 3);
    assert_eq!(newest, [key(2, 50), key(2, 49), key(2, 48)]);
    assert_eq!(
        keys_back(&store, &key(2, 98), &key(3, 1), 9),
        [key(2, 99), key(2, 98)]
    );
    assert!(keys_back(&store, &key(2, 9), &key(2, 9), 9).is_empty());
    assert!(keys_back(&store, &key(2, 9), &key(2, 8), 9).is_empty());
    let everything = keys_back(&store, &[], &[0xFF; 3], usize::MAX);
    assert_eq!(everything.len(), rows.len(), "the checkpoint is no row");
    let mut ascending = Vec::new();
    let visit = |key: &[u8], _: &[u8]| {
        ascending.push(key.to_vec());
        ControlFlow::Continue(())
    };
    store
        .snapshot()
        .unwrap()
        .forward(&key(1, 98), &key(2, 2), visit)
        .unwrap();
    assert_eq!(ascending, [key(1, 98), key(1, 99), key(2, 1)]);
}

#[test]
fn a_snapshot_does_not_change() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let row = [put(b"k", b"old")];
    store.write(&changes(&row, &row), head(1)).unwrap();
    let before = store.snapshot().unwrap();
    store
        .write(
            &changes(&[], &[put(b"k", b"new"), put(b"l", b"x")]),
            head(2),
        )
        .unwrap();
    assert_eq!(before.get(b"k").unwrap().unwrap(), b"old");
    assert_eq!(before.get(b"l").unwrap(), None);
    assert_eq!(before.checkpoint().unwrap(), Some(head(1)));
    assert_eq!(
        store.snapshot().unwrap().get(b"k").unwrap().unwrap(),
        b"new"
    );
    assert_eq!(
        store.snapshot().unwrap().checkpoint().unwrap(),
        Some(head(2))
    );
}

#[test]
fn rows_of_a_rebuild_take_effect_with_a_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store
        .write(&changes(&[put(b"a", b"1")], &[put(b"a", b"1")]), head(1))
        .unwrap();
    let rebuilt = changes(
        &[put(b"a", b"2"), put(b"b", b"2")],
        &[put(b"c", b"2"), remove(b"a")],
    );
    store.write_unfinished(&rebuilt).unwrap();
    assert_eq!(store.checkpoint(), None);
    assert_eq!(
        store.snapshot().unwrap().get(b"c").unwrap().unwrap(),
        b"2",
        "a rebuild reads its own rows"
    );
    assert_eq!(store.snapshot().unwrap().get(b"a").unwrap(), None);
    drop(store);
    let store = open(dir.path());
    assert_eq!((store.checkpoint(), residents(&store).len()), (None, 0));
    assert_eq!(store.snapshot().unwrap().get(b"c").unwrap(), None);
    store.write_unfinished(&rebuilt).unwrap();
    store
        .write_unfinished(&changes(&[remove(b"a")], &[put(b"d", b"3")]))
        .unwrap();
    store
        .write(&changes(&[], &[put(b"c", b"4")]), head(9))
        .unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.checkpoint(), Some(head(9)));
    assert_eq!(residents(&store), [(b"b".to_vec(), b"2".to_vec())].into());
    let values = [b"c", b"d"].map(|key| store.snapshot().unwrap().get(key).unwrap().unwrap());
    assert_eq!(values, [b"4", b"3"]);
}

#[test]
fn a_cleared_store_is_empty_and_usable() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let rows = [put(b"a", b"1")];
    store.write(&changes(&rows, &rows), head(1)).unwrap();
    let store = store.clear().unwrap();
    assert_eq!((store.checkpoint(), residents(&store).len()), (None, 0));
    assert_eq!(store.snapshot().unwrap().get(b"a").unwrap(), None);
    store
        .write(&changes(&[put(b"b", b"2")], &[]), head(2))
        .unwrap();
    drop(store);
    let store = open(dir.path());
    assert_eq!(store.checkpoint(), Some(head(2)));
    assert_eq!(residents(&store), [(b"b".to_vec(), b"2".to_vec())].into());
    let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().collect();
    assert_eq!(
        left.len(),
        3,
        "a lock, `current` and one directory of rows: {left:?}"
    );
}

#[test]
fn a_bad_row_is_rejected_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    for key in [vec![], vec![RESERVED_TAG, 1], vec![1; KEY_BYTES_MAX + 1]] {
        let bad = changes(&[put(b"a", b"1")], &[put(b"b", b"2"), put(&key, b"3")]);
        let refused = store.write(&bad, head(1)).unwrap_err();
        assert!(matches!(refused, Error::BadKey { .. }));
        assert!(matches!(
            store.write_unfinished(&bad),
            Err(Error::BadKey { .. })
        ));
    }
    assert_eq!((store.checkpoint(), residents(&store).len()), (None, 0));
    store
        .write(&changes(&[put(&[1; KEY_BYTES_MAX], b"1")], &[]), head(1))
        .unwrap();
    assert_eq!(residents(&store).len(), 1);
}

#[test]
fn a_store_in_use_is_refused_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    store.write(&Changes::default(), head(5)).unwrap();
    let refused = Store::open(dir.path(), Options::default());
    assert!(matches!(refused.map(drop), Err(Error::Locked { .. })));
    drop(store);
    assert_eq!(open(dir.path()).checkpoint(), Some(head(5)));
}

#[test]
fn another_process_reads_the_residents_of_a_store_in_use() {
    let dir = tempfile::tempdir().unwrap();
    let read = || {
        let mut rows = BTreeMap::new();
        let visit = |key: &[u8], value: &[u8]| {
            rows.insert(key.to_vec(), value.to_vec());
        };
        let checkpoint = projections::read_residents(dir.path(), visit).unwrap();
        (checkpoint, rows)
    };
    assert_eq!(read(), (None, BTreeMap::new()));
    let store = open(dir.path());
    assert_eq!(read(), (None, BTreeMap::new()));
    // Large enough that most of it is in tables, and the rest in journals.
    for round in 1..=12_u64 {
        let row = |n: u64| {
            put(
                &n.to_be_bytes(),
                &vec![u8::try_from(round).unwrap(); 10_000],
            )
        };
        let rows: Vec<Row> = (0..100 + round).map(row).collect();
        store.write(&changes(&rows, &rows), head(round)).unwrap();
        if round % 4 == 0 {
            let wanted: BTreeMap<_, _> = rows
                .into_iter()
                .map(|(key, value)| (key, value.unwrap()))
                .collect();
            let (checkpoint, found) = read();
            assert_eq!(checkpoint, Some(head(round)));
            assert!(found == wanted, "round {round}");
        }
    }
    assert_eq!(store.checkpoint(), Some(head(12)));
    assert_eq!(residents(&store).len(), 112);
    store.write_unfinished(&Changes::default()).unwrap();
    assert_eq!(read(), (None, BTreeMap::new()));
}
