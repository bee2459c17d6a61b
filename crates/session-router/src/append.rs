//! Hands batches to the log, keeps the releases that depend on them, and offers changed rows to the projector.

use std::collections::VecDeque;

use event_log::{Committed, EventLog, Frame, Head};
use projections::Changes;
use tokio::sync::mpsc;

use crate::batch::{Batch, Release};
use crate::clock::now;
use crate::config::{FRAMES_MAX, ROWS_EVENTS_MAX};
use crate::error::Error;
use crate::projections::{Projector, changes};
use crate::scrub::Scrub;
use crate::state::State;

/// The most frames in flight, and the capacity of the channel of commits: a commit that did not fit
/// would be lost, and its releases with it.
const COMMITS_MAX: usize = 4_096;

/// The result of one frame.
pub(crate) type Commit = Result<Committed, event_log::Error>;

/// A frame that is being made durable.
struct InFlight {
    /// The position of its last event.
    last: u64,
    releases: Vec<Release>,
    /// Rows to write once the frame is durable.
    rows: Option<Changes>,
}

/// The log, the frames that are being made durable, and the projector.
pub(crate) struct Appender {
    log: EventLog,
    scrub: Scrub,
    projector: Projector,
    commits: mpsc::Sender<Commit>,
    /// Oldest first.
    in_flight: VecDeque<InFlight>,
    /// The position of the rows that the projector was last given.
    checkpoint: u64,
    /// The position at the last tick.
    ticked_at: u64,
}

impl Appender {
    pub(crate) fn new(
        log: EventLog,
        scrub: Scrub,
        projector: Projector,
    ) -> (Self, mpsc::Receiver<Commit>) {
        let (commits, receiver) = mpsc::channel(COMMITS_MAX);
        let appender = Self {
            log,
            scrub,
            projector,
            commits,
            in_flight: VecDeque::new(),
            checkpoint: 0,
            ticked_at: 0,
        };
        (appender, receiver)
    }

    /// Whether no more requests should be taken until a frame is durable.
    pub(crate) fn is_full(&self) -> bool {
        self.in_flight.len() >= FRAMES_MAX
    }

    /// Whether everything is durable.
    pub(crate) fn is_idle(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Whether the disk is nearly full.
    pub(crate) fn disk_full(&self) -> Result<bool, Error> {
        Ok(event_log::free_space(self.log.dir())?.nearly_full())
    }

    /// Submits batches to the log, one frame each. A batch without events is released with the last
    /// frame in flight; returns its releases if there is no frame.
    pub(crate) fn append(&mut self, batches: Vec<Batch>) -> Result<Vec<Release>, Error> {
        let mut released = Vec::new();
        for batch in batches {
            if batch.events.is_empty() {
                match self.in_flight.back_mut() {
                    Some(last) => last.releases.extend(batch.releases),
                    None => released.extend(batch.releases),
                }
                continue;
            }
            if self.in_flight.len() >= COMMITS_MAX {
                return Err(Error::Committer);
            }
            let count = u64::try_from(batch.events.len()).unwrap_or(0);
            // Read before the frame is submitted: if nothing is in flight, this is the log's head,
            // which then moves.
            let before = self.submitted();
            let frame = Frame {
                first_position: before + 1,
                time_micros: now().as_micros(),
                events: batch.events,
            };
            let commits = self.commits.clone();
            self.log.submit(frame, move |outcome| {
                // The channel has capacity for every frame in flight: this fails only once the loop has ended.
                drop(commits.try_send(outcome));
            })?;
            self.in_flight.push_back(InFlight {
                last: before + count,
                releases: batch.releases,
                rows: None,
            });
        }
        Ok(released)
    }

    /// The position of the last event submitted to the log.
    fn submitted(&self) -> u64 {
        let last = self.in_flight.back();
        last.map_or_else(|| self.log.head().position, |frame| frame.last)
    }

    /// Removes the oldest frame, which is durable. Returns its releases.
    pub(crate) fn committed(&mut self, committed: Committed) -> Result<Vec<Release>, Error> {
        let Some(frame) = self.in_flight.pop_front() else {
            return Err(Error::Committer);
        };
        metrics::counter!("switchboard_router_events_total")
            .increment(committed.last_position + 1 - committed.first_position);
        if let Some(rows) = frame.rows {
            self.projector.offer(rows, committed.head());
        }
        Ok(frame.releases)
    }

    /// Evicts rows unless some are on their way to the store. Has the projector write changed rows once their events are durable, if nothing was decided since
    /// the last tick or if a start would replay too many events.
    pub(crate) fn offer_rows(&mut self, state: &mut State) {
        let is_on_its_way = self.in_flight.iter().any(|frame| frame.rows.is_some());
        // Also while nothing is decided: queries load rows.
        if !is_on_its_way && self.projector.has_stored_all() {
            state.evict();
        }
        let position = state.workspace().position;
        let is_quiet = position == std::mem::replace(&mut self.ticked_at, position);
        let behind = position - self.checkpoint;
        let is_due = behind >= ROWS_EVENTS_MAX || is_quiet && behind > 0;
        if !is_due || is_on_its_way || !self.projector.is_idle() {
            return;
        }
        self.checkpoint = position;
        let rows = changes(state.workspace_mut());
        match self.in_flight.back_mut() {
            Some(last) => last.rows = Some(rows),
            None => self.projector.offer(rows, self.log_end()),
        }
    }

    /// The end of the log: its last durable event.
    pub(crate) fn log_end(&self) -> Head {
        self.log.head()
    }

    /// Writes the last rows and closes the log. Blocks.
    pub(crate) fn close(self, rows: Changes) -> Result<(), Error> {
        drop(self.scrub);
        let last = (rows, self.log.head());
        let projected = self.projector.stop(Some(last));
        self.log.close()?;
        projected
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chat::codec;
    use chat::id::ContactId;
    use chat::table::Found;
    use chat::workspace::Workspace;
    use projections::{Options, Store};

    use super::*;
    use crate::view::tests::shell::Shell;

    #[test]
    fn rows_that_queries_loaded_leave_memory_while_nothing_is_decided() {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), Options::default()).unwrap();
        let (_dir, log, mut state) = Shell::new().into_parts();
        let scrub = Scrub::start(&log, Duration::ZERO).unwrap();
        let (mut appender, _commits) = Appender::new(log, scrub, Projector::start(store).unwrap());
        for _ in 0..2 {
            appender.offer_rows(&mut state);
            while !appender.projector.is_idle() {
                std::thread::yield_now();
            }
        }
        assert_eq!(appender.checkpoint, state.workspace().position);
        for key in 0..2_000_u32 {
            let name = [&Workspace::KEY_USE_NAMES.0[..], &codec::encode(&key)].concat();
            let value = codec::encode(&None::<ContactId>);
            let found = Found::Row(name, Some(value));
            state.workspace_mut().admit(found).unwrap();
        }
        appender.offer_rows(&mut state);
        let left = state.workspace().key_uses().count();
        assert!(left <= 1_001, "{left}");
        appender.close(Changes::default()).unwrap();
    }
}
