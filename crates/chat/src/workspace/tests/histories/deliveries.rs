//! Attempts, receipts, retries and expiry.

use super::World;
use crate::command::{Replay, SystemCommand};
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::{ChannelStatus, DeliveryState};
use crate::state::Channel;
use crate::time::Timestamp;
use crate::workspace::tests::fixture::{answered, answered_after, retry, timed_out};
use crate::workspace::tests::step::{Response, User};

impl World {
    pub(super) fn attempts(&mut self, count: u8) {
        let due = self.fixture.due();
        let now = self.fixture.now;
        let is_open = |(_, channel, _): (_, &Channel, _)| channel.breaker.open;
        let is_probe = self.fixture.workspace.due(now).any(is_open);
        let count = if is_probe { 1 } else { count.into() };
        for id in due.into_iter().take(count) {
            let session = self.model.session(self.model.sent(id).session);
            let channel = self.model.channel(session.channel);
            assert_eq!(channel.status, ChannelStatus::Active);
            let lane = self.model.lane(session.channel, session.chat);
            assert_eq!(lane.first(), Some(&id));
            let generation = channel.generation;
            self.model.in_flight.insert(id, generation);
            self.fixture.begin_attempt(id);
            self.model.sent_mut(id).state = DeliveryState::Sending;
        }
    }

    pub(super) fn ends_attempt(&mut self, which: u8, response: Response) -> Option<()> {
        let all: Vec<_> = self.fixture.in_flight.keys().copied().collect();
        let id = super::pick(&all, which)?;
        let (reply, status) = match response {
            Response::Status(status) => (answered(status), Some(status)),
            Response::Pause(status) => (answered_after(status, Some(30)), Some(status)),
            Response::Timeout => (timed_out(), None),
        };
        self.fixture.end_attempt(id, reply);
        self.model.end_attempt(id, status);
        Some(())
    }

    pub(super) fn reports(&mut self, message: u8, status: ReceiptStatus) -> Option<()> {
        let message = self.pick_sent(message)?;
        let session = self.model.sent(message).session;
        let channel = self.model.session(session).channel;
        let receipt = Inbound::Status {
            message,
            status,
            reason: None,
        };
        self.receive(channel, receipt, self.model.accepts(channel))?;
        let after = match status {
            ReceiptStatus::Delivered => DeliveryState::Delivered,
            ReceiptStatus::Read => DeliveryState::Read,
            ReceiptStatus::Failed => DeliveryState::Failed,
        };
        let sent = self.model.sent_mut(message);
        let proof = |state| match state {
            DeliveryState::Read => 2,
            DeliveryState::Delivered => 1,
            _ => 0,
        };
        let is_old = after == DeliveryState::Failed && sent.is_retried && sent.state.is_pending();
        if is_old {
            return Some(());
        }
        if sent.state <= DeliveryState::Accepted || proof(after) > proof(sent.state) {
            sent.state = after;
        }
        Some(())
    }

    pub(super) fn retries(&mut self, by: User, message: u8) -> Option<()> {
        let id = self.pick_sent(message)?;
        self.submit(by, retry(id), self.model.may_retry(by, id))?;
        let sent = self.model.sent(id);
        if sent.has_failed() {
            let (session, position) = (sent.session, sent.position);
            self.model.enqueue(id, session, position);
        }
        Some(())
    }

    /// No wait changes when the clock jumps.
    pub(super) fn jumps(&mut self, seconds: i32) {
        let by_ms = i64::from(seconds) * 1_000;
        let wait = |world: &Self| {
            let next = world.fixture.next_due();
            next.map(|at| at.ms_since(world.fixture.now).max(0))
        };
        let (before, expired) = (wait(self), self.fixture.expired());
        self.fixture.jump(by_ms);
        self.model.now = self.fixture.now;
        for sent in self.model.sent.iter_mut().filter(|s| s.state.is_pending()) {
            sent.expires_at = sent.expires_at.shifted(by_ms);
        }
        for channel in &mut self.model.channels {
            let since = channel.failing_since;
            channel.failing_since = since.map(|since| since.shifted(by_ms));
        }
        assert_eq!((wait(self), self.fixture.expired()), (before, expired));
    }

    pub(super) fn expires(&mut self) {
        let now = self.model.now;
        let sent = self.model.sent.iter();
        let old = sent.filter(|s| s.state.is_pending() && s.expires_at <= now);
        let mut expected: Vec<_> = old.map(|s| s.message).collect();
        expected.retain(|id| !self.fixture.in_flight.contains_key(id));
        expected.sort_unstable();
        let mut real = self.fixture.expired();
        real.sort_unstable();
        assert_eq!(real, expected);
        for id in real {
            self.fixture.system(SystemCommand::Expire(id));
            self.model.sent_mut(id).state = DeliveryState::Expired;
        }
    }

    pub(super) fn replays(&mut self, second: bool) -> Option<()> {
        let channel = self.model.channel_at(second);
        // Since the epoch: the clock may have been set back to before the start.
        let replay = Replay::Since(channel, Timestamp::default());
        self.submit("root", replay, self.model.exists(channel))?;
        let failed = self.model.sent.iter().filter(|s| {
            let of_channel = self.model.session(s.session).channel == channel;
            s.has_failed() && of_channel && self.model.is_remembered(s.session).is_ok()
        });
        let mut failed: Vec<_> = failed.map(|s| (s.position, s.message, s.session)).collect();
        // In the order in which they were written, which need not be the order of the retries.
        failed.sort_unstable();
        for (position, message, session) in failed {
            self.model.enqueue(message, session, position);
        }
        Some(())
    }
}
