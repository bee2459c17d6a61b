//! Notifications that an operator is typing. They have a few separate slots, since they are frequent and
//! soon out of date: a channel has one in flight, its newest one waits, and the oldest are dropped.

use std::collections::{BTreeSet, VecDeque};

use chat::id::ChannelId;
use chat::rpc::AttemptRequest;

/// The most in flight.
const RUNNING_MAX: usize = 8;
/// The most that wait.
const WAITING_MAX: usize = 64;
/// The timeout of a notification in milliseconds: about as long as messengers show it.
pub(crate) const TIMEOUT_MS: u32 = 3_000;

/// A notification of a channel.
pub(crate) struct TypingNotice {
    pub(crate) channel: ChannelId,
    pub(crate) request: AttemptRequest,
}

/// The notifications in flight, and those that wait.
#[derive(Default)]
pub(crate) struct Typing {
    running: BTreeSet<ChannelId>,
    /// Oldest first, one per channel.
    waiting: VecDeque<TypingNotice>,
}

impl Typing {
    /// Adds a notification. Returns how many were dropped for it.
    pub(crate) fn add(&mut self, notice: TypingNotice) -> u64 {
        let before = self.waiting.len();
        self.waiting.retain(|other| other.channel != notice.channel);
        if self.waiting.len() >= WAITING_MAX {
            self.waiting.pop_front();
        }
        let dropped = before - self.waiting.len();
        self.waiting.push_back(notice);
        u64::try_from(dropped).unwrap_or(0)
    }

    /// The newest notification that may start.
    pub(crate) fn start(&mut self) -> Option<TypingNotice> {
        if self.running.len() >= RUNNING_MAX {
            return None;
        }
        let mut newest_first = self.waiting.iter().rev();
        let nth = newest_first.position(|n| !self.running.contains(&n.channel))?;
        let notice = self.waiting.remove(self.waiting.len() - 1 - nth)?;
        self.running.insert(notice.channel);
        Some(notice)
    }

    /// Frees the slot of a channel.
    pub(crate) fn ended(&mut self, channel: ChannelId) {
        self.running.remove(&channel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(channel: u8, id: &str) -> TypingNotice {
        TypingNotice {
            channel: ChannelId::from_bytes([channel; 16]),
            request: AttemptRequest {
                url: "https://chat.example/hook".to_owned(),
                id: id.to_owned(),
                codes: Vec::new(),
                body: Vec::new(),
                old_body: None,
                timeout_ms: TIMEOUT_MS,
                is_profile: false,
            },
        }
    }

    fn started(typing: &mut Typing) -> Vec<String> {
        let started = std::iter::from_fn(|| typing.start());
        started.map(|notice| notice.request.id).collect()
    }

    #[test]
    fn a_channel_has_one_typing_notice_in_flight_and_the_newest_one_follows() {
        let mut typing = Typing::default();
        for (id, dropped) in [("first", 0), ("second", 1), ("third", 1)] {
            assert_eq!(typing.add(notice(1, id)), dropped);
        }
        assert_eq!(started(&mut typing), ["third"]);
        typing.add(notice(1, "fourth"));
        assert_eq!(typing.add(notice(1, "fifth")), 1);
        assert_eq!(started(&mut typing), [""; 0]);
        typing.ended(ChannelId::from_bytes([1; 16]));
        assert_eq!(started(&mut typing), ["fifth"]);
    }

    #[test]
    fn the_newest_typing_notices_get_the_slots_and_the_oldest_are_dropped() {
        let mut typing = Typing::default();
        for channel in 0..=u8::MAX {
            typing.add(notice(channel, &channel.to_string()));
        }
        let newest = (0..=u8::MAX).rev().map(|n| n.to_string());
        let newest: Vec<String> = newest.take(RUNNING_MAX).collect();
        assert_eq!(started(&mut typing), newest);
        assert_eq!(typing.waiting.len(), WAITING_MAX - RUNNING_MAX);
    }
}
