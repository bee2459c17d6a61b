//! Writes to the log of a stopped broker as the role does, but without a bus.

use std::sync::mpsc::{Receiver, Sender, channel};

use chat::command::{Reply, Request};
use chat::rejection::Rejection;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use event_log::{EventLog, Frame, NewEvent};

use crate::append::Commit;
use crate::config::{Config, ROWS_EVENTS_MAX};
use crate::error::Error;
use crate::open::open;
use crate::state::{At, State};

/// How many events a frame gets; a decision may add a few more.
const FRAME_EVENTS: usize = 200;

/// The log and the keys of a stopped broker. Events are durable once [`close`](Self::close) returns.
pub struct LogWriter {
    log: EventLog,
    state: State,
    frame: Vec<NewEvent>,
    commits: (Sender<Commit>, Receiver<Commit>),
    /// Frames whose result is not read yet.
    in_flight: usize,
    /// The position of the rows in the store.
    stored: u64,
}

impl LogWriter {
    /// Opens the log and replays it. The error is [`event_log::Error::Locked`] while a session router
    /// runs on this data directory.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let (log, projector, state) = open(config)?;
        projector.stop(None)?;
        let stored = state.workspace().position;
        Ok(Self {
            log,
            state,
            frame: Vec::new(),
            commits: channel(),
            in_flight: 0,
            stored,
        })
    }

    /// Returns the state.
    pub fn workspace(&self) -> &Workspace {
        self.state.workspace()
    }

    /// Decides a request and appends its events.
    pub fn apply(
        &mut self,
        request: &Request,
        now: Timestamp,
    ) -> Result<Result<Reply, Rejection>, Error> {
        let at = At {
            now,
            may_listen: false,
        };
        let decided = self.state.decide(request, at);
        let applied =
            decided.and_then(|decision| self.state.apply(decision, request, &request.by(), at));
        self.state.check_rows()?;
        let applied = match applied {
            Ok(applied) => applied,
            Err(rejection) => return Ok(Err(rejection)),
        };
        self.frame.extend(applied.events);
        if self.frame.len() >= FRAME_EVENTS {
            self.submit(now)?;
        }
        if self.state.workspace().position - self.stored >= ROWS_EVENTS_MAX {
            self.store(now)?;
        }
        Ok(Ok(applied.reply))
    }

    /// Appends the last events, and closes the log once all are written.
    pub fn close(mut self, now: Timestamp) -> Result<(), Error> {
        self.store(now)?;
        Ok(self.log.close()?)
    }

    fn submit(&mut self, now: Timestamp) -> Result<(), Error> {
        let events = std::mem::take(&mut self.frame);
        let Some(count) = events.len().checked_sub(1) else {
            return Ok(());
        };
        let frame = Frame {
            first_position: self.state.workspace().position - count as u64,
            time_micros: now.as_micros(),
            events,
        };
        let commits = self.commits.0.clone();
        self.in_flight += 1;
        Ok(self.log.submit(frame, move |outcome| {
            // The receiver lives as long as the log.
            drop(commits.send(outcome));
        })?)
    }

    /// Stores the rows once their events are written, so that old ones can leave memory.
    fn store(&mut self, now: Timestamp) -> Result<(), Error> {
        self.submit(now)?;
        for commit in self
            .commits
            .1
            .iter()
            .take(std::mem::take(&mut self.in_flight))
        {
            commit?;
        }
        self.stored = self.state.workspace().position;
        self.state.store(self.log.head())
    }
}
