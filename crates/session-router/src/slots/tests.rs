//! Channels that hang while others answer, in simulated time.

use std::collections::{BTreeMap, VecDeque};

use chat::reason::Reason;
use chat::time::Timestamp;

use super::*;

/// The promise of the messenger protocol.
const DELAY_MAX: Duration = Duration::from_millis(100);
/// How long a hanging messenger holds a request.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long a healthy messenger takes.
const ANSWER: Duration = Duration::from_millis(5);
const STEP: Duration = Duration::from_millis(1);

/// A request: its channel and a number.
type Key = (ChannelId, usize);

/// Channels with requests that are due, and the slots.
struct Simulation {
    now: Timestamp,
    slots: Slots<Key>,
    channels: BTreeMap<ChannelId, (Channel, VecDeque<(Key, Timestamp)>)>,
    hanging: Vec<ChannelId>,
    ends: BTreeSet<(Timestamp, Key)>,
    next: usize,
    steps: usize,
    /// Whether a request may be able to start that was not at the last step.
    changed: bool,
    /// The longest time that a request of a healthy channel waited for its slot.
    delay: Duration,
    /// The most requests in flight of any channel.
    together: usize,
}

fn id(n: usize) -> ChannelId {
    ChannelId::from_bytes(u128::try_from(n).unwrap().to_be_bytes())
}

fn channel() -> Channel {
    let mut shell = crate::view::tests::shell::Shell::new();
    let live_chat = shell.live_chat("Desk", &[]);
    let id = shell.channel(&live_chat, "https://chat.example/hook");
    shell.workspace().channels.get(&id).unwrap().clone()
}

impl Simulation {
    /// Healthy channels and channels that hang; the healthy ones are spread among them.
    fn new(channels: usize, hangs: impl Fn(usize) -> bool) -> Self {
        let channel = channel();
        let all = (0..channels).map(|n| (id(n), (channel.clone(), VecDeque::new())));
        Self {
            now: Timestamp::from_micros(1_800_000_000_000_000),
            slots: Slots::new(),
            channels: all.collect(),
            hanging: (0..channels).filter(|n| hangs(*n)).map(id).collect(),
            ends: BTreeSet::new(),
            next: 0,
            steps: 0,
            changed: false,
            delay: Duration::ZERO,
            together: 0,
        }
    }

    /// Makes a request of a channel due.
    fn request(&mut self, of: ChannelId) {
        self.next += 1;
        let (_, due) = self.channels.get_mut(&of).unwrap();
        due.push_back(((of, self.next), self.now));
        self.changed = true;
    }

    /// Starts what may start, as the loop does.
    fn start(&mut self) {
        self.slots.age(self.now);
        let ready = self.channels.iter().filter(|(_, (_, due))| !due.is_empty());
        let shares = ready.map(|(id, (channel, _))| (*id, self.slots.share(channel)));
        let mut turns = self.slots.turns(shares.collect());
        while let Some(turn) = turns.next() {
            let (_, due) = self.channels.get_mut(&turn.channel).unwrap();
            let Some((key, since)) = due.pop_front() else {
                continue;
            };
            let hangs = self.hanging.binary_search(&turn.channel).is_ok();
            if !hangs {
                self.delay = self.delay.max(self.now.since(since));
            }
            self.slots.claim(turn.channel, key, self.now);
            // The jitter of retries.
            let jitter = STEP * u32::try_from(key.1 % 400).unwrap();
            let lasts = if hangs { TIMEOUT + jitter } else { ANSWER };
            self.ends.insert((self.now.plus(lasts), key));
            self.together = self.together.max(self.slots.of_channel(turn.channel));
            turns.started(turn);
        }
    }

    /// Lets time pass. A request that timed out is due again.
    fn step(&mut self) {
        self.now = self.now.plus(STEP);
        while let Some((at, key)) = self.ends.first().copied().filter(|(at, _)| *at <= self.now) {
            self.ends.pop_first();
            self.slots.free(key);
            self.changed = true;
            let is_hanging = self.hanging.binary_search(&key.0).is_ok();
            let (channel, due) = self.channels.get_mut(&key.0).unwrap();
            if is_hanging {
                timed_out(channel, at);
                due.push_back((key, at));
            } else {
                channel.breaker = chat::state::Breaker::default();
            }
        }
        let aged = self.slots.next_aging().is_some_and(|at| at <= self.now);
        if std::mem::take(&mut self.changed) || aged {
            self.start();
        }
    }

    /// Sends a message of every healthy channel every 7 ms for this time.
    fn run(&mut self, time: Duration) {
        let healthy: Vec<ChannelId> = self.channels.keys().copied().collect();
        let healthy = healthy
            .into_iter()
            .filter(|id| self.hanging.binary_search(id).is_err());
        let healthy: Vec<ChannelId> = healthy.collect();
        let end = self.now.plus(time);
        while self.now < end {
            self.steps += 1;
            if self.steps.is_multiple_of(7) {
                for id in &healthy {
                    self.request(*id);
                }
            }
            self.step();
        }
    }
}

fn timed_out(channel: &mut Channel, at: Timestamp) {
    channel.breaker.failing_since.get_or_insert(at);
    channel.breaker.failures += 1;
    channel.last_error = Some((at, Reason::TimedOut { ms: 10_000 }));
}

/// The numbers of channels that hang, and of their chats, that the attacks were made with.
const ATTACKS: [(usize, usize); 6] = [
    (300, 1),
    (300, 6),
    (80, 8),
    (100, 10),
    (300, 32),
    (2_000, 1),
];

/// Runs an attack: all channels but three begin to hang at once, after the same channels were healthy
/// or, `known`, had timed out before a restart.
fn attacked(hanging: usize, chats: usize, known: bool) -> Simulation {
    let is_healthy = |n| n == 0 || n == hanging / 2 || n == hanging + 2;
    let mut simulation = Simulation::new(hanging + 3, |n| !is_healthy(n));
    for id in simulation.hanging.clone() {
        if known {
            let now = simulation.now;
            timed_out(&mut simulation.channels.get_mut(&id).unwrap().0, now);
        }
        for _ in 0..chats {
            simulation.request(id);
        }
    }
    simulation
}

#[test]
fn channels_that_begin_to_hang_at_once_do_not_delay_a_healthy_one() {
    for (hanging, chats) in ATTACKS {
        for known in [false, true] {
            let mut simulation = attacked(hanging, chats, known);
            simulation.run(TIMEOUT * 3);
            let delay = simulation.delay;
            assert!(
                delay <= DELAY_MAX,
                "{hanging} x {chats}, {known}: {delay:?}"
            );
        }
    }
}

#[test]
fn channels_that_begin_to_hang_one_after_the_other_do_not_delay_a_healthy_one() {
    let mut simulation = attacked(1_000, 0, false);
    for id in simulation.hanging.clone() {
        for _ in 0..40 {
            simulation.request(id);
        }
        simulation.run(Duration::from_millis(9));
    }
    assert!(simulation.delay <= DELAY_MAX, "{:?}", simulation.delay);
}

#[test]
fn a_channel_gets_one_probe_after_a_timeout_while_many_hang_and_recovers_with_an_answer() {
    let mut simulation = attacked(300, 6, false);
    simulation.run(TIMEOUT + Duration::from_secs(2));
    let one = simulation.hanging[150];
    let probes = |id: &ChannelId| simulation.slots.of_channel(*id) == 1;
    assert!(simulation.hanging.iter().all(probes));
    simulation.hanging.retain(|id| *id != one);
    simulation.run(TIMEOUT + Duration::from_secs(2));
    assert!(
        simulation.channels[&one].1.is_empty(),
        "nothing waits any more"
    );
    simulation.together = 0;
    for _ in 0..CHANNEL_MAX {
        simulation.request(one);
    }
    simulation.run(Duration::from_millis(5));
    assert_eq!(simulation.together, CHANNEL_MAX);
}

#[test]
fn a_channel_that_wants_its_first_slot_does_not_wait_behind_one_with_many() {
    let mut simulation = Simulation::new(40, |_| true);
    for n in (0..40).filter(|n| *n != 20) {
        for _ in 0..CHANNEL_MAX {
            simulation.request(id(n));
        }
    }
    simulation.start();
    assert!(simulation.slots.is_full());
    simulation.request(id(20));
    simulation.now = simulation.now.plus(FAST_AGE_MAX);
    simulation.start();
    assert_eq!(simulation.slots.of_channel(id(20)), 1);
}

#[test]
fn an_open_breaker_lets_one_probe_through() {
    let (slots, mut channel) = (Slots::<Key>::new(), channel());
    assert_eq!(slots.share(&channel), CHANNEL_MAX);
    timed_out(&mut channel, Timestamp::default());
    assert_eq!(slots.share(&channel), 4);
    channel.breaker.open = true;
    assert_eq!(slots.share(&channel), 1);
}
