use crate::copy::page::{Page, Row, chunk_key, page_key};
use crate::copy::rows::{Rows, Value};
use crate::copy::store::Store;
use crate::event::StoredEvent;
use crate::head::Head;
use crate::journal::frame::{self, Events, HEADER_BYTES, Header};
use crate::{Error, EventRef};

/// The copy's directory in the log's directory.
pub(crate) const SLED: &str = "sled";

/// Reads the sled copy. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SledCopy {
    rows: Rows,
}

impl SledCopy {
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            rows: Rows::new(store),
        }
    }

    /// Returns a reader that does not share its cache, so that it finds all damage on the disk that
    /// sled does not hide.
    pub(crate) fn with_own_cache(&self) -> Self {
        Self {
            rows: self.rows.with_own_cache(),
        }
    }

    /// Returns the end of the last complete frame.
    ///
    /// Rows are inserted one by one, so a crash can leave the last frame incomplete. Only the last:
    /// replaying the journal writes it again.
    pub(crate) fn head(&self) -> Result<Head, Error> {
        let mut before = None;
        for _ in 0..2 {
            let Some(first) = self.last_frame_start(before)? else {
                return Ok(Head::EMPTY);
            };
            if let Some(bytes) = self.frame_at(first)?
                && let Some(frame) = frame::parse_valid(&bytes)
            {
                return Ok(Head {
                    position: frame.header.last(),
                    hash: frame.hash(),
                });
            }
            before = Some(first);
        }
        Err(self.damaged(before.unwrap_or_default()))
    }

    /// Returns the start of the last frame, or of the last one that starts before a given position.
    fn last_frame_start(&self, before: Option<u64>) -> Result<Option<u64>, Error> {
        let last = match before {
            Some(before) => self.rows.last_before(before)?,
            None => self.rows.last_before(u64::MAX)?,
        };
        let Some(position) = last else {
            return Ok(None);
        };
        let value = self
            .value(&page_key(position))?
            .ok_or_else(|| self.damaged(position))?;
        let page = Page::parse(position, &value).ok_or_else(|| self.damaged(position))?;
        Ok(Some(page.frame_first))
    }

    /// Returns the position of the head or, if the head cannot be read, the last position with a
    /// key.
    pub(crate) fn end(&self) -> Result<u64, Error> {
        self.head()
            .map(|head| head.position)
            .or_else(|_| self.last_position())
    }

    /// Returns the last position with a key, whether or not it can be read, or 0 without one.
    pub(crate) fn last_position(&self) -> Result<u64, Error> {
        let position = self.rows.last_position()?;
        // A readable page has further events after its first.
        let page_end = |value: Value| {
            let page = self.page(position, &value).ok().flatten()?;
            page.events().last().map(|event| event.position)
        };
        let value = self.value(&page_key(position)).ok().flatten();
        Ok(value.and_then(page_end).unwrap_or(position))
    }

    /// The number of rows. Fails if damage hides it.
    pub(crate) fn rows(&self) -> Result<u64, Error> {
        self.rows.count()
    }

    /// Writes rows again that were damaged. A later barrier makes them durable.
    pub(crate) fn put(&self, rows: Vec<Row>) -> Result<(), Error> {
        self.rows.put(rows)
    }

    /// Removes the rows after `head`: the first rows of a frame that the journal does not have. The
    /// next frame may be split into other rows, between which these would remain. Returns their
    /// number. Merged files need no trim: they contain complete frames, which end before the head.
    pub(crate) fn trim(&self, head: u64) -> Result<usize, Error> {
        self.rows.remove_after(head)
    }

    /// Returns the frame that starts at `first`, as stored in the journal, or `None` if no complete
    /// frame starts there.
    pub(crate) fn frame_at(&self, first: u64) -> Result<Option<Vec<u8>>, Error> {
        let (mut bytes, mut frame_bytes) = (Vec::new(), HEADER_BYTES);
        let mut next = first;
        while bytes.len() < frame_bytes {
            let Some(value) = self.value(&page_key(next))? else {
                return Ok(None);
            };
            let page = self.page(next, &value)?;
            let Some(page) = page.filter(|page| page.frame_first == first) else {
                return Ok(None);
            };
            if let Some(header) = page.header {
                let Some(decoded) = Header::decode_stored(header) else {
                    return Ok(None);
                };
                frame_bytes = decoded.frame_bytes();
                bytes.extend_from_slice(header);
            }
            bytes.extend_from_slice(&page.content);
            let mut events = page.events();
            events.by_ref().for_each(drop);
            next = events.position;
        }
        Ok(frame::parse_valid(&bytes).is_some().then_some(bytes))
    }

    /// Returns the start of the first frame at or after `position`.
    pub(crate) fn next_frame_start(&self, position: u64) -> Result<Option<u64>, Error> {
        let mut from = position;
        while let Some(first) = self.rows.next_page(from)? {
            let value = self.value(&page_key(first))?;
            let page = value.as_deref().and_then(|value| Page::parse(first, value));
            if page.is_some_and(|page| page.header.is_some()) {
                return Ok(Some(first));
            }
            from = first + 1;
        }
        Ok(None)
    }

    /// Calls `visit` with the events of each page, starting with event `from`, until it returns
    /// `false` or the copy ends. Fails at a missing or damaged page.
    pub(crate) fn read(
        &self,
        from: u64,
        mut visit: impl FnMut(&mut Events<'_>) -> bool,
    ) -> Result<(), Error> {
        let mut next = from;
        let found = self.rows.page_at(from)?;
        let (mut first, mut value) = found.ok_or_else(|| self.damaged(from))?;
        loop {
            let page = self
                .page(first, &value)?
                .ok_or_else(|| self.damaged(first))?;
            let mut events = page.events();
            while events.position < next && events.next().is_some() {}
            if events.position != next || events.rest.is_empty() {
                return Err(self.damaged(next));
            }
            if !visit(&mut events) {
                return Ok(());
            }
            events.by_ref().for_each(drop);
            if !events.rest.is_empty() {
                return Err(self.damaged(events.position));
            }
            next = events.position;
            match self.rows.next_value(next, &value)? {
                Some(found) => (first, value) = (next, found),
                None if next > self.rows.last_position()? => return Ok(()),
                None => return Err(self.damaged(next)),
            }
        }
    }

    /// Returns an event that is known to exist.
    pub(crate) fn get(&self, position: u64) -> Result<StoredEvent, Error> {
        let mut found = None;
        self.read(position, |events| {
            found = events.next().map(EventRef::to_stored);
            false
        })?;
        found.ok_or_else(|| self.damaged(position))
    }

    /// Returns the header of the frame that starts at `first`, or `None` if no frame starts there.
    pub(crate) fn header_at(&self, first: u64) -> Result<Option<Header>, Error> {
        let Some(value) = self.value(&page_key(first))? else {
            return Ok(None);
        };
        let page = Page::parse(first, &value).ok_or_else(|| self.damaged(first))?;
        Ok(page.header.and_then(Header::decode_stored))
    }

    /// Parses a page and reads its chunks. Returns `None` if any of it is missing or damaged.
    fn page<'v>(&self, first: u64, value: &'v [u8]) -> Result<Option<Page<'v>>, Error> {
        match Page::parse(first, value) {
            Some(page) => page.with_chunks(|number| {
                let chunk = self.value(&chunk_key(first, number))?;
                Ok(chunk.map(|value| value.to_vec()))
            }),
            None => Ok(None),
        }
    }

    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<Value>, Error> {
        self.rows.get(key)
    }

    pub(crate) fn damaged(&self, position: u64) -> Error {
        self.rows.damaged(position)
    }
}
