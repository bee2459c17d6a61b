//! Reads rows of the state that are not in memory.
//!
//! Requests wait for their rows outside the loop ([`crate::loader`]). What they then still miss, and
//! what other work misses, the loop reads here, and waits.

use std::ops::ControlFlow;

use chat::reason::Reason;
use chat::rejection::Rejection;
use chat::table::{End, Found, Need};
use chat::workspace::Workspace;
use event_log::Head;
use projections::{Changes, Snapshot, Store};

use crate::error::Error;

/// Counter: rows and ranges that were read from the store, by `reader`: `loader`, or `loop` if they
/// were not foreseen.
const LOADED: &str = "switchboard_router_rows_loaded_total";

/// Counts rows and ranges that were read.
pub(crate) fn count(reader: &'static str, needs: usize) {
    metrics::counter!(LOADED, "reader" => reader).increment(needs as u64);
}

/// Rows to load.
#[derive(Debug)]
pub(crate) struct Needs {
    pub(crate) all: Vec<Need>,
    /// How often rows had left memory when these were found to be missing.
    pub(crate) evictions: u64,
    /// How often the request has waited before.
    pub(crate) rounds: u32,
}

/// The rows that were read.
pub(crate) struct Loaded {
    pub(crate) found: Result<Vec<Found>, Error>,
    /// What they were read for.
    pub(crate) needs: Needs,
}

/// The most often that a lookup is repeated, as one row leads to another. Without a bound a bug would
/// hang the role instead of stopping it.
pub(crate) const ROUNDS_MAX: u32 = 1_000;

/// The stored rows.
pub(crate) struct Rows {
    store: Store,
    /// Why they could not be read.
    failed: Option<Error>,
    /// How often rows left memory.
    evictions: u64,
}

impl Rows {
    pub(crate) const fn new(store: Store) -> Self {
        Self {
            store,
            failed: None,
            evictions: 0,
        }
    }

    /// A handle to the store, to read them off the loop.
    pub(crate) fn handle(&self) -> Store {
        self.store.clone()
    }

    /// Removes rows from memory that nothing is going on with. All rows taken so far must be stored.
    pub(crate) fn evict(&mut self, workspace: &mut Workspace) {
        self.evictions += u64::from(workspace.evict(usize::MAX));
    }

    /// Takes what lookups missed since the last time, to be read off the loop.
    pub(crate) fn take_needs(&self, workspace: &Workspace) -> Option<Needs> {
        let all = workspace.take_needs();
        let evictions = self.evictions;
        (!all.is_empty()).then_some(Needs {
            all,
            evictions,
            rounds: 0,
        })
    }

    /// Adds rows that were read off the loop. If rows left memory meanwhile, these may be older, and are
    /// read again.
    pub(crate) fn admit(&mut self, workspace: &mut Workspace, loaded: Loaded) {
        let Loaded { found, needs } = loaded;
        let admitted = if needs.evictions == self.evictions {
            found.and_then(|found| admit(&self.store, workspace, found))
        } else {
            count("loop", needs.all.len());
            load(&self.store, workspace, needs.all)
        };
        self.failed(admitted);
    }

    /// Repeats a lookup until all rows that it depends on are in memory.
    pub(crate) fn complete<T>(
        &mut self,
        workspace: &mut Workspace,
        mut lookup: impl FnMut(&Workspace) -> T,
    ) -> Result<T, Rejection> {
        for _ in 0..ROUNDS_MAX {
            let found = lookup(workspace);
            let needs = workspace.take_needs();
            if needs.is_empty() {
                return Ok(found);
            }
            count("loop", needs.len());
            let loaded = load(&self.store, workspace, needs);
            self.failed(loaded);
            if self.failed.is_some() {
                return Err(Reason::InternalError.into());
            }
        }
        self.give_up();
        Err(Reason::InternalError.into())
    }

    /// Stops the role if applying events missed a row: the state is wrong then.
    pub(crate) fn require_no_needs(&mut self, workspace: &Workspace) {
        if workspace.has_needs() {
            let needs = workspace.take_needs();
            debug_assert!(needs.is_empty(), "{needs:?} were not prepared");
            self.failed(Err(Error::NotPrepared(workspace.position)));
        }
    }

    /// Stops the role because a request needs rows without end.
    pub(crate) fn give_up(&mut self) {
        self.failed(Err(Error::EndlessNeeds));
    }

    fn failed(&mut self, read: Result<(), Error>) {
        if let Err(error) = read {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "cannot use the projections; the session router stops before it acknowledges anything that depends on them"
            );
            self.failed = Some(error);
        }
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
    admit(store, workspace, find_all(store, needs)?)
}

/// Reads what the store has for several needs.
pub(crate) fn find_all(store: &Store, needs: Vec<Need>) -> Result<Vec<Found>, Error> {
    let stored = store.snapshot()?;
    let each = needs.into_iter().map(|need| Ok(find(&stored, need)?));
    each.collect()
}

fn admit(store: &Store, workspace: &mut Workspace, found: Vec<Found>) -> Result<(), Error> {
    for found in found {
        let admitted = workspace.admit(found);
        admitted.inspect_err(|error| store.mark_damaged(&error.to_string()))?;
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
