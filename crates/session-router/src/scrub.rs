//! Checks the log for damage in the background, slowly, so that damage is found while the other copy
//! is still whole.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use event_log::{EventLog, Ranges, Scrubbed, Scrubber};

use crate::clock::now;
use crate::error::Error;

/// The pause before the first segment: a start has other work to do.
const FIRST_PAUSE: Duration = Duration::from_mins(1);
/// The check pauses for [`SLICE_PAUSE`] after this many bytes: 25 MB/s at most.
const SLICE_BYTES: usize = 256 * 1024;
const SLICE_PAUSE: Duration = Duration::from_millis(10);

/// The thread of the check. It ends when this is dropped.
pub(crate) struct Scrub {
    stop: Option<SyncSender<Infallible>>,
    thread: Option<JoinHandle<()>>,
}

impl Scrub {
    /// Starts checking the whole log once in each round. A round of zero checks nothing.
    pub(crate) fn start(log: &EventLog, round: Duration) -> Result<Self, Error> {
        let (stop, stopped) = sync_channel(0);
        let mut scrub = Self {
            stop: Some(stop),
            thread: None,
        };
        if !round.is_zero() {
            let scrubber = log.scrubber();
            let run = move || run(scrubber, round, &stopped);
            let thread = thread::Builder::new().name("log-scrub".to_owned());
            let thread = thread.spawn(run);
            scrub.thread = Some(thread.map_err(|_| Error::Died("checking the log"))?);
        }
        Ok(scrub)
    }
}

impl Drop for Scrub {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the check of the log panicked");
        }
    }
}

fn run(mut scrubber: Scrubber, round: Duration, stop: &Receiver<Infallible>) {
    let mut pause = FIRST_PAUSE.min(round);
    while wait(stop, pause).is_continue() {
        let mut bytes = 0;
        let checked = scrubber.check_next(now().as_micros(), |length| {
            bytes += length;
            if bytes < SLICE_BYTES {
                return ControlFlow::Continue(());
            }
            bytes = 0;
            wait(stop, SLICE_PAUSE)
        });
        let segments = checked.and_then(|found| {
            report(&found.unwrap_or_default());
            scrubber.segments()
        });
        let segments = segments.unwrap_or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot check the log"
            );
            1
        });
        pause = round / u32::try_from(segments).unwrap_or(u32::MAX).max(1);
    }
}

/// Breaks when the check is to stop.
fn wait(stop: &Receiver<Infallible>, pause: Duration) -> ControlFlow<()> {
    match stop.recv_timeout(pause) {
        Err(RecvTimeoutError::Timeout) => ControlFlow::Continue(()),
        Err(RecvTimeoutError::Disconnected) => ControlFlow::Break(()),
    }
}

fn report(found: &Scrubbed) {
    metrics::counter!("switchboard_log_scrubbed_segments_total").increment(1);
    for (copy, ranges) in [("journal", &found.journal), ("sled", &found.copy)] {
        let repaired = metrics::counter!("switchboard_log_repaired_total", "copy" => copy);
        repaired.increment(count(ranges));
        if !ranges.0.is_empty() {
            tracing::error!(copy, positions = %ranges, "repaired a damaged log from its other copy: check the disk");
        }
    }
    metrics::counter!("switchboard_log_damaged_total").increment(count(&found.damaged));
    if !found.damaged.0.is_empty() {
        tracing::error!(
            positions = %found.damaged,
            "the log is damaged: check the disk, stop the broker and run `switchboard log repair`"
        );
    }
}

fn count(ranges: &Ranges) -> u64 {
    let lengths = ranges.0.iter().map(|range| range.last + 1 - range.first);
    lengths.sum()
}
