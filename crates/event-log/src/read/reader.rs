use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use crate::commit::state::Shared;
use crate::copy::sled_copy::SledCopy;
use crate::head::Head;
use crate::read::journal_reader::JournalReader;
use crate::{Error, EventRef, GENESIS, Hash, StoredEvent};

/// Reads committed events, on any thread, while the log is being written.
#[derive(Clone)]
pub struct Reader {
    pub(crate) copy: SledCopy,
    journal: PathBuf,
    shared: Arc<Shared>,
}

impl Reader {
    pub(crate) fn new(copy: SledCopy, journal: PathBuf, shared: Arc<Shared>) -> Self {
        Self {
            copy,
            journal,
            shared,
        }
    }

    /// The last event that is durable and can be read.
    pub fn head(&self) -> Head {
        self.shared.head()
    }

    /// Returns an event from sled, or `None` if the position is 0 or after the head.
    pub fn get(&self, position: u64) -> Result<Option<StoredEvent>, Error> {
        if position == 0 || position > self.head().position {
            return Ok(None);
        }
        match self.copy.get(position) {
            Ok(event) => Ok(Some(event)),
            Err(error) => self.get_from_journal(position, error).map(Some),
        }
    }

    /// Returns consecutive events starting with position `from` (0 means 1): at most `max_events`,
    /// and none after the one whose bytes reach `max_bytes` in total. Empty only after the head or
    /// if `max_events` is 0.
    pub fn read(
        &self,
        from: u64,
        max_events: usize,
        max_bytes: usize,
    ) -> Result<Vec<StoredEvent>, Error> {
        let (from, head) = (from.max(1), self.head().position);
        let mut events = Vec::new();
        if from > head || max_events == 0 {
            return Ok(events);
        }
        let mut bytes = 0;
        let outcome = self.copy.read(from, |page| {
            let mut more = true;
            while more {
                let Some(event) = page.next() else { break };
                bytes += event.bytes.len();
                more = events.len() + 1 < max_events && bytes < max_bytes && event.position < head;
                events.push(event.to_stored());
            }
            more
        });
        match outcome {
            Ok(()) => {}
            // The events before the damage are valid. The next call starts at the damage.
            Err(_) if !events.is_empty() => {}
            Err(error) => events.push(self.get_from_journal(from, error)?),
        }
        if events.is_empty() {
            Err(self.copy.damaged(from))
        } else {
            Ok(events)
        }
    }

    /// Iterates backwards over one stream: the event at `position`, the one it links to, and so on
    /// to the first. Ends after an error.
    pub fn back(&self, position: u64) -> Back {
        Back {
            reader: self.clone(),
            next: position,
        }
    }

    /// Returns the hash of the frame that ends at `position`, to compare with a projection's
    /// checkpoint. Returns [`GENESIS`] for position 0, and `None` if no frame ends at `position`.
    pub fn hash_at(&self, position: u64) -> Result<Option<Hash>, Error> {
        let head = self.head();
        if position == 0 {
            return Ok(Some(GENESIS));
        }
        if position >= head.position {
            return Ok((position == head.position).then_some(head.hash));
        }
        let next = self.copy.header_at(position + 1)?;
        Ok(next.map(|header| header.previous))
    }

    /// Calls `visit` with every event from position `from` to the current head, until it breaks.
    /// Returns the position of the last visited event, or 0.
    ///
    /// Use this for replays: it reads the journal sequentially, at more than 2 million events per
    /// second, because it does not copy events as [`Reader::read`] does.
    pub fn scan(
        &self,
        from: u64,
        mut visit: impl FnMut(EventRef<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Error> {
        let (from, head) = (from.max(1), self.head().position);
        if from > head {
            return Ok(0);
        }
        let mut journal = JournalReader::new(self.journal.clone(), from);
        let (mut last, mut stopped) = (0, false);
        journal.poll(|event| {
            last = event.position;
            stopped = visit(event).is_break() || last == head;
            if stopped {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        if stopped {
            Ok(last)
        } else {
            Err(journal.damaged())
        }
    }

    /// Returns an event that sled failed to return.
    fn get_from_journal(&self, position: u64, error: Error) -> Result<StoredEvent, Error> {
        tracing::error!(%error, position, "cannot read from sled; reading from the journal");
        let mut found = None;
        self.scan(position, |event| {
            found = Some(event.to_stored());
            ControlFlow::Break(())
        })?;
        found.ok_or(error)
    }
}

/// Iterates backwards over one stream. See [`Reader::back`].
pub struct Back {
    reader: Reader,
    next: u64,
}

impl Iterator for Back {
    type Item = Result<StoredEvent, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let found = self.reader.get(self.next).transpose()?;
        self.next = found.as_ref().map_or(0, |event| event.link);
        Some(found)
    }
}
