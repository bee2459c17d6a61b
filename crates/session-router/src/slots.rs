//! Bounds the requests in flight to messengers, so that those that hang do not delay the others.
//!
//! A young request holds one of few *fast* slots, so that requests wait here, where channels take
//! turns, and not in egress. An older one waits for its messenger: it moves to one of many *slow* slots
//! and frees its fast one. The more slow slots are in use, the fewer requests a channel may have in
//! flight, so that a few channels cannot take them all.
//!
//! Pure: time is a parameter.

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chat::id::ChannelId;
use chat::state::Channel;
use chat::time::Timestamp;

/// The most young requests. More would only wait in egress: two cores start about as many in 100 ms.
pub(crate) const FAST_MAX: usize = 512;
/// When a request moves to a slow slot. 2,000 channels that begin to hang at once need four turns of
/// [`FAST_MAX`], so that a channel waits for less than 100 ms.
pub(crate) const FAST_AGE_MAX: Duration = Duration::from_millis(25);
/// The most older requests. Each costs a task here, and a task and a socket in egress.
pub(crate) const SLOW_MAX: usize = 2_048;
/// The most requests in flight of one channel. It may have more notices while its messenger is quick.
pub(crate) const CHANNEL_MAX: usize = 32;

/// The most requests in flight of a channel, in general and after a timeout, while fewer slow slots are
/// in use than the first number. The first row leaves it to the kind of the request. Above the last row it is one. So there are slots for 32 channels with
/// 32 requests, 96 with 4 and 640 with one, in whatever order they begin to hang.
const SHARES: [(usize, usize, usize); 3] = [
    (SLOW_MAX / 8, usize::MAX, 4),
    (SLOW_MAX / 2, CHANNEL_MAX, 1),
    (SLOW_MAX * 11 / 16, 4, 1),
];

/// Gauge: requests in flight to messengers, by `what` (`message`, `notice`) and `slot`.
const IN_FLIGHT: &str = "switchboard_router_requests_in_flight";

/// The slots of one kind of requests, each of which has a key.
#[derive(Debug)]
pub(crate) struct Slots<K> {
    /// The channel and the start of every request in flight.
    running: BTreeMap<K, (ChannelId, Timestamp)>,
    /// The requests in fast slots, oldest first.
    fast: BTreeSet<(Timestamp, K)>,
    /// The number of requests per channel, without zeros.
    by_channel: BTreeMap<ChannelId, usize>,
    /// The channel that got the last slot; the next one is first in turn.
    last: Option<ChannelId>,
}

impl<K: Copy + Ord> Slots<K> {
    pub(crate) const fn new() -> Self {
        Self {
            running: BTreeMap::new(),
            fast: BTreeSet::new(),
            by_channel: BTreeMap::new(),
            last: None,
        }
    }

    /// Moves requests that are no longer young to slow slots, as long as there are any.
    pub(crate) fn age(&mut self, now: Timestamp) {
        while self.next_aging().is_some_and(|at| at <= now) {
            self.fast.pop_first();
        }
    }

    /// When the oldest request in a fast slot moves to a slow one, if one is free.
    pub(crate) fn next_aging(&self) -> Option<Timestamp> {
        let (since, _) = self.fast.first().filter(|_| self.slow() < SLOW_MAX)?;
        Some(since.plus(FAST_AGE_MAX))
    }

    /// Whether no request can start.
    pub(crate) fn is_full(&self) -> bool {
        self.fast.len() >= FAST_MAX
    }

    /// Takes a fast slot for a request.
    pub(crate) fn claim(&mut self, channel: ChannelId, key: K, now: Timestamp) {
        self.running.insert(key, (channel, now));
        self.fast.insert((now, key));
        *self.by_channel.entry(channel).or_default() += 1;
        self.last = Some(channel);
    }

    /// Frees the slot of a request. Returns when the request started; `None` if it had no slot.
    pub(crate) fn free(&mut self, key: K) -> Option<Timestamp> {
        let (channel, since) = self.running.remove(&key)?;
        self.fast.remove(&(since, key));
        if let Some(count) = self.by_channel.get_mut(&channel) {
            *count -= 1;
            if *count == 0 {
                self.by_channel.remove(&channel);
            }
        }
        Some(since)
    }

    /// Whether a request is in flight.
    pub(crate) fn contains(&self, key: K) -> bool {
        self.running.contains_key(&key)
    }

    /// The number of requests in flight.
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    /// The number of slow slots in use.
    pub(crate) fn slow(&self) -> usize {
        self.running.len() - self.fast.len()
    }

    /// How many requests of a channel are in flight.
    pub(crate) fn of_channel(&self, id: ChannelId) -> usize {
        self.by_channel.get(&id).copied().unwrap_or(0)
    }

    /// Records how many slots are in use.
    pub(crate) fn record(&self, what: &'static str) {
        for (slot, count) in [("fast", self.fast.len()), ("slow", self.slow())] {
            let count = u32::try_from(count).unwrap_or(u32::MAX);
            metrics::gauge!(IN_FLIGHT, "what" => what, "slot" => slot).set(count);
        }
    }

    /// The most requests that a channel may have in flight now.
    pub(crate) fn share(&self, channel: &Channel) -> usize {
        self.share_of(channel, CHANNEL_MAX)
    }

    /// The same for a channel that may have `most` while few slow slots are in use.
    pub(crate) fn share_of(&self, channel: &Channel, most: usize) -> usize {
        // An open breaker lets one probe through.
        let fits = |(slow, ..): &&(usize, usize, usize)| self.slow() < *slow;
        match SHARES.iter().find(fits) {
            Some(_) if channel.breaker.open => 1,
            Some((.., after_timeout)) if channel.is_hanging() => *after_timeout,
            Some((_, share, _)) => most.min(*share),
            None => 1,
        }
    }

    /// The turns of these channels, each with its share: a channel with fewer requests in flight comes
    /// first, and among equals the one after the channel that got the last slot.
    pub(crate) fn turns(&self, mut channels: Vec<(ChannelId, usize)>) -> Turns {
        channels.sort_unstable();
        let next = channels.partition_point(|(id, _)| Some(*id) <= self.last);
        channels.rotate_left(next);
        let order = channels.into_iter().enumerate();
        let turns = order.map(|(place, (channel, share))| Turn {
            held: self.of_channel(channel),
            place,
            channel,
            share,
        });
        Turns {
            waiting: turns.filter(|turn| turn.held < turn.share).collect(),
            free: FAST_MAX.saturating_sub(self.fast.len()),
        }
    }
}

/// The channels that may start a request, until the fast slots are in use.
#[derive(Debug)]
pub(crate) struct Turns {
    waiting: BTreeSet<Turn>,
    free: usize,
}

/// The turn of a channel. The order of the fields is the order of the turns.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Turn {
    held: usize,
    place: usize,
    pub(crate) channel: ChannelId,
    share: usize,
}

impl Turns {
    /// The next turn.
    pub(crate) fn next(&mut self) -> Option<Turn> {
        if self.free == 0 {
            return None;
        }
        self.waiting.pop_first()
    }

    /// Gives the channel another turn, after a request of it was started.
    pub(crate) fn started(&mut self, mut turn: Turn) {
        self.free -= 1;
        turn.held += 1;
        if turn.held < turn.share {
            self.waiting.insert(turn);
        }
    }
}
