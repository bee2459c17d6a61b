use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use crate::commit::state::Shared;
use crate::copy::page::{Page, page_key};
use crate::copy::sled_copy::SledCopy;
use crate::error::{Range, Ranges};
use crate::head::Head;
use crate::journal::frame::Header;
use crate::journal::scanner::{Scanner, Step};
use crate::journal::segment::{self, Segment};
use crate::{Error, EventRef, GENESIS, Hash, StoredEvent};

/// Reads what is durable, from any thread, beside the writer.
#[derive(Clone)]
pub struct Reader {
    copy: SledCopy,
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

    /// One event, from sled. `None` where the log has no such position (yet).
    pub fn get(&self, position: u64) -> Result<Option<StoredEvent>, Error> {
        if position == 0 || position > self.head().position {
            return Ok(None);
        }
        match self.copy.get(position) {
            Ok(event) => Ok(Some(event)),
            Err(error) => self.other_copy(position, error).map(Some),
        }
    }

    /// Consecutive events from position `from` (1 is the first; 0 means the same) on: at most
    /// `max_events`, and no more once their bytes reach `max_bytes`, but at least one where there is
    /// one. Empty behind the head.
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
            // What was read before the damage is good; the next call begins with the damage.
            Err(_) if !events.is_empty() => {}
            Err(error) => events.push(self.other_copy(from, error)?),
        }
        if events.is_empty() {
            Err(self.copy.damaged(from))
        } else {
            Ok(events)
        }
    }

    /// The events of one stream, newest first: the one at `position`, the one it links to, and so
    /// on to the stream's first. Ends after an error.
    pub fn back(&self, position: u64) -> Back {
        Back {
            reader: self.clone(),
            next: position,
        }
    }

    /// The hash at the end of the frame that ends at `position`; `None` where no frame ends there.
    /// A projection's checkpoint is compared with it. Position 0 has [`GENESIS`].
    pub fn hash_at(&self, position: u64) -> Result<Option<Hash>, Error> {
        let head = self.head();
        if position == 0 {
            return Ok(Some(GENESIS));
        }
        if position >= head.position {
            return Ok((position == head.position).then_some(head.hash));
        }
        let next = position + 1;
        let Some(value) = self.copy.value(&page_key(next))? else {
            return Ok(None);
        };
        let page = Page::parse(next, &value).ok_or_else(|| self.copy.damaged(next))?;
        let header = page.header.and_then(Header::decode_stored);
        Ok(header.map(|header| header.previous))
    }

    /// Calls `visit` with every event from position `from` to the head of now, until it breaks; the
    /// position of the last event visited, 0 if none was. For replaying: it reads the journal front
    /// to back and copies nothing (2 M events a second and more), where [`Reader::read`] makes a
    /// copy of each event.
    pub fn scan(
        &self,
        from: u64,
        mut visit: impl FnMut(EventRef<'_>) -> ControlFlow<()>,
    ) -> Result<u64, Error> {
        let (mut next, head) = (from.max(1), self.head().position);
        let from = next;
        while next <= head {
            // Once for each segment: the sealer replaces files meanwhile.
            let segments = segment::list(&self.journal)?;
            let Some(segment) = segment::from(&segments, next).first() else {
                return Err(self.damaged(next));
            };
            let Some(mut scanner) = open_segment(segment)? else {
                continue;
            };
            let before = next;
            while next <= head
                && let Step::Frame(header) = scanner.step()?
            {
                if header.last() < next {
                    continue;
                }
                let skip = next;
                for event in scanner
                    .frame()
                    .events()
                    .skip_while(|event| event.position < skip)
                {
                    if event.position != next {
                        return Err(self.damaged(next));
                    }
                    next += 1;
                    if visit(event).is_break() {
                        return Ok(event.position);
                    }
                }
            }
            if next == before {
                return Err(self.damaged(next));
            }
        }
        Ok(if next > from { next - 1 } else { 0 })
    }

    /// An event that sled could not give, from the journal.
    fn other_copy(&self, position: u64, error: Error) -> Result<StoredEvent, Error> {
        tracing::error!(%error, position, "read from the journal instead");
        let mut found = None;
        self.scan(position, |event| {
            found = Some(event.to_stored());
            ControlFlow::Break(())
        })?;
        found.ok_or(error)
    }

    fn damaged(&self, position: u64) -> Error {
        let ranges = Ranges(vec![Range {
            first: position,
            last: position,
        }]);
        Error::JournalDamaged {
            dir: self.journal.clone(),
            ranges,
        }
    }
}

/// `None` where the sealer has just replaced it.
fn open_segment(segment: &Segment) -> Result<Option<Scanner>, Error> {
    match Scanner::open(segment) {
        Ok(scanner) => Ok(Some(scanner)),
        Err(Error::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The events of one stream, newest first. See [`Reader::back`].
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
