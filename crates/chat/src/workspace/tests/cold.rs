//! The same workspace with as few rows in memory as possible. Before every request all rows leave memory
//! that may; then the request is decided and its events are applied as the session router does it. The
//! outcome must be the one of a workspace that has everything in memory.

use super::fixture::index_key;
use crate::chance::Chance;
use crate::command::{Decision, Request};
use crate::record::Record;
use crate::rejection::Rejection;
use crate::rules::Rules;
use crate::table::stored::Rows;
use crate::time::Timestamp;
use crate::workspace::{Context, Workspace};

/// The most rounds of loading that one lookup takes.
const ROUNDS_MAX: usize = 30;

pub(super) struct Cold {
    workspace: Workspace,
    rows: Rows,
}

impl Rows {
    /// The workspace that starts with these rows.
    pub(super) fn load(&self, position: u64) -> Workspace {
        let residents = self.resident.iter();
        let residents = residents.map(|(name, value)| (&**name, &**value));
        Workspace::load(index_key(), residents, position).unwrap()
    }
}

impl Cold {
    pub(super) fn of(workspace: &Workspace) -> Self {
        let mut cold = Self {
            workspace: workspace.clone(),
            rows: Rows::default(),
        };
        cold.evict();
        cold
    }

    /// Stores all changes and removes from memory what may leave it.
    fn evict(&mut self) {
        self.rows.write(self.workspace.take_changed());
        self.workspace.evict(0);
    }

    /// Repeats a lookup until all rows that it needs are in memory.
    fn complete<T>(&mut self, lookup: impl Fn(&Workspace) -> T) -> T {
        for _ in 0..ROUNDS_MAX {
            let result = lookup(&self.workspace);
            assert_eq!(
                self.workspace.has_needs(),
                !self.workspace.clone().take_needs().is_empty()
            );
            let needs = self.workspace.take_needs();
            if needs.is_empty() {
                return result;
            }
            for need in needs {
                let found = self.rows.find(need);
                self.workspace.admit(found).unwrap();
            }
        }
        panic!("a lookup needs rows without end");
    }

    /// Decides a request, compares the decision, and prepares its events.
    pub(super) fn check(
        &mut self,
        request: &Request,
        expected: &Result<Decision, Rejection>,
        (now, seed, rules): (Timestamp, [u8; 32], &Rules),
    ) {
        self.evict();
        let decided = self.complete(|workspace| {
            let chance = &mut Chance::from_seed(seed);
            workspace.decide(request, &mut Context { now, chance, rules })
        });
        assert_eq!(format!("{decided:?}"), format!("{expected:?}"));
        if let Ok(decision) = decided {
            self.complete(|workspace| workspace.prepare(&decision.events));
        }
    }

    /// Applies a record of the request that was just checked, or another one.
    pub(super) fn evolve(&mut self, record: &Record, is_checked: bool) {
        if !is_checked {
            self.evict();
            self.complete(|workspace| workspace.prepare_record(record));
        }
        let head = self.workspace.head(&record.stream);
        assert_eq!(head.version + 1, record.version);
        self.workspace.evolve(record);
        let needs = self.workspace.take_needs();
        assert_eq!(
            needs,
            [],
            "{:?} reads rows that were not prepared",
            record.event
        );
    }

    /// Compares all rows with those of a workspace that has everything in memory.
    pub(super) fn end(mut self, mut complete: Workspace, mut rows: Rows) {
        self.evict();
        rows.write(complete.take_changed());
        let (mine, theirs) = (self.rows.all(), rows.all());
        for (name, value) in &theirs {
            assert_eq!(mine.get(name), Some(value), "{name:?}");
        }
        assert_eq!(mine.len(), theirs.len());
        let position = self.workspace.position;
        assert!(
            self.rows.load(position) == rows.load(position),
            "not the same after a restart"
        );
    }
}
