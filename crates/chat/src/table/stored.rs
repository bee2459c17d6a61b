//! A store for tests.

use std::collections::BTreeMap;

use super::{Changes, End, FILTER, Found, Need};

/// The rows that a store has.
#[derive(Clone, Default)]
pub(crate) struct Rows {
    pub(crate) resident: BTreeMap<Vec<u8>, Vec<u8>>,
    pub(crate) cold: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Rows {
    pub(crate) fn write(&mut self, changes: Changes) {
        let parts = [
            (changes.resident, &mut self.resident),
            (changes.cold, &mut self.cold),
        ];
        for (changed, part) in parts {
            for (name, value) in changed {
                match value {
                    Some(value) => part.insert(name, value),
                    None => part.remove(&name),
                };
            }
        }
        let in_both = self
            .resident
            .keys()
            .find(|name| self.cold.contains_key(*name));
        assert_eq!(in_both, None, "a row is in both parts");
    }

    /// Both parts, with the rows of each, without those of filters, which depend on when rows were taken.
    pub(crate) fn all(&self) -> BTreeMap<&[u8], &[u8]> {
        let all = self.resident.iter().chain(&self.cold);
        let all = all.filter(|(name, _)| name[0] & FILTER == 0);
        all.map(|(name, value)| (&**name, &**value)).collect()
    }

    pub(crate) fn find(&self, need: Need) -> Found {
        match need {
            Need::Row(name) => {
                assert!(
                    !self.resident.contains_key(&name),
                    "a resident row is not in memory"
                );
                let value = self.cold.get(&name).cloned();
                Found::Row(name, value)
            }
            Need::Range {
                mut after,
                mut until,
                from,
                count,
            } => {
                let rows = self.cold.range(after.clone()..=until.clone());
                let rows = rows.filter(|(name, _)| **name != after);
                let rows = rows.map(|(name, value)| (name.clone(), value.clone()));
                let mut rows: Vec<_> = rows.collect();
                if from == End::Last {
                    rows.reverse();
                }
                if let Some((left_out, _)) = rows.get(count) {
                    match from {
                        End::First => until.clone_from(&rows[count - 1].0),
                        End::Last => after.clone_from(left_out),
                    }
                }
                rows.truncate(count);
                Found::Range { after, until, rows }
            }
        }
    }
}
