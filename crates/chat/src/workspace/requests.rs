//! Signed requests of messengers: a `webhook-id` has one effect on its channel
//! (docs/messenger-protocol.md). Messages are not among them, because their `externalMessageId` has
//! one effect for the life of the log.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::event::RequestAccepted;
use crate::id::ChannelId;
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::rules::{REQUEST_AGE_MAX, REQUESTS_MAX};
use crate::time::Timestamp;
use crate::workspace::Workspace;

/// The accepted requests by age, and how many there are of each channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct RequestIndex {
    by_age: BTreeSet<(Timestamp, ChannelId, Digest)>,
    counts: BTreeMap<ChannelId, usize>,
}

impl RequestIndex {
    pub(super) fn insert(&mut self, at: Timestamp, (channel, webhook_id): (ChannelId, Digest)) {
        if self.by_age.insert((at, channel, webhook_id)) {
            *self.counts.entry(channel).or_default() += 1;
        }
    }

    fn remove(&mut self, at: Timestamp, (channel, webhook_id): (ChannelId, Digest)) {
        self.by_age.remove(&(at, channel, webhook_id));
        if let Some(count) = self.counts.get_mut(&channel) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&channel);
            }
        }
    }

    /// The oldest request, if it can no longer be repeated.
    fn expired(&self, now: Timestamp) -> Option<(Timestamp, (ChannelId, Digest))> {
        let (at, channel, webhook_id) = *self.by_age.first()?;
        (!is_recent(at, now)).then_some((at, (channel, webhook_id)))
    }
}

/// Whether the signature of a request that was accepted `at` this time may still be valid.
fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    now.since(at) <= REQUEST_AGE_MAX
}

impl Workspace {
    /// Whether a request with this `webhook-id` and content was accepted before. Rejects other content
    /// under the same id, and new requests while [`REQUESTS_MAX`] of the channel may be repeated.
    pub(super) fn is_repeated(
        &self,
        channel: ChannelId,
        signed: &RequestAccepted,
        now: Timestamp,
    ) -> Result<bool, Rejection> {
        let known = self.requests.get(&(channel, signed.webhook_id));
        if let Some((_, digest)) = known.filter(|(at, _)| is_recent(*at, now)) {
            return if *digest == signed.digest {
                Ok(true)
            } else {
                Err(Reason::WebhookIdReused.into())
            };
        }
        let index = &self.index.requests;
        let count = index.counts.get(&channel).copied().unwrap_or(0);
        // The next accepted request drops the expired ones.
        if count >= REQUESTS_MAX && index.expired(now).is_none() {
            return Err(Reason::Busy.into());
        }
        Ok(false)
    }

    /// Remembers an accepted request, and forgets those that can no longer be repeated.
    pub(super) fn remember_request(
        &mut self,
        channel: ChannelId,
        accepted: RequestAccepted,
        at: Timestamp,
    ) {
        while let Some((then, key)) = self.index.requests.expired(at) {
            self.index.requests.remove(then, key);
            self.requests.remove(&key);
        }
        let key = (channel, accepted.webhook_id);
        if let Some((then, _)) = self.requests.get(&key).copied() {
            self.index.requests.remove(then, key);
        }
        self.requests.insert(key, (at, accepted.digest));
        self.index.requests.insert(at, key);
    }
}
