use std::path::PathBuf;

use sled::IVec;

use crate::copy::page::{Page, Row, chunk_key, key_parts, page_key};
use crate::copy::store::{Store, guarded};
use crate::event::StoredEvent;
use crate::head::Head;
use crate::journal::frame::{self, Events, HEADER_BYTES, Header};
use crate::{Error, EventRef};

/// The copy's directory in the log's directory.
pub(crate) const SLED: &str = "sled";

/// Reads the sled copy. Cheap to clone.
#[derive(Clone)]
pub(crate) struct SledCopy {
    tree: sled::Tree,
    path: PathBuf,
}

impl SledCopy {
    pub(crate) fn new(store: &Store) -> Self {
        Self {
            tree: store.tree.clone(),
            path: store.path.clone(),
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
            Some(before) => {
                self.call(|| self.tree.range(..page_key(before)).next_back().transpose())?
            }
            None => self.call(|| self.tree.last())?,
        };
        let Some((key, _)) = last else {
            return Ok(None);
        };
        let (position, _) = key_parts(&key).ok_or_else(|| self.damaged(0))?;
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
        let last = self.call(|| self.tree.last())?;
        let Some((position, _)) = last.and_then(|(key, _)| key_parts(&key)) else {
            return Ok(0);
        };
        // A readable page has further events after its first.
        let page_end = |value: IVec| {
            let page = self.page(position, &value).ok().flatten()?;
            page.events().last().map(|event| event.position)
        };
        let value = self.value(&page_key(position)).ok().flatten();
        Ok(value.and_then(page_end).unwrap_or(position))
    }

    /// The number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.tree.len()
    }

    /// Writes rows again that were damaged. A later barrier makes them durable.
    pub(crate) fn put(&self, rows: Vec<Row>) -> Result<(), Error> {
        guarded("write", &self.path, || {
            for (key, value) in rows {
                self.tree.insert(key, value)?;
            }
            Ok(())
        })
    }

    /// Removes the rows after `head`: the first rows of a frame that the journal does not have. The
    /// next frame may be split into other rows, between which these would remain. Returns their
    /// number.
    pub(crate) fn trim(&self, head: u64) -> Result<usize, Error> {
        let mut removed = 0;
        for key in self.tree.range(page_key(head + 1)..).keys() {
            let key = self.call(|| key)?;
            self.call(|| self.tree.remove(key))?;
            removed += 1;
        }
        Ok(removed)
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
        for row in self.tree.range(page_key(position)..) {
            let (key, value) = self.call(|| row)?;
            let Some((first, 0)) = key_parts(&key) else {
                continue;
            };
            if Page::parse(first, &value).is_some_and(|page| page.header.is_some()) {
                return Ok(Some(first));
            }
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
        for row in self.tree.range(page_key(self.page_start(from)?)..) {
            let (key, value) = self.call(|| row)?;
            let (first, chunk) = key_parts(&key).ok_or_else(|| self.damaged(next))?;
            if chunk > 0 {
                continue;
            }
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
        }
        Ok(())
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

    /// Returns the first position of the page that should contain `position`.
    fn page_start(&self, position: u64) -> Result<u64, Error> {
        let after = page_key(position.saturating_add(1));
        let found = self.call(|| self.tree.range(..after).next_back().transpose())?;
        let parts = found.and_then(|(key, _)| key_parts(&key));
        parts
            .map(|(first, _)| first)
            .ok_or_else(|| self.damaged(position))
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

    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<IVec>, Error> {
        self.call(|| self.tree.get(key))
    }

    fn call<T>(&self, call: impl FnOnce() -> sled::Result<T>) -> Result<T, Error> {
        guarded("read", &self.path, call)
    }

    pub(crate) fn damaged(&self, position: u64) -> Error {
        Error::CopyDamaged {
            path: self.path.clone(),
            position,
        }
    }
}
