//! Work beside the loop: attempts at messengers, hashing, searching the log. It is bounded here, and
//! what comes of it goes back to the loop.

use std::collections::BTreeMap;

use bus::{Bus, Message};
use chat::chance::Chance;
use chat::id::{ChannelId, MessageId};
use chat::password;
use chat::reason::Reason;
use chat::rejection::{Code, Rejection};
use chat::rpc::AttemptRequest;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::attempt::{MessageAttempt, ask, failed};
use crate::config::{ATTEMPTS_MAX, CHANNEL_ATTEMPTS_MAX, CHANNEL_SHARE_MAX, SIDE_JOBS_MAX};
use crate::done::Done;
use crate::library::Library;
use crate::notices::Telling;
use crate::serve::Job;
use crate::verify::Verify;

/// So many messages are expired in one go; the next go follows at once.
const EXPIRED_MAX: usize = 64;

/// What is being done, and where it reports to.
pub(crate) struct Work {
    bus: Bus,
    library: Library,
    attempt_subject: String,
    done: mpsc::Sender<Done>,
    tasks: TaskTracker,
    under_way: BTreeMap<MessageId, ChannelId>,
    by_channel: BTreeMap<ChannelId, usize>,
    side_jobs: usize,
}

impl Work {
    pub(crate) fn new(
        bus: Bus,
        library: Library,
        attempt_subject: String,
        done: mpsc::Sender<Done>,
    ) -> Self {
        Self {
            bus,
            library,
            attempt_subject,
            done,
            tasks: TaskTracker::new(),
            under_way: BTreeMap::new(),
            by_channel: BTreeMap::new(),
            side_jobs: 0,
        }
    }

    /// Messages that are due, as many as there are places.
    pub(crate) fn due(&self, workspace: &Workspace, now: Timestamp) -> Vec<(ChannelId, MessageId)> {
        let mut places = ATTEMPTS_MAX.saturating_sub(self.under_way.len());
        let mut taken: BTreeMap<ChannelId, usize> = BTreeMap::new();
        let mut due = Vec::new();
        for (channel, probing, message) in workspace.due(now) {
            if places == 0 {
                break;
            }
            let new = taken.entry(channel).or_default();
            let busy = self.by_channel.get(&channel).copied().unwrap_or(0) + *new;
            let used = self.under_way.len() + due.len();
            if busy >= lanes_max(probing, used) || self.under_way.contains_key(&message) {
                continue;
            }
            *new += 1;
            places -= 1;
            due.push((channel, message));
        }
        due
    }

    /// Messages whose time to live has passed and that are not being tried.
    pub(crate) fn expired(&self, workspace: &Workspace, now: Timestamp) -> Vec<MessageId> {
        let waiting = workspace
            .expired(now)
            .filter(|message| !self.under_way.contains_key(message));
        waiting.take(EXPIRED_MAX).collect()
    }

    /// When the next message is due that there is a place for.
    pub(crate) fn next_due(&self, workspace: &Workspace) -> Option<Timestamp> {
        workspace.next_due(
            |message| self.under_way.contains_key(&message),
            |channel, probing| {
                let busy = self.by_channel.get(&channel).copied().unwrap_or(0);
                let used = self.under_way.len();
                busy >= lanes_max(probing, used) || used >= ATTEMPTS_MAX
            },
        )
    }

    /// Takes a place for a message that is about to be tried.
    pub(crate) fn claim(&mut self, channel: ChannelId, message: MessageId) {
        self.under_way.insert(message, channel);
        *self.by_channel.entry(channel).or_default() += 1;
    }

    /// Gives the place back.
    pub(crate) fn finished(&mut self, message: MessageId) {
        let Some(channel) = self.under_way.remove(&message) else {
            return;
        };
        if let Some(busy) = self.by_channel.get_mut(&channel) {
            *busy -= 1;
            if *busy == 0 {
                self.by_channel.remove(&channel);
            }
        }
    }

    /// How many messages are being tried.
    pub(crate) fn attempts(&self) -> usize {
        self.under_way.len()
    }

    /// Tries a message. That it is no longer wanted is reported like an attempt that failed.
    pub(crate) fn attempt(&self, workspace: &Workspace, message: MessageId, now: Timestamp) {
        let attempt = MessageAttempt::of(workspace, &self.library, message, now);
        let generation = attempt.as_ref().map_or(0, |a| a.target.generation);
        let (library, bus, subject) = (
            self.library.clone(),
            self.bus.clone(),
            self.attempt_subject.clone(),
        );
        self.spawn(async move {
            let request =
                tokio::task::spawn_blocking(move || attempt.and_then(|a| a.request(&library)));
            let reply = match request.await {
                Ok(Some(request)) => ask(&bus, subject, &request).await,
                _ => failed(Reason::ContentErased),
            };
            Done::Attempted(message, generation, reply)
        });
    }

    /// Tells a messenger something.
    pub(crate) fn tell(&self, telling: Box<Telling>) {
        let (bus, subject) = (self.bus.clone(), self.attempt_subject.clone());
        self.spawn(async move {
            let reply = ask(&bus, subject, &telling.request).await;
            Done::Told(telling, reply)
        });
    }

    /// Tells a messenger something that is not worth a second try.
    pub(crate) fn mention(&mut self, request: AttemptRequest) {
        if self.side_jobs >= SIDE_JOBS_MAX {
            return;
        }
        self.side_jobs += 1;
        let (bus, subject) = (self.bus.clone(), self.attempt_subject.clone());
        self.spawn(async move {
            drop(ask(&bus, subject, &request).await);
            Done::Mentioned
        });
    }

    /// Asks a messenger to verify itself.
    pub(crate) fn verify(&mut self, verify: Box<Verify>) {
        self.side_jobs += 1;
        let (bus, subject) = (self.bus.clone(), self.attempt_subject.clone());
        self.spawn(async move {
            let reply = ask(&bus, subject, &verify.request).await;
            Done::Verified(verify, reply)
        });
    }

    /// Does something slow for a user, unless too much is being done already.
    /// Gives the request back when there is no place.
    pub(crate) fn start_job(&mut self, job: Job, chance: &mut Chance) -> Option<Message> {
        if self.side_jobs >= SIDE_JOBS_MAX {
            let (Job::Hash(message, ..) | Job::Scan(message, ..)) = job;
            return Some(message);
        }
        self.side_jobs += 1;
        match job {
            Job::Hash(message, user, call) => {
                let salt = chance.bytes();
                self.spawn(async move {
                    let hashed = tokio::task::spawn_blocking(move || {
                        let hash = password::hash(call.password(), salt);
                        call.finish(hash)
                    });
                    let call = hashed.await.map_err(|_| {
                        Rejection::new(
                            Code::Unavailable,
                            "the password could not be hashed; ask again",
                        )
                    });
                    Done::Hashed(message, user, call.map(Box::new))
                });
            }
            Job::Scan(message, user, scan) => {
                let library = self.library.clone();
                self.spawn(async move {
                    let scanned = tokio::task::spawn_blocking(move || scan.run(&library)).await;
                    let scanned = scanned.map_err(|_| {
                        Rejection::new(
                            Code::Unavailable,
                            "the log could not be searched; ask again",
                        )
                    });
                    Done::Scanned(message, user, scanned)
                });
            }
        }
        None
    }

    /// Gives the place of a side job back.
    pub(crate) fn side_job_done(&mut self) {
        self.side_jobs = self.side_jobs.saturating_sub(1);
    }

    fn spawn(&self, work: impl Future<Output = Done> + Send + 'static) {
        let done = self.done.clone();
        self.tasks.spawn(async move {
            let outcome = work.await;
            // The loop has ended: a restart does what is left.
            drop(done.send(outcome).await);
        });
    }
}

/// Messages of a channel that may be tried at once, so many being tried over all channels. The last
/// half of the places is shared: messengers that let us wait must not have them all.
const fn lanes_max(probing: bool, used: usize) -> usize {
    if probing {
        1
    } else if used < ATTEMPTS_MAX / 2 {
        CHANNEL_ATTEMPTS_MAX
    } else {
        CHANNEL_SHARE_MAX
    }
}
