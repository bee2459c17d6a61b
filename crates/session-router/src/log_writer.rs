//! Writes to the log of a stopped broker as the role does, but without a bus.

use chat::command::{Reply, Request};
use chat::rejection::Rejection;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use event_log::{EventLog, Frame, NewEvent};

use crate::config::Config;
use crate::error::Error;
use crate::open::open;
use crate::state::State;

/// How many events a frame gets; a decision may add a few more.
const FRAME_EVENTS: usize = 200;

/// The log and the keys of a stopped broker. Events are durable once [`close`](Self::close) returns.
pub struct LogWriter {
    log: EventLog,
    state: State,
    frame: Vec<NewEvent>,
}

impl LogWriter {
    /// Opens the log and replays it. The error is [`event_log::Error::Locked`] while a session router
    /// runs on this data directory.
    pub fn open(config: &Config) -> Result<Self, Error> {
        let (log, projector, state) = open(config)?;
        projector.stop(None)?;
        Ok(Self {
            log,
            state,
            frame: Vec::new(),
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
        let applied = match self.state.apply(request, &request.by(), now, false) {
            Ok(applied) => applied,
            Err(rejection) => return Ok(Err(rejection)),
        };
        self.frame.extend(applied.events);
        if self.frame.len() >= FRAME_EVENTS {
            self.submit(now)?;
        }
        Ok(Ok(applied.reply))
    }

    /// Appends the last events, and closes the log once all are written.
    pub fn close(mut self, now: Timestamp) -> Result<(), Error> {
        self.submit(now)?;
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
        // `close` reports a frame that cannot be written.
        Ok(self.log.submit(frame, drop)?)
    }
}
