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
        self.lanes.entry(id.0).or_default().has_retries = true;
        let tries = self.tries.entry(id).or_insert(Tries {
            count: 0,
            first: now,
            last: now,
            is_early: false,
        });
        tries.count += 1;
        tries.last = now;
        (tries.count, tries.first)
    }

    /// Makes the notices of a channel due that wait for a retry: its messenger answered.
    pub(crate) fn answered(&mut self, channel: ChannelId, now: Timestamp) {
        let Some(lane) = self.lanes.get_mut(&channel).filter(|l| l.has_retries) else {
            return;
        };
        lane.has_retries = false;
        let of_channel = |(_, id): &&(Timestamp, NoticeId)| id.0 == channel;
        let waiting: Vec<_> = self.retries.iter().filter(of_channel).copied().collect();
        for (at, id) in waiting {
            let Some(tries) = self.tries.get_mut(&id) else {
                continue;
            };
            if tries.is_early && now.since(tries.last) < EARLY_PAUSE {
                lane.has_retries = true;
                continue;
            }
            tries.is_early = true;
            self.retries.remove(&(at, id));
            lane.due.insert(id.1);
        }
    }
}
