//! Runs slow work off the loop, in bounded numbers, and returns the results to the loop: attempts at
//! messengers, password hashes, scans of the log.

mod attempts;
mod notify;
mod typing;

use std::sync::Arc;

use bus::{Bus, Message, background};
use chat::id::{ChannelId, MessageId, UserId};
use chat::password;
use chat::reason::Reason;
use chat::rejection::Rejection;
use chat::rpc::AttemptReply;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

use crate::api::{Call, NeedsHash};
use crate::attempt::{MessageAttempt, failed};
use crate::config::{
    HASHES_MAX, HASHES_PER_USER_MAX, SCANS_MAX, SCANS_PER_USER_MAX, SCANS_RUNNING_MAX,
};
use crate::egress::Egress;
use crate::loader::{Load, Loader, Waiting};
use crate::notices::Notification;
use crate::quota::{Place, Places};
use crate::rows::Loaded;
use crate::sealed_log::SealedLog;
use crate::slots::{FAST_MAX, SLOW_MAX};
use crate::verify::Verify;
use crate::view::{Scan, Scanned};
use attempts::RunningAttempts;
use typing::Typing;
pub(crate) use typing::{TIMEOUT_MS as TYPING_TIMEOUT_MS, TypingNotice};

/// The most results that wait for the loop: about as many as there are jobs, so that none of them
/// blocks.
const RESULTS_MAX: usize = 2 * (FAST_MAX + SLOW_MAX);
/// Counter: notifications that an operator is typing that were dropped for newer ones.
const TYPING_DROPPED: &str = "switchboard_router_typing_dropped_total";

/// Work that starts once what it depends on is durable.
pub(crate) enum SideJob {
    /// An attempt at a message; without content when its record cannot be read.
    Attempt(MessageId, Option<Box<MessageAttempt>>),
    /// Notifications of messengers that start together.
    Notify(Vec<Notification>),
    /// A notification that an operator is typing. It is not retried.
    Typing(Box<TypingNotice>),
    /// The verification of a messenger.
    Verify(Box<Verify>),
}

/// A request of a user that needs slow work before it can be answered.
pub(crate) struct SlowRequest {
    message: Message,
    user: UserId,
    work: SlowWork,
}

/// The work of a [`SlowRequest`].
pub(crate) enum SlowWork {
    /// Hashes a password with this salt.
    Hash(NeedsHash, [u8; 16]),
    /// Searches the log.
    Scan(Scan),
}

/// What a side job returns to the loop.
pub(crate) enum JobResult {
    /// The outcome of an attempt, made in this generation of the channel.
    Attempted(MessageId, u32, AttemptReply),
    /// The answers to notifications that ended together.
    Notified(Vec<(Notification, AttemptReply)>),
    /// The end of a channel's typing notification, whatever its outcome.
    TypingNotified(ChannelId),
    /// A messenger's answer to a verification.
    Verified(Box<Verify>, AttemptReply),
    /// A request whose password is hashed.
    Hashed(Message, UserId, Result<Box<Call>, Rejection>),
    /// What was found in the log. The answer keeps the place.
    Scanned(Message, UserId, Result<Scanned, Rejection>, Place),
    /// Rows, and who waits for them.
    Loaded(Waiting, Loaded),
}

impl SlowRequest {
    pub(crate) const fn new(message: Message, user: UserId, work: SlowWork) -> Self {
        Self {
            message,
            user,
            work,
        }
    }
}

/// The running jobs, and the channel for their results.
pub(crate) struct SideJobs {
    egress: Egress,
    sealed_log: SealedLog,
    loader: Loader,
    results: mpsc::Sender<JobResult>,
    notifications: mpsc::Sender<Vec<Notification>>,
    tasks: TaskTracker,
    attempts: RunningAttempts,
    typing: Typing,
    hashes: Places,
    scans: Places,
    scan_turns: Arc<Semaphore>,
}

impl SideJobs {
    pub(crate) fn new(
        bus: Bus,
        sealed_log: SealedLog,
        loader: Loader,
        attempt_subject: String,
    ) -> (Self, mpsc::Receiver<JobResult>) {
        let (results, receiver) = mpsc::channel(RESULTS_MAX);
        let (egress, sending) = Egress::new(bus, attempt_subject);
        let tasks = TaskTracker::new();
        tasks.spawn(sending);
        let (notifications, started) = mpsc::channel(RESULTS_MAX);
        tasks.spawn(notify::run(started, egress.clone(), results.clone()));
        let jobs = Self {
            egress,
            sealed_log,
            loader,
            results,
            notifications,
            tasks,
            attempts: RunningAttempts::new(),
            typing: Typing::default(),
            hashes: Places::new("hash", HASHES_MAX, HASHES_PER_USER_MAX),
            scans: Places::new("scan", SCANS_MAX, SCANS_PER_USER_MAX),
            scan_turns: Arc::new(Semaphore::new(SCANS_RUNNING_MAX)),
        };
        (jobs, receiver)
    }

    /// The running attempts.
    pub(crate) const fn attempts(&self) -> &RunningAttempts {
        &self.attempts
    }

    /// The running attempts, to claim a slot.
    pub(crate) const fn attempts_mut(&mut self) -> &mut RunningAttempts {
        &mut self.attempts
    }

    /// Starts a job.
    pub(crate) fn start(&mut self, job: SideJob) {
        let egress = self.egress.clone();
        match job {
            SideJob::Attempt(message, attempt) => self.attempt(message, attempt),
            // There is room for as many as have slots.
            SideJob::Notify(started) => drop(self.notifications.try_send(started)),
            SideJob::Typing(notice) => {
                let dropped = self.typing.add(*notice);
                metrics::counter!(TYPING_DROPPED).increment(dropped);
                self.start_typing();
            }
            SideJob::Verify(verify) => {
                self.spawn(async move {
                    let mut reply = egress.attempt(&verify.request).await;
                    verify.redact(&mut reply);
                    JobResult::Verified(verify, reply)
                });
            }
        }
    }

    fn start_typing(&mut self) {
        while let Some(TypingNotice { channel, request }) = self.typing.start() {
            let egress = self.egress.clone();
            self.spawn(async move {
                drop(egress.attempt(&request).await);
                JobResult::TypingNotified(channel)
            });
        }
    }

    fn attempt(&self, message: MessageId, attempt: Option<Box<MessageAttempt>>) {
        let generation = attempt.as_ref().map_or(0, |a| a.target.generation);
        let (sealed_log, egress) = (self.sealed_log.clone(), self.egress.clone());
        self.spawn(async move {
            let request = tokio::task::spawn_blocking(move || {
                let attempt = attempt?;
                Some((attempt.request(&sealed_log)?, attempt.target.known_codes))
            });
            let reply = match request.await {
                Ok(Some((request, known_codes))) => {
                    let mut reply = egress.attempt(&request).await;
                    known_codes.redact_reply(&mut reply);
                    reply
                }
                _ => failed(Reason::ContentErased),
            };
            JobResult::Attempted(message, generation, reply)
        });
    }

    /// Starts slow work for a user. Returns the message and the rejection if too many jobs of its kind
    /// are in progress.
    pub(crate) fn try_start(&self, request: SlowRequest) -> Option<(Message, Rejection)> {
        let SlowRequest {
            message,
            user,
            work,
        } = request;
        let places = match &work {
            SlowWork::Hash(..) => &self.hashes,
            SlowWork::Scan(_) => &self.scans,
        };
        let place = match places.take(&user) {
            Ok(place) => place,
            Err(rejection) => return Some((message, rejection)),
        };
        match work {
            SlowWork::Hash(call, salt) => self.spawn(async move {
                let _place = place;
                let hashed = background::run(move || {
                    let hash = password::hash(call.password(), salt);
                    Box::new(call.finish(hash))
                });
                let call = hashed.await.ok_or_else(|| Reason::InternalError.into());
                JobResult::Hashed(message, user, call)
            }),
            SlowWork::Scan(scan) => {
                let (sealed_log, turns) = (self.sealed_log.clone(), Arc::clone(&self.scan_turns));
                self.spawn(async move {
                    let place = place.with_turn(turns).await;
                    let scanned = background::run(move || scan.run(&sealed_log)).await;
                    let scanned = scanned.ok_or_else(|| Reason::InternalError.into());
                    JobResult::Scanned(message, user, scanned, place)
                });
            }
        }
        None
    }

    /// Reads rows for a request that waits for them.
    pub(crate) fn load(&self, Load { waiting, needs }: Load) {
        let loader = self.loader.clone();
        self.spawn(async move { JobResult::Loaded(waiting, loader.load(needs).await) });
    }

    /// Frees the slot of a finished job.
    pub(crate) fn finished(&mut self, result: &JobResult) {
        match result {
            JobResult::Attempted(message, ..) => self.attempts.free(*message),
            JobResult::TypingNotified(channel) => {
                self.typing.ended(*channel);
                self.start_typing();
            }
            // `Notices` and `Verifications` count these, or a `Place`.
            JobResult::Notified(..)
            | JobResult::Verified(..)
            | JobResult::Hashed(..)
            | JobResult::Scanned(..)
            | JobResult::Loaded(..) => {}
        }
    }

    fn spawn(&self, job: impl Future<Output = JobResult> + Send + 'static) {
        let results = self.results.clone();
        self.tasks.spawn(async move {
            let result = job.await;
            // This fails once the loop has ended; the next start repeats unfinished attempts.
            drop(results.send(result).await);
        });
    }
}
