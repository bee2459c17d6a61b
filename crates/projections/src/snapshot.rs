use std::ops::ControlFlow;
use std::sync::Arc;

use event_log::Head;
use fjall::{Keyspace, Readable};

use crate::Error;
use crate::database::Database;
use crate::rows::RESERVED_TAG;

/// The rows of a store at one point in time. Writes do not change it. While it exists, the store
/// keeps replaced rows, so it must not live long.
pub struct Snapshot {
    database: Arc<Database>,
    rows: fjall::Snapshot,
}

impl Snapshot {
    pub(crate) fn new(database: &Arc<Database>) -> Result<Self, Error> {
        Ok(Self {
            rows: database.snapshot()?,
            database: Arc::clone(database),
        })
    }

    /// The last event that is folded into these rows; `None` before the first write and during a
    /// rebuild.
    pub fn checkpoint(&self) -> Result<Option<Head>, Error> {
        self.database.checkpoint(&self.rows)
    }

    /// The checkpoint of the resident part, for a copy that has no other part.
    pub(crate) fn resident_checkpoint(&self) -> Result<Option<Head>, Error> {
        self.database.resident_checkpoint(&self.rows)
    }

    /// Calls `visit` with every row of the resident part, in the order of the keys.
    pub fn residents(&self, mut visit: impl FnMut(&[u8], &[u8])) -> Result<(), Error> {
        let rows = || Ok(self.rows.range(self.database.resident(), ..[RESERVED_TAG]));
        let rows = self.database.call("read", rows)?;
        self.walk(rows, |key, value| {
            visit(key, value);
            ControlFlow::Continue(())
        })
    }

    /// Returns the value of a row of the cold part.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        if key.is_empty() {
            return Ok(None);
        }
        let value = self
            .database
            .call("read", || self.rows.get(self.database.cold(), key))?;
        Ok(value.map(|value| value.to_vec()))
    }

    /// Calls `visit` with the rows of the cold part whose keys are at least `from` and below
    /// `before`, the largest key first, until it breaks.
    pub fn back(
        &self,
        from: &[u8],
        before: &[u8],
        visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        match self.range(self.database.cold(), from, before)? {
            Some(rows) => self.walk(rows.rev(), visit),
            None => Ok(()),
        }
    }

    /// Like [`back`](Self::back), the smallest key first.
    pub fn forward(
        &self,
        from: &[u8],
        before: &[u8],
        visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        match self.range(self.database.cold(), from, before)? {
            Some(rows) => self.walk(rows, visit),
            None => Ok(()),
        }
    }

    /// Returns the rows of a range; `None` if it is empty.
    fn range(
        &self,
        part: &Keyspace,
        from: &[u8],
        before: &[u8],
    ) -> Result<Option<fjall::Iter>, Error> {
        // The store's own row is no row of a range.
        let before = before.min(&[RESERVED_TAG]);
        if from >= before {
            return Ok(None);
        }
        let rows = || Ok(self.rows.range(part, from..before));
        self.database.call("read", rows).map(Some)
    }

    fn walk(
        &self,
        mut rows: impl Iterator<Item = fjall::Guard>,
        mut visit: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), Error> {
        let mut next = || rows.next().map(fjall::Guard::into_inner).transpose();
        while let Some((key, value)) = self.database.call("read", &mut next)? {
            if visit(&key, &value).is_break() {
                break;
            }
        }
        Ok(())
    }
}
