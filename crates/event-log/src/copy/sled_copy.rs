//! The sled copy of the log: what everybody reads.

use std::path::{Path, PathBuf};

use sled::IVec;

use crate::copy::page::{self, Page, chunk_key, key_parts, page_key};
use crate::copy::store::{How, guarded};
use crate::event::StoredEvent;
use crate::head::Head;
use crate::journal::frame::{self, Events, FrameRef, Header, Parsed};
use crate::{Error, GENESIS, Options};

/// The copy's directory in the log's.
pub(crate) const SLED: &str = "sled";

/// How the copy is opened.
pub(crate) fn how(options: &Options) -> How {
    How {
        tree: "log",
        cache_bytes: options.cache_bytes,
        sync: options.sync,
    }
}

/// Reads the copy; cheap to clone.
#[derive(Clone)]
pub(crate) struct SledCopy {
    pub(crate) tree: sled::Tree,
    pub(crate) path: PathBuf,
}

/// Rows of these frames, in order.
pub(crate) fn rows<'a>(
    frames: impl Iterator<Item = FrameRef<'a>>,
) -> impl Iterator<Item = page::Row> {
    frames.flat_map(|frame| page::rows(&frame))
}

impl SledCopy {
    pub(crate) fn new(tree: sled::Tree, path: &Path) -> Self {
        Self {
            tree,
            path: path.to_path_buf(),
        }
    }

    /// The end and hash of the last whole frame; position 0 when there is nothing.
    ///
    /// Rows are inserted one by one, so sled may end within a frame, but only within its last: what
    /// is there of it is written again when the journal is replayed.
    pub(crate) fn head(&self) -> Result<Head, Error> {
        let mut before = None;
        for _ in 0..2 {
            let Some(first) = self.last_frame_start(before)? else {
                return Ok(Head {
                    position: 0,
                    hash: GENESIS,
                });
            };
            if let Some(bytes) = self.frame_at(first)?
                && let Parsed::Frame(frame) = frame::parse(&bytes)
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

    /// Where the last frame begins, of those that begin before a position if one is given.
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

    /// Where the copy ends, as far as it can tell: its head, or where that cannot be read, the last
    /// position there is anything for.
    pub(crate) fn end(&self) -> Result<u64, Error> {
        self.head()
            .map(|head| head.position)
            .or_else(|_| self.last_position())
    }

    /// The last position there is a key for, whatever it holds; 0 when there is none.
    pub(crate) fn last_position(&self) -> Result<u64, Error> {
        let last = self.call(|| self.tree.last())?;
        let Some((position, _)) = last.and_then(|(key, _)| key_parts(&key)) else {
            return Ok(0);
        };
        // The page may hold more events than its first, if it can be read.
        let Ok(Some(value)) = self.value(&page_key(position)) else {
            return Ok(position);
        };
        let Some(page) = Page::parse(position, &value) else {
            return Ok(position);
        };
        let whole = page
            .whole(|chunk| self.chunk(position, chunk))
            .ok()
            .flatten();
        Ok(whole.map_or(position, |whole| {
            page.read(&whole)
                .last()
                .map_or(position, |event| event.position)
        }))
    }

    /// Removes what lies behind `head`: the first rows of a frame that the journal does not have. The
    /// next frame may be cut into other rows, and then those would stand between them. How many.
    pub(crate) fn trim(&self, head: u64) -> Result<usize, Error> {
        let mut removed = 0;
        for key in self.tree.range(page_key(head + 1)..).keys() {
            let key = self.call(|| key)?;
            self.call(|| self.tree.remove(key))?;
            removed += 1;
        }
        Ok(removed)
    }

    /// The frame that begins at `first`, as it stands in the journal. `None` where no frame begins
    /// there or it is not whole.
    pub(crate) fn frame_at(&self, first: u64) -> Result<Option<Vec<u8>>, Error> {
        let Some(value) = self.value(&page_key(first))? else {
            return Ok(None);
        };
        let Some(header) = Page::parse(first, &value).and_then(|page| page.header) else {
            return Ok(None);
        };
        let Some(decoded) = Header::decode_stored(header) else {
            return Ok(None);
        };
        let mut bytes = header.to_vec();
        let mut next = first;
        while bytes.len() < decoded.frame_bytes() {
            let Some(value) = self.value(&page_key(next))? else {
                return Ok(None);
            };
            let Some(page) = Page::parse(next, &value) else {
                return Ok(None);
            };
            let Some(whole) = page.whole(|chunk| self.chunk(next, chunk))? else {
                return Ok(None);
            };
            if page.frame_first != first {
                return Ok(None);
            }
            bytes.extend_from_slice(&whole);
            let mut events = page.read(&whole);
            events.by_ref().for_each(drop);
            next = events.position;
        }
        Ok(matches!(frame::parse(&bytes), Parsed::Frame(_)).then_some(bytes))
    }

    /// The first frame that begins at or behind `position`.
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

    /// Calls `visit` with the events from `from` on, page by page, until it says stop by `false` or
    /// the copy ends. A page that does not follow the one before is damage.
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
            let page = Page::parse(first, &value).ok_or_else(|| self.damaged(first))?;
            let whole = page.whole(|chunk| self.chunk(first, chunk))?;
            let whole = whole.ok_or_else(|| self.damaged(first))?;
            let mut events = page.read(&whole);
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

    /// One event that is known to exist.
    pub(crate) fn get(&self, position: u64) -> Result<StoredEvent, Error> {
        let mut found = None;
        self.read(position, |events| {
            found = events.next().map(crate::EventRef::to_stored);
            false
        })?;
        found.ok_or_else(|| self.damaged(position))
    }

    /// First position of the page that should hold `position`.
    fn page_start(&self, position: u64) -> Result<u64, Error> {
        let before = page_key(position.saturating_add(1));
        let found = self.call(|| self.tree.range(..before).next_back().transpose())?;
        let parts = found.and_then(|(key, _)| key_parts(&key));
        parts
            .map(|(first, _)| first)
            .ok_or_else(|| self.damaged(position))
    }

    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<IVec>, Error> {
        self.call(|| self.tree.get(key))
    }

    pub(crate) fn chunk(&self, position: u64, chunk: u32) -> Result<Option<Vec<u8>>, Error> {
        Ok(self
            .value(&chunk_key(position, chunk))?
            .map(|value| value.to_vec()))
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
