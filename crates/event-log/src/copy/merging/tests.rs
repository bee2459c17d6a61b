use std::cell::Cell;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use super::Merging;
use crate::copy::page;
use crate::copy::sled_copy::SledCopy;
use crate::copy::store::Store;
use crate::journal::frame::EncodedFrame;
use crate::{GENESIS, Options, testing};

const FRAMES: u64 = 30;
/// Rows of about three frames.
const FILE_BYTES: u64 = 4_000;

/// Frames of three events, which take one, two or several rows each.
fn frames() -> Vec<EncodedFrame> {
    let mut previous = GENESIS;
    let frames = (0..FRAMES).map(|number| {
        let length = [300, 3_000, 9_000, 300, 300][usize::try_from(number % 5).unwrap()];
        let first = number * 3 + 1;
        let mut frame = testing::frame(first, &[300, length, 300]).encode().unwrap();
        frame.link(previous, first - 1);
        previous = frame.hash;
        frame
    });
    frames.collect()
}

fn open(dir: &Path) -> Arc<Store> {
    let store = Store::open(dir, &Options::new(0)).unwrap().unwrap();
    Arc::new(store)
}

fn filled(dir: &Path) -> Arc<Store> {
    let store = open(dir);
    for frame in frames() {
        store
            .insert(page::rows(&frame.as_ref()).into_iter())
            .unwrap();
    }
    store
}

/// Merges until `calls` calls of `pace`. Returns the number of calls.
fn merge(store: &Arc<Store>, calls: u64) -> u64 {
    let called = Cell::new(0);
    let merging = Merging::new(Arc::clone(store), FILE_BYTES);
    let pace = || {
        called.set(called.get() + 1);
        if called.get() > calls {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    };
    merging.run(|| FRAMES * 3, pace).unwrap();
    called.get()
}

/// Checks that every frame can be read, and that there are no other rows.
fn assert_whole(store: &Store) {
    let copy = SledCopy::new(store);
    let mut rows = 0;
    for frame in frames() {
        let first = frame.header.first;
        assert_eq!(copy.frame_at(first).unwrap(), Some(frame.bytes.clone()));
        assert_eq!(copy.header_at(first).unwrap(), Some(frame.header));
        assert_eq!(copy.header_at(first + 1).unwrap(), None);
        assert_eq!(copy.next_frame_start(first).unwrap(), Some(first));
        for position in first..first + 3 {
            let event = copy.get(position).unwrap();
            assert_eq!(event.position, position);
            let start = copy.next_frame_start(position + 1).unwrap();
            let next = (first < FRAMES * 3 - 2).then_some(first + 3);
            assert_eq!(start, next, "after position {position}");
        }
        rows += page::rows(&frame.as_ref()).len() as u64;
    }
    assert_eq!(copy.rows().unwrap(), rows);
    let head = copy.head().unwrap();
    let last = frames().pop().unwrap();
    assert_eq!((head.position, head.hash), (FRAMES * 3, last.hash));
    let mut next = 1;
    copy.read(1, |events| {
        for event in events.by_ref() {
            assert_eq!(event.position, next);
            next += 1;
        }
        true
    })
    .unwrap();
    assert_eq!(next, FRAMES * 3 + 1);
}

#[test]
fn a_merge_moves_all_rows_but_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    assert_whole(&store);
    merge(&store, u64::MAX);
    assert_whole(&store);
    let in_sled: Vec<u64> = store
        .tree
        .iter()
        .keys()
        .map(|key| page::key_parts(&key.unwrap()).unwrap().0)
        .collect();
    let merged = store.merged.last();
    assert!(merged > FRAMES * 2 && merged < FRAMES * 3, "{merged}");
    assert!(in_sled.iter().all(|position| *position > merged));
    let bytes = store.bytes();
    assert!(bytes > 0 && bytes < 2 * FILE_BYTES, "{bytes}");
}

#[test]
fn a_merge_interrupted_at_any_row_loses_nothing_and_is_finished_later() {
    let dir = tempfile::tempdir().unwrap();
    let all = merge(&filled(dir.path()), u64::MAX);
    let wanted = files(dir.path());
    assert!(all > 60, "{all}");
    for calls in (0..all).step_by(3) {
        let dir = tempfile::tempdir().unwrap();
        let store = filled(dir.path());
        merge(&store, calls);
        assert_whole(&store);
        store.barrier().unwrap();
        drop(store);
        let store = open(dir.path());
        assert_whole(&store);
        merge(&store, u64::MAX);
        assert_whole(&store);
        let rows = |store: &Store| store.tree.len();
        drop(store);
        assert_eq!(files(dir.path()), wanted, "after {calls} calls");
        assert!(rows(&open(dir.path())) < 20);
    }
}

#[test]
fn a_damaged_row_stays_in_sled_and_the_others_are_merged() {
    let dir = tempfile::tempdir().unwrap();
    let store = filled(dir.path());
    let key = page::page_key(16);
    let mut value = store.tree.get(key).unwrap().unwrap().to_vec();
    let right = value.clone();
    value[50] ^= 1;
    store.tree.insert(key, value).unwrap();
    merge(&store, u64::MAX);
    let copy = SledCopy::new(&store);
    assert!(copy.get(16).is_err());
    assert_eq!(copy.get(15).unwrap().position, 15);
    assert_eq!(copy.get(19).unwrap().position, 19);
    assert_eq!(copy.next_frame_start(14).unwrap(), Some(19));
    assert!(store.merged.containing(16).is_none());
    assert!(store.merged.containing(15).is_some() && store.merged.containing(19).is_some());
    // Once it is repaired, it is merged as well.
    store.tree.insert(key, right).unwrap();
    assert_whole(&store);
    merge(&store, u64::MAX);
    assert!(store.merged.containing(16).is_some());
    assert_whole(&store);
}

/// Names of the merged files.
fn files(dir: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(dir.join("merged")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
