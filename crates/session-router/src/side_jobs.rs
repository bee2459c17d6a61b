//! Runs slow work off the loop, in bounded numbers, and returns the results to the loop: attempts at
//! messengers, password hashes, scans of the log.

mod slots;

use bus::{Bus, Message};
use chat::id::{MessageId, UserId};
use chat::password;
use chat::reason::Reason;
use chat::rejection::Rejection;
use chat::rpc::{AttemptReply, AttemptRequest};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::api::{Call, NeedsHash};
use crate::attempt::{MessageAttempt, ask, failed};
use crate::config::{ATTEMPTS_MAX, SIDE_JOBS_MAX};
use crate::notices::Notification;
use crate::sealed_log::SealedLog;
use crate::verify::Verify;
use crate::view::{Scan, Scanned};
pub(crate) use slots::AttemptSlots;

/// The most results that wait for the loop: enough for all jobs, so that none of them blocks.
const RESULTS_MAX: usize = 2 * ATTEMPTS_MAX + 8 * SIDE_JOBS_MAX;

/// Work that starts once what it depends on is durable.
pub(crate) enum SideJob {
    /// An attempt at a message; without content when its record cannot be read.
    Attempt(MessageId, Option<Box<MessageAttempt>>),
    /// A notification of a messenger.
    Notify(Box<Notification>),
    /// A notification that an operator is typing. It is not retried.
    Typing(AttemptRequest),
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
    /// A messenger's answer to a notification.
    Notified(Box<Notification>, AttemptReply),
    /// The end of a typing notification, whatever its outcome.
    TypingNotified,
    /// A messenger's answer to a verification.
    Verified(Box<Verify>, AttemptReply),
    /// A request whose password is hashed.
    Hashed(Message, UserId, Result<Box<Call>, Rejection>),
    /// What was found in the log.
    Scanned(Message, UserId, Result<Scanned, Rejection>),
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
    bus: Bus,
    sealed_log: SealedLog,
    attempt_subject: String,
    results: mpsc::Sender<JobResult>,
    tasks: TaskTracker,
    attempts: AttemptSlots,
    /// The number of other running jobs, except notifications, which [`crate::notices`] bounds.
    others: usize,
}

impl SideJobs {
    pub(crate) fn new(
        bus: Bus,
        sealed_log: SealedLog,
        attempt_subject: String,
    ) -> (Self, mpsc::Receiver<JobResult>) {
        let (results, receiver) = mpsc::channel(RESULTS_MAX);
        let jobs = Self {
            bus,
            sealed_log,
            attempt_subject,
            results,
            tasks: TaskTracker::new(),
            attempts: AttemptSlots::default(),
            others: 0,
        };
        (jobs, receiver)
    }

    /// The running attempts.
    pub(crate) const fn attempts(&self) -> &AttemptSlots {
        &self.attempts
    }

    /// The running attempts, to claim a slot.
    pub(crate) const fn attempts_mut(&mut self) -> &mut AttemptSlots {
        &mut self.attempts
    }

    /// Starts a job.
    pub(crate) fn start(&mut self, job: SideJob) {
        let (bus, subject) = (self.bus.clone(), self.attempt_subject.clone());
        match job {
            SideJob::Attempt(message, attempt) => self.attempt(message, attempt),
            SideJob::Notify(notification) => {
                self.spawn(async move {
                    let reply = ask(&bus, subject, &notification.request).await;
                    JobResult::Notified(notification, reply)
                });
            }
            SideJob::Typing(request) => {
                if self.others >= SIDE_JOBS_MAX {
                    return;
                }
                self.others += 1;
                self.spawn(async move {
                    drop(ask(&bus, subject, &request).await);
                    JobResult::TypingNotified
                });
            }
            SideJob::Verify(verify) => {
                self.others += 1;
                self.spawn(async move {
                    let reply = ask(&bus, subject, &verify.request).await;
                    JobResult::Verified(verify, reply)
                });
            }
        }
    }

    fn attempt(&self, message: MessageId, attempt: Option<Box<MessageAttempt>>) {
        let generation = attempt.as_ref().map_or(0, |a| a.target.generation);
        let (sealed_log, bus, subject) = (
            self.sealed_log.clone(),
            self.bus.clone(),
            self.attempt_subject.clone(),
        );
        self.spawn(async move {
            let request =
                tokio::task::spawn_blocking(move || attempt.and_then(|a| a.request(&sealed_log)));
            let reply = match request.await {
                Ok(Some(request)) => ask(&bus, subject, &request).await,
                _ => failed(Reason::ContentErased),
            };
            JobResult::Attempted(message, generation, reply)
        });
    }

    /// Starts slow work for a user. Returns the message if too many jobs are running.
    pub(crate) fn try_start(&mut self, request: SlowRequest) -> Result<(), Message> {
        let SlowRequest {
            message,
            user,
            work,
        } = request;
        if self.others >= SIDE_JOBS_MAX {
            return Err(message);
        }
        self.others += 1;
        match work {
            SlowWork::Hash(call, salt) => self.spawn(async move {
                let hashed = tokio::task::spawn_blocking(move || {
                    let hash = password::hash(call.password(), salt);
                    call.finish(hash)
                });
                let call = hashed.await;
                let call = call.map_err(|_| Reason::InternalError.into());
                JobResult::Hashed(message, user, call.map(Box::new))
            }),
            SlowWork::Scan(scan) => {
                let sealed_log = self.sealed_log.clone();
                self.spawn(async move {
                    let scanned = tokio::task::spawn_blocking(move || scan.run(&sealed_log)).await;
                    let scanned = scanned.map_err(|_| Reason::InternalError.into());
                    JobResult::Scanned(message, user, scanned)
                });
            }
        }
        Ok(())
    }

    /// Frees the slot of a finished job.
    pub(crate) fn finished(&mut self, result: &JobResult) {
        match result {
            JobResult::Attempted(message, ..) => self.attempts.free(*message),
            JobResult::Notified(..) => {}
            JobResult::TypingNotified
            | JobResult::Verified(..)
            | JobResult::Hashed(..)
            | JobResult::Scanned(..) => self.others = self.others.saturating_sub(1),
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
