//! Which rows leave memory: stored ones that need not stay, beyond a number that is kept, those that
//! were not used for the longest time first. (The "clock": a row that was used since it was last looked
//! at is passed over once.)

use super::window::Window;
use super::{Part, Table};

/// Keys without a row that are remembered. Tests remember fewer.
const ABSENT_MAX: usize = if cfg!(test) { 4 } else { 10_000 };

/// Ranges that are remembered to be in memory. Each session that is opened adds one. Tests remember fewer.
const COMPLETE_MAX: usize = if cfg!(test) { 4 } else { 50_000 };

impl<K: Ord + Clone, V> Table<K, V> {
    /// Removes rows from memory until `keep` of those that may leave are left. Returns whether what is
    /// known of the store became less. Then who is loading rows meanwhile may have read older ones.
    pub(crate) fn evict(&mut self, keep: usize) -> bool {
        let mut left = false;
        // Each is looked at twice at most.
        for _ in 0..2 * self.leavers.len() {
            if self.leavers.len() <= keep {
                break;
            }
            let Some(key) = self.leavers.pop_front() else {
                break;
            };
            let Some(slot) = self.rows.get_mut(&key) else {
                continue;
            };
            if slot.changed || slot.stored != Some(Part::Cold) {
                // It is queued again when it is stored.
                slot.queued = false;
            } else if slot.used.take() {
                self.leavers.push_back(key);
            } else {
                self.rows.remove(&key);
                if self.window.is_none() {
                    let absent = self.removed().cloned().collect();
                    self.window = Some(Window::new(absent));
                }
                if let Some(window) = &mut self.window {
                    window.evicted(&key);
                }
                left = true;
            }
        }
        if let Some(window) = &mut self.window
            && window.complete_len() > COMPLETE_MAX
        {
            window.forget_complete();
        }
        self.trim_absent() | left
    }

    /// Completes a load: lets lookups note what is not in memory, as the store has rows.
    pub(crate) fn loaded(&mut self) {
        self.window.get_or_insert_default();
        if let Some(filter) = &mut self.filter {
            filter.seen.loaded();
        }
    }

    fn trim_absent(&mut self) -> bool {
        let window = self.window.as_ref();
        if window.is_none_or(|window| window.absent_len() <= ABSENT_MAX) {
            return false;
        }
        let absent = self.removed().cloned().collect();
        if let Some(window) = &mut self.window {
            window.forget_absent(absent);
        }
        true
    }

    /// Keys without a row of which the store may still have one.
    fn removed(&self) -> impl Iterator<Item = &K> {
        let removed = self.removed.iter().map(|(key, _)| key);
        removed.filter(|key| !self.rows.contains_key(*key))
    }
}
