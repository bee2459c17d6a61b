//! Damaged files: the store is discarded, fails, or has the rows of one of its writes.

use std::fs;
use std::path::{Path, PathBuf};

use projections::{Changes, Error, Options, Row, Store};

use crate::rows::{head, open, put, residents};

const ROWS: u64 = 200;
const WRITES: u64 = 12;

fn changes(write: u64) -> Changes {
    // Varied, so that tables are not compressed to nothing.
    let value = |n: u64| -> Vec<u8> {
        let bytes = (0..500_u64).map(|at| (write ^ n.wrapping_mul(at * at + 31)).to_le_bytes()[0]);
        write.to_be_bytes().into_iter().chain(bytes).collect()
    };
    let rows: Vec<Row> = (0..ROWS)
        .map(|n| put(&n.to_be_bytes(), &value(n)))
        .collect();
    Changes {
        resident: rows.clone(),
        cold: rows,
    }
}

/// A store with rows in tables and in a journal.
fn store(dir: &Path) {
    let store = open(dir);
    store.write_unfinished(&changes(1)).unwrap();
    for write in 2..=WRITES {
        store.write(&changes(write), head(write)).unwrap();
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, name) = entry
            .map(|entry| (entry.path(), entry.file_name()))
            .unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

/// Opens the store and compares its rows with those of the write of its checkpoint. Returns
/// whether it noticed damage. Damage that is noticed while rows are read has the next start discard
/// them.
fn check(dir: &Path, what: &str) -> bool {
    let (is_discarded, is_unreadable) = read(dir, what);
    if is_unreadable {
        let (store, discarded) = Store::open(dir, Options::default()).unwrap();
        let reason = discarded.map_or_else(String::new, |discarded| discarded.reason);
        assert!(
            reason.contains("while it was last open"),
            "{what}: {reason}"
        );
        assert_eq!((store.checkpoint(), residents(&store).len()), (None, 0));
    }
    is_discarded || is_unreadable
}

/// Returns whether the store was discarded, and whether rows could not be read.
fn read(dir: &Path, what: &str) -> (bool, bool) {
    let (store, discarded) = match Store::open(dir, Options::default()) {
        Ok(opened) => opened,
        Err(error) => panic!("{what}: does not open: {error:?}"),
    };
    let Some(checkpoint) = store.checkpoint() else {
        assert!(residents(&store).is_empty(), "{what}");
        return (discarded.is_some(), false);
    };
    let wanted = changes(checkpoint.position);
    let mut found = Vec::new();
    let read = store
        .snapshot()
        .unwrap()
        .residents(|key, value| found.push(put(key, value)));
    match read {
        Ok(()) => assert!(found == wanted.resident, "{what}: other resident rows"),
        Err(Error::Damaged { .. }) => return (false, true),
        Err(error) => panic!("{what}: {error:?}"),
    }
    for (key, value) in &wanted.cold {
        match store.snapshot().unwrap().get(key) {
            Ok(found) => assert!(found == *value, "{what}: another cold row"),
            Err(Error::Damaged { .. }) => return (false, true),
            Err(error) => panic!("{what}: {error:?}"),
        }
    }
    (false, false)
}

#[test]
fn no_damage_leads_to_a_panic_or_to_rows_of_no_write() {
    let dir = tempfile::tempdir().unwrap();
    let whole = dir.path().join("whole");
    store(&whole);
    assert!(!check(&whole, "whole"), "an intact store");
    let (mut cases, mut noticed) = (0, 0);
    for file in files(&whole) {
        let name = file.strip_prefix(&whole).unwrap();
        // The library allocates a journal in advance; the rest of it is zeros.
        let mut bytes = fs::read(&file).unwrap();
        bytes.truncate(
            bytes
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last + 1),
        );
        let length = bytes.len();
        for part in 0..6 {
            let damaged = dir.path().join("damaged");
            copy(&whole, &damaged);
            let at = (length * part / 6).min(length.saturating_sub(1));
            let mut bytes = bytes.clone();
            if part % 2 == 0 {
                bytes.truncate(at);
            } else if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x10;
            }
            fs::write(damaged.join(name), bytes).unwrap();
            cases += 1;
            noticed += usize::from(check(&damaged, &format!("{} at {at}", name.display())));
            fs::remove_dir_all(&damaged).unwrap();
        }
    }
    assert!(noticed * 3 > cases, "noticed {noticed} of {cases}");
}

#[test]
fn a_store_of_another_version_is_discarded() {
    let dir = tempfile::tempdir().unwrap();
    for content in ["projections 2 1\n", "", "projections 1 1", "other"] {
        let store = open(dir.path());
        store.write(&changes(3), head(3)).unwrap();
        drop(store);
        fs::write(dir.path().join("current"), content).unwrap();
        let (store, discarded) = Store::open(dir.path(), Options::default()).unwrap();
        let reason = discarded.unwrap().reason;
        let is_other = reason.contains("another format version");
        assert_eq!(is_other, content.starts_with("projections 2"), "{reason}");
        assert_eq!((store.checkpoint(), residents(&store).len()), (None, 0));
    }
}
