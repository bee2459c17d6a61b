//! The store of what can be computed again.

use event_log::{Checkpoint, Error, Hash, PROJECTION_VALUE_BYTES_MAX, ProjectionStore};

use crate::support::{edit, files};

fn rows(store: &ProjectionStore) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut rows = Vec::new();
    store
        .for_each(|key, value| rows.push((key.to_vec(), value.to_vec())))
        .unwrap();
    rows
}

fn checkpoint(position: u64) -> Checkpoint {
    Checkpoint {
        position,
        hash: Hash([7; 32]),
    }
}

#[test]
fn rows_and_checkpoint_come_back_together() {
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("projections");
    let (store, discarded) = ProjectionStore::open(&place).unwrap();
    assert_eq!((store.checkpoint().unwrap(), discarded), (None, None));
    let put = |key: &[u8], value: &[u8]| (key.to_vec(), Some(value.to_vec()));
    store
        .write(
            vec![put(b"b", b"2"), put(b"", b"0"), put(b"a", b"1")],
            checkpoint(4),
        )
        .unwrap();
    store
        .write(vec![(b"a".to_vec(), None), put(b"c", b"3")], checkpoint(9))
        .unwrap();
    drop(store);
    let (store, discarded) = ProjectionStore::open(&place).unwrap();
    assert_eq!(discarded, None);
    assert_eq!(store.checkpoint().unwrap(), Some(checkpoint(9)));
    let wanted = [("", "0"), ("b", "2"), ("c", "3")].map(|(key, value)| (key.into(), value.into()));
    assert_eq!(rows(&store), wanted);
    let store = store.clear().unwrap();
    assert_eq!(
        (store.checkpoint().unwrap(), rows(&store)),
        (None, Vec::new())
    );
}

#[test]
fn large_rows_are_refused_and_the_largest_stay_out_of_blobs() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = ProjectionStore::open(dir.path()).unwrap();
    let row = |number: u64, length| (number.to_be_bytes().to_vec(), Some(vec![b'x'; length]));
    let largest = PROJECTION_VALUE_BYTES_MAX - 8;
    let refused = store
        .write(vec![row(0, largest + 1)], checkpoint(1))
        .unwrap_err();
    assert!(matches!(refused, Error::RowTooLarge { .. }));
    assert_eq!(store.checkpoint().unwrap(), None);
    for number in 0..60 {
        store
            .write(vec![row(number, largest)], checkpoint(number + 1))
            .unwrap();
    }
    drop(store);
    assert_eq!(files(dir.path(), "blobs"), Vec::<std::path::PathBuf>::new());
    assert_eq!(
        rows(&ProjectionStore::open(dir.path()).unwrap().0).len(),
        60
    );
}

#[test]
fn a_damaged_store_is_begun_anew_and_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = ProjectionStore::open(dir.path()).unwrap();
    let rows = (0..2_000_u64).map(|n| (n.to_be_bytes().to_vec(), Some(vec![b'x'; 100])));
    store.write(rows.collect(), checkpoint(1)).unwrap();
    drop(store);
    edit(&dir.path().join("conf"), Vec::clear);
    edit(&dir.path().join("db"), |bytes| bytes.fill(0x5A));
    let (store, discarded) = ProjectionStore::open(dir.path()).unwrap();
    assert!(discarded.is_some());
    assert_eq!(store.checkpoint().unwrap(), None);
    store
        .write(vec![(b"k".to_vec(), Some(b"v".to_vec()))], checkpoint(2))
        .unwrap();
    assert_eq!(store.checkpoint().unwrap(), Some(checkpoint(2)));
}

#[test]
fn a_store_in_use_is_not_thrown_away() {
    let dir = tempfile::tempdir().unwrap();
    let (store, _) = ProjectionStore::open(dir.path()).unwrap();
    store.write(Vec::new(), checkpoint(5)).unwrap();
    assert!(matches!(
        ProjectionStore::open(dir.path()),
        Err(Error::Locked { .. })
    ));
    drop(store);
    let (store, _) = ProjectionStore::open(dir.path()).unwrap();
    assert_eq!(store.checkpoint().unwrap(), Some(checkpoint(5)));
}
