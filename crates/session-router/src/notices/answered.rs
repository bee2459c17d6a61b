//! Notices that wait for a retry when their messenger is back.

use std::time::Duration;

use chat::id::ChannelId;
use chat::time::Timestamp;

use super::{NoticeId, Notices, Tries};

/// How long a notice waits after an early attempt at it failed: it may be this notice that the
/// messenger cannot process, so that not every answer to another one may repeat it.
const EARLY_PAUSE: Duration = Duration::from_mins(1);

impl Notices {
    /// Counts a failed attempt. Returns the number of them and the time of the first.
    pub(super) fn failed(&mut self, id: NoticeId, now: Timestamp) -> (u32, Timestamp) {
        let tries = self.tries.entry(id).or_insert(Tries {
            count: 0,
            first: now,
            due: now,
            early_from: now,
            is_early: false,
        });
        tries.count += 1;
        let retries = &mut self.lanes.entry(id.0).or_default().retries;
        retries.remove(&(tries.early_from, id.1));
        tries.early_from = if tries.is_early {
            now.plus(EARLY_PAUSE)
        } else {
            now
        };
        retries.insert((tries.early_from, id.1));
        (tries.count, tries.first)
    }

    /// Schedules the next attempt at a notice that failed.
    pub(super) fn retry(&mut self, id: NoticeId, at: Timestamp) {
        if let Some(tries) = self.tries.get_mut(&id) {
            tries.due = at;
            self.retries.insert((at, id));
        }
    }

    /// Forgets the failed attempts at a notice.
    pub(super) fn end_tries(&mut self, id: NoticeId) {
        let Some(tries) = self.tries.remove(&id) else {
            return;
        };
        if let Some(lane) = self.lanes.get_mut(&id.0) {
            lane.retries.remove(&(tries.early_from, id.1));
        }
    }

    /// Makes the notices of a channel due that wait for a retry: its messenger answered.
    pub(crate) fn answered(&mut self, channel: ChannelId, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&channel) else {
            return;
        };
        // Each answer looks only at what it brings forward: a hundred thousand may wait.
        let may_come = |(from, _): &(Timestamp, u64)| *from <= now;
        while let Some(next) = lane.retries.first().copied().filter(may_come) {
            lane.retries.remove(&next);
            let id = (channel, next.1);
            // It may be in flight by now.
            if let Some(tries) = self.tries.get_mut(&id)
                && self.retries.remove(&(tries.due, id))
            {
                tries.is_early = true;
                lane.due.insert(id.1);
            }
        }
    }
}
