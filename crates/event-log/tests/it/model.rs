//! Compares the log with a vector of events under random operations.

use std::ops::ControlFlow;

use event_log::{EventLog, Frame, GENESIS, NewEvent, Options, StoredEvent};
use proptest::prelude::*;

use crate::support;

/// A few appends are merged, while others are written and read.
fn options() -> Options {
    Options {
        merge_bytes: 8 * 1024,
        ..support::options()
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Append {
        lengths: Vec<usize>,
        links: Vec<u64>,
    },
    Reopen,
    Read {
        from: u64,
        max_events: usize,
        max_bytes: usize,
    },
    Scan {
        from: u64,
    },
    Back {
        position: u64,
    },
}

fn operation() -> impl Strategy<Value = Operation> {
    let length = prop_oneof![8 => 0..600_usize, 1 => 3_900..4_200_usize, 1 => 4_200..60_000_usize];
    let append = (
        prop::collection::vec(length, 1..20),
        prop::collection::vec(any::<u64>(), 20),
    );
    prop_oneof![
        6 => append.prop_map(|(lengths, links)| Operation::Append { lengths, links }),
        1 => Just(Operation::Reopen),
        2 => (0..200_u64, 0..50_usize, 0..5_000_usize).prop_map(|(from, max_events, max_bytes)| {
            Operation::Read { from, max_events, max_bytes }
        }),
        1 => (0..200_u64).prop_map(|from| Operation::Scan { from }),
        1 => (0..200_u64).prop_map(|position| Operation::Back { position }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_log_contains_what_was_appended(operations in prop::collection::vec(operation(), 1..40)) {
        let dir = tempfile::tempdir().unwrap();
        let (mut log, opened) = EventLog::open(dir.path(), options()).unwrap();
        assert!(opened.created && opened.head.hash == GENESIS);
        let mut model = Vec::new();
        for operation in operations {
            if let Operation::Reopen = operation {
                let head = log.head();
                log.close().unwrap();
                let (again, opened) = EventLog::open(dir.path(), options()).unwrap();
                assert_eq!((opened.head, opened.created), (head, false));
                assert_eq!((opened.rebuilt, opened.torn_bytes, opened.replayed_events), (None, 0, 0));
                log = again;
            } else {
                apply(&log, &mut model, operation);
            }
        }
        assert_eq!(scan(&log, 0), model);
        log.close().unwrap();
    }
}

fn apply(log: &EventLog, model: &mut Vec<StoredEvent>, operation: Operation) {
    let reader = log.reader();
    let end = model.len() as u64;
    match operation {
        Operation::Reopen => {}
        Operation::Append { lengths, links } => append(log, model, &lengths, &links),
        Operation::Read {
            from,
            max_events,
            max_bytes,
        } => {
            let read = reader.read(from, max_events, max_bytes).unwrap();
            let wanted = from_position(model, from);
            assert_eq!(read[..], wanted[..read.len()]);
            assert!(read.len() <= max_events);
            let bytes: usize = read.iter().map(|event| event.bytes.len()).sum();
            let full = read.len() == max_events || bytes >= max_bytes || read.len() == wanted.len();
            let before_last = bytes - read.last().map_or(0, |event| event.bytes.len());
            assert!(
                read.len() <= 1 || before_last < max_bytes,
                "read past the limit"
            );
            assert!(full, "stopped early at {} of {}", read.len(), wanted.len());
        }
        Operation::Scan { from } => assert_eq!(scan(log, from), from_position(model, from)),
        Operation::Back { position } => {
            let read: Vec<_> = reader.back(position).map(Result::unwrap).collect();
            let mut next = if position <= end { position } else { 0 };
            for event in read {
                assert_eq!(Some(&event), model.get(usize::try_from(next).unwrap() - 1));
                next = event.link;
            }
            assert_eq!(next, 0);
        }
    }
    let beyond = reader.get(model.len() as u64 + 1).unwrap();
    assert_eq!((reader.get(0).unwrap(), beyond), (None, None));
}

fn append(log: &EventLog, model: &mut Vec<StoredEvent>, lengths: &[usize], links: &[u64]) {
    let first_position = model.len() as u64 + 1;
    let time_micros = i64::from(u32::MAX) + i64::try_from(first_position).unwrap();
    // The limit of a frame with several events.
    let mut available = event_log::FRAME_BYTES_MAX;
    let events: Vec<_> = (first_position..)
        .zip(lengths.iter().zip(links))
        .take_while(|(_, (length, _))| {
            let fits = *length + 12 <= available;
            available = available.saturating_sub(*length + 12);
            fits
        })
        .map(|(position, (length, link))| NewEvent {
            link: link % position,
            bytes: support::bytes_at(position, *length),
        })
        .collect();
    for (position, event) in (first_position..).zip(&events) {
        let NewEvent { link, bytes } = event.clone();
        model.push(StoredEvent {
            position,
            link,
            time_micros,
            bytes,
        });
    }
    let committed = log
        .append(Frame {
            first_position,
            time_micros,
            events,
        })
        .unwrap();
    assert_eq!(
        (committed.first_position, committed.last_position),
        (first_position, model.len() as u64)
    );
    assert_eq!(
        (log.head().position, log.head().hash),
        (committed.last_position, committed.hash)
    );
    assert_eq!(
        log.reader().hash_at(committed.last_position).unwrap(),
        Some(committed.hash)
    );
    assert_eq!(
        log.reader().get(committed.last_position).unwrap().as_ref(),
        model.last()
    );
}

fn scan(log: &EventLog, from: u64) -> Vec<StoredEvent> {
    let mut found = Vec::new();
    let last = log.reader().scan(from, |event| {
        found.push(event.to_stored());
        ControlFlow::Continue(())
    });
    assert_eq!(
        last.unwrap(),
        found.last().map_or(0, |event: &StoredEvent| event.position)
    );
    found
}

fn from_position(model: &[StoredEvent], from: u64) -> &[StoredEvent] {
    let skip = usize::try_from(from.max(1)).unwrap() - 1;
    model.get(skip..).unwrap_or_default()
}
