//! Messages that were just written. Their first attempt takes the record from here instead of reading
//! it from the log.

use std::collections::BTreeMap;
use std::sync::Arc;

use chat::id::MessageId;
use chat::record::Record;

/// The most messages that are kept. Usually a message waits for the two frames in flight, which hold
/// at most 512 events.
const MESSAGES_MAX: usize = 1_024;
/// The most bytes of encoded records that are kept.
const BYTES_MAX: usize = 8 * 1024 * 1024;

/// Records of messages before their first attempt. At the limits the oldest are evicted; the log has all.
#[derive(Default)]
pub(crate) struct Unsent {
    /// With the length of the encoded record. Ids are ordered by time.
    records: BTreeMap<MessageId, (Arc<Record>, usize)>,
    bytes: usize,
}

impl Unsent {
    pub(crate) fn insert(&mut self, message: MessageId, record: Arc<Record>, bytes: usize) {
        self.records.insert(message, (record, bytes));
        self.bytes += bytes;
        while self.records.len() > MESSAGES_MAX || self.bytes > BYTES_MAX {
            let Some((_, (_, bytes))) = self.records.pop_first() else {
                break;
            };
            self.bytes -= bytes;
        }
    }

    pub(crate) fn take(&mut self, message: MessageId) -> Option<Arc<Record>> {
        let (record, bytes) = self.records.remove(&message)?;
        self.bytes -= bytes;
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use chat::chance::Chance;
    use chat::time::Timestamp;

    use super::*;
    use crate::view::tests::shell::Shell;

    #[test]
    fn the_oldest_records_are_evicted_at_the_limits() {
        let record = Shell::new().sealed_log.record(1).unwrap();
        let mut chance = Chance::from_seed([1; 32]);
        let mut id =
            |millis: i64| MessageId::new(Timestamp::from_micros(millis * 1_000), &mut chance);
        let mut unsent = Unsent::default();
        let ids: Vec<MessageId> = (1..=1_025).map(&mut id).collect();
        for message in &ids {
            unsent.insert(*message, Arc::clone(&record), 10);
        }
        assert!(unsent.take(ids[0]).is_none());
        assert!(unsent.take(ids[1]).is_some());
        assert!(unsent.take(ids[1]).is_none());
        let large = id(2_000);
        unsent.insert(large, Arc::clone(&record), BYTES_MAX);
        assert_eq!(unsent.bytes, BYTES_MAX);
        assert!(unsent.take(ids[1_024]).is_none());
        assert!(unsent.take(large).is_some());
        assert_eq!(unsent.bytes, 0);
    }
}
