//! Opens a log after a crash and compares it with the acknowledgements.

use std::ops::ControlFlow;
use std::path::Path;

use event_log::{EventLog, verify};

use crate::Outcome;
use crate::writer::{event, options};

/// Opens the log and checks every event, the last acknowledgement, and both copies.
pub(crate) fn check(dir: &Path, acknowledged: Option<&(u64, String)>) -> Outcome {
    let (log, opened) = match EventLog::open(dir, options(true)) {
        Ok(opened) => opened,
        Err(error) => return Outcome::Lost(format!("does not open: {error:?}")),
    };
    let head = opened.head.position;
    if let Some((position, hash)) = acknowledged {
        if head < *position {
            return Outcome::Lost(format!(
                "acknowledged up to position {position}, the log ends at {head}: {opened:?}"
            ));
        }
        let found = log
            .reader()
            .hash_at(*position)
            .unwrap()
            .map(|found| found.to_string());
        if found.as_ref() != Some(hash) {
            return Outcome::Lost(format!(
                "the frame that ends at position {position} has another hash"
            ));
        }
    }
    let reader = log.reader();
    let mut wrong = None;
    let mut next = 1;
    let scanned = reader.scan(1, |found| {
        let wanted = event(found.position);
        if (found.position, found.link, found.bytes) != (next, wanted.link, &wanted.bytes[..]) {
            wrong = Some(found.position);
            return ControlFlow::Break(());
        }
        next += 1;
        ControlFlow::Continue(())
    });
    if wrong.is_some() || scanned.as_ref().ok() != Some(&head) {
        return Outcome::Lost(format!(
            "the journal differs at position {wrong:?}; the scan returned {scanned:?}"
        ));
    }
    drop(reader);
    log.close().unwrap();
    // Checks the hash chain, and that both copies are equal.
    let report = verify(dir).unwrap();
    if report.is_whole() && report.head.position == head {
        Outcome::Whole(head)
    } else {
        Outcome::Lost(format!("does not verify: {report:?}"))
    }
}
