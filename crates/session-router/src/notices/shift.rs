//! Jumps of the clock.

use super::Notices;

impl Notices {
    /// Moves the schedule when the clock jumped, so that no wait changes.
    pub(crate) fn shift(&mut self, by_ms: i64) {
        let retries = std::mem::take(&mut self.retries);
        let moved = retries.into_iter().map(|(at, id)| (at.shifted(by_ms), id));
        self.retries = moved.collect();
        self.holds.shift(by_ms);
        for tries in self.tries.values_mut() {
            tries.first = tries.first.shifted(by_ms);
            tries.due = tries.due.shifted(by_ms);
            tries.early_from = tries.early_from.shifted(by_ms);
        }
        for lane in self.lanes.values_mut() {
            lane.shift(by_ms);
        }
    }
}
