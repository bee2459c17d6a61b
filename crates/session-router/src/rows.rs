//! Reads rows of the state that are not in memory.
//!
//! The loop reads them itself, and waits: what it needs was usually loaded before (see
//! [`Workspace`]'s tables), or is new and known to have no row.

use std::ops::ControlFlow;

use chat::reason::Reason;
use chat::rejection::Rejection;
use chat::table::{End, Found, Need};
use chat::workspace::Workspace;
use event_log::Head;
use projections::{Changes, Snapshot, Store};

use crate::error::Error;

/// Counter: rows and ranges that the loop read from the store.
const LOADED: &str = "switchboard_router_rows_loaded_total";

/// The stored rows.
pub(crate) struct Rows {
    store: Store,
    /// Why they could not be read.
    failed: Option<Error>,
}

impl Rows {
    pub(crate) const fn new(store: Store) -> Self {
        Self {
            store,
            failed: None,
        }
    }

    /// Repeats a lookup until all rows that it depends on are in memory.
    pub(crate) fn complete<T>(
        &mut self,
        workspace: &mut Workspace,
        mut lookup: impl FnMut(&Workspace) -> T,
    ) -> Result<T, Rejection> {
        loop {
            let found = lookup(workspace);
            if !workspace.has_needs() {
                return Ok(found);
            }
            self.load_missed(workspace);
            if self.failed.is_some() {
                return Err(Reason::InternalError.into());
            }
        }
    }

    /// Loads what lookups missed since the last time. Returns whether there was anything.
    pub(crate) fn load_missed(&mut self, workspace: &mut Workspace) -> bool {
        let needs = workspace.take_needs();
        if needs.is_empty() || self.failed.is_some() {
            return false;
        }
        metrics::counter!(LOADED).increment(needs.len() as u64);
        if let Err(error) = load(&self.store, workspace, needs) {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot read the projections; stopping, the next start rebuilds them"
            );
            self.failed = Some(error);
        }
        true
    }

    /// Writes rows. Only for an owner without a projector.
    pub(crate) fn write(&self, changes: &Changes, checkpoint: Head) -> Result<(), Error> {
        Ok(self.store.write(changes, checkpoint)?)
    }

    #[cfg(test)]
    pub(crate) fn store(&self, changes: &Changes) {
        self.store.write_unfinished(changes).unwrap();
    }

    /// Fails once rows could not be read.
    pub(crate) fn check(&mut self) -> Result<(), Error> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

/// Loads rows into memory.
pub(crate) fn load(
    store: &Store,
    workspace: &mut Workspace,
    needs: Vec<Need>,
) -> Result<(), Error> {
    let stored = store.snapshot()?;
    for need in needs {
        workspace.admit(find(&stored, need)?)?;
    }
    Ok(())
}

/// The name after a name.
fn next(name: &[u8]) -> Vec<u8> {
    [name, &[0]].concat()
}

/// Reads what the store has for a need.
fn find(stored: &Snapshot, need: Need) -> Result<Found, projections::Error> {
    let (mut after, mut until, from, count) = match need {
        Need::Row(name) => {
            let value = stored.get(&name)?;
            return Ok(Found::Row(name, value));
        }
        Need::Range {
            after,
            until,
            from,
            count,
        } => (after, until, from, count),
    };
    let mut rows: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(count);
    let (first, end) = (next(&after), next(&until));
    match from {
        End::Last => stored.back(&first, &end, |name, value| {
            if rows.len() == count {
                // The range starts after the first row that is left out.
                after = name.to_vec();
                return ControlFlow::Break(());
            }
            rows.push((name.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })?,
        End::First => stored.forward(&first, &end, |name, value| {
            if rows.len() == count {
                until = rows.last().map_or_else(Vec::new, |(last, _)| last.clone());
                return ControlFlow::Break(());
            }
            rows.push((name.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })?,
    }
    Ok(Found::Range { after, until, rows })
}
