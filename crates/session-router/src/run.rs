//! The loop: take what has arrived, apply it, append, and act on what became durable.

use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, Subscription};
use chat::chance::Chance;
use chat::command::{Command, Request};
use chat::rejection::{Code, Rejection};
use chat::time::Timestamp;
use event_log::{Checkpoint, Committed, EventLog, Frame};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audience::Audience;
use crate::batch::{Batch, InFlight, Pipeline, Release};
use crate::clock::now;
use crate::config::{
    ATTEMPTS_MAX, BATCH_MAX, Config, FRAMES_MAX, OUTBOX_STOP_MAX, ROWS_EVENTS_MAX, SIDE_JOBS_MAX,
    STOP_MAX, TICK,
};
use crate::done::Done;
use crate::error::Error;
use crate::keyring::Keyring;
use crate::library::Library;
use crate::notices::Notices;
use crate::outbox::Outbox;
use crate::presence::Presence;
use crate::projections::{self, Projector};
use crate::router::{Router, Verifying};
use crate::view;
use crate::work::Work;

/// Everything that comes back from beside the loop fits: no task waits for the loop.
const DONE_MAX: usize = 2 * ATTEMPTS_MAX + 8 * SIDE_JOBS_MAX;

/// Frames that became durable and wait for the loop. Far more than there ever are: one that found no
/// place would leave its releases behind for good.
const COMMITS_MAX: usize = 4_096;

/// Runs the role until `stop`, or until the log fails. `ready` becomes true once it serves.
pub async fn run(
    config: Config,
    bus: Bus,
    subjects: chat::subject::Subjects,
    ready: watch::Sender<bool>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let opened = tokio::task::spawn_blocking(move || open(config, subjects));
    let (log, projector, router) = opened.await.map_err(|_| Error::Died("opening the log"))??;
    let roles = bus
        .subscribe(&router.subjects.all_questions(), None)
        .await?;
    let users = bus.subscribe(&router.subjects.all_api(), None).await?;
    let service = bus.announce(crate::service_info(&router.subjects)).await?;
    let (commits, committed) = mpsc::channel(COMMITS_MAX);
    let (done_sender, done) = mpsc::channel(DONE_MAX);
    let tasks = TaskTracker::new();
    let outbox = Outbox::start(&bus, &router.library, &router.subjects, &tasks);
    let work = Work::new(
        bus.clone(),
        router.library.clone(),
        router.subjects.attempt(),
        done_sender,
    );
    let mut role = Loop {
        router,
        log,
        projector,
        outbox,
        work,
        commits,
        pipeline: Pipeline::new(),
        checkpoint: 0,
        ticked_at: 0,
    };
    let mut inputs = Inputs {
        roles,
        users,
        committed,
        done,
    };
    role.begin()?;
    ready.send_replace(true);
    let outcome = role.serve(&mut inputs, &stop).await;
    ready.send_replace(false);
    service.stop().await;
    match outcome {
        Ok(()) => role.end(&mut inputs, tasks).await,
        Err(error) => Err(error),
    }
}

/// Opens the log and the keys, and brings the state up to the log.
fn open(
    config: Config,
    subjects: chat::subject::Subjects,
) -> Result<(EventLog, Projector, Router), Error> {
    let mut options = event_log::Options::new(now().as_micros());
    options.sync = config.sync;
    let (log, opened) = EventLog::open(&config.data.join("log"), options)?;
    tracing::info!(position = opened.head.position, "the log is open");
    let keyring = Keyring::open(&config.data.join("keys"), Arc::clone(&config.master))?;
    let library = Library {
        reader: log.reader(),
        keyring,
    };
    let (workspace, store, loaded) =
        projections::open(&config.data.join("projections"), &library.reader)?;
    tracing::info!(
        from = loaded.from,
        replayed = loaded.replayed,
        "the state is caught up"
    );
    library.keyring.check(workspace.keys_given())?;
    for (_, contact) in workspace
        .contacts
        .iter()
        .filter(|(_, c)| c.forgotten.is_some())
    {
        library.keyring.destroy_again(&contact.keys)?;
    }
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| Error::Entropy)?;
    let router = Router {
        workspace,
        library,
        facts: view::Facts {
            public_url: config.public_url.clone(),
        },
        config: Arc::new(config),
        subjects,
        chance: Chance::from_seed(seed),
        batch: Batch::default(),
        full: Vec::new(),
        notices: Notices::default(),
        refused: std::collections::BTreeMap::new(),
        presence: Presence::default(),
        tokens: std::collections::BTreeMap::new(),
        audience: Audience::new(now()),
        verifying: Verifying::default(),
        disk_full: false,
    };
    Ok((log, Projector::start(store)?, router))
}

/// What the loop waits for.
struct Inputs {
    roles: Subscription,
    users: Subscription,
    committed: mpsc::Receiver<Result<Committed, event_log::Error>>,
    done: mpsc::Receiver<Done>,
}

/// The role while it runs.
pub(crate) struct Loop {
    pub(crate) router: Router,
    log: EventLog,
    projector: Projector,
    pub(crate) outbox: Outbox,
    pub(crate) work: Work,
    commits: mpsc::Sender<Result<Committed, event_log::Error>>,
    pipeline: Pipeline,
    /// The position of the rows that the projector was last given.
    checkpoint: u64,
    /// The position at the last tick.
    ticked_at: u64,
}

impl Loop {
    /// What a restart owes: the first administrator, keys in advance, verifications cut off.
    fn begin(&mut self) -> Result<(), Error> {
        let now = now();
        if let Some(first) = self.router.config.first_administrator.clone() {
            self.router
                .apply_system(Command::FirstAdministrator(first), now);
        }
        self.router.verify_pending(now);
        self.provide_keys()
    }

    async fn serve(&mut self, inputs: &mut Inputs, stop: &CancellationToken) -> Result<(), Error> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            self.start_due(now());
            self.submit()?;
            let wake = self.wait(now());
            // A full pipeline takes nothing new: what arrives waits in the bounded subscriptions, what
            // is done in its channel.
            let takes = self.pipeline.len() < FRAMES_MAX;
            // Biased: an end is not put off by work, what is durable goes out first, then what is
            // done frees places, then new work.
            tokio::select! { biased;
                () = stop.cancelled() => return Ok(()),
                Some(committed) = inputs.committed.recv() => self.committed(committed?)?,
                Some(done) = inputs.done.recv(), if takes => {
                    self.take_done(done, &mut inputs.done);
                }
                _ = tick.tick() => self.tick(now())?,
                message = inputs.roles.next(), if takes => {
                    self.take_roles(message.ok_or(Error::Ended)?, &mut inputs.roles);
                    self.take_users(None, &mut inputs.users);
                }
                message = inputs.users.next(), if takes => {
                    self.take_users(Some(message.ok_or(Error::Ended)?), &mut inputs.users);
                }
                () = tokio::time::sleep(wake) => {}
            }
        }
    }

    fn take_roles(&mut self, first: bus::Message, more: &mut Subscription) {
        let now = now();
        self.router.serve_role(first, now);
        for _ in 1..BATCH_MAX {
            if self.router.has_full_frame() {
                break;
            }
            let Some(message) = more.try_next() else {
                break;
            };
            self.router.serve_role(message, now);
        }
    }

    fn take_users(&mut self, first: Option<bus::Message>, more: &mut Subscription) {
        let now = now();
        let mut first = first;
        for _ in 0..BATCH_MAX {
            // What is taken is served: nothing is taken that there is no room for.
            let next = match first.take() {
                None if self.router.has_full_frame() => None,
                None => more.try_next(),
                first => first,
            };
            let Some(message) = next else { break };
            if let Some(job) = self.router.serve_user(message, now)
                && let Some(message) = self.work.start_job(job, &mut self.router.chance)
            {
                let words = "too much is being done at once; nothing was changed, ask again";
                self.outbox
                    .reply(message, Err(Rejection::new(Code::Unavailable, words)));
            }
        }
    }

    fn take_done(&mut self, first: Done, more: &mut mpsc::Receiver<Done>) {
        let now = now();
        self.done(first, now);
        for _ in 1..BATCH_MAX {
            if self.router.has_full_frame() {
                break;
            }
            let Ok(done) = more.try_recv() else { break };
            self.done(done, now);
        }
    }

    /// Gives full frames to the log. What waits for no event goes with the last frame, or at once.
    fn submit(&mut self) -> Result<(), Error> {
        let mut batches = std::mem::take(&mut self.router.full);
        batches.push(std::mem::take(&mut self.router.batch));
        for batch in batches {
            if batch.events.is_empty() {
                match self.pipeline.back_mut() {
                    Some(last) => last.releases.extend(batch.releases),
                    None => self.release(batch.releases)?,
                }
                continue;
            }
            if self.pipeline.len() >= COMMITS_MAX {
                return Err(Error::Committer);
            }
            let count = u64::try_from(batch.events.len()).unwrap_or(0);
            // Asked once: while nothing is in the pipeline, the log's head moves as soon as it has
            // this frame.
            let before = self.submitted();
            let frame = Frame {
                first_position: before + 1,
                time_micros: now().as_micros(),
                events: batch.events,
            };
            let commits = self.commits.clone();
            self.log.submit(frame, move |outcome| {
                // Never full, as the pipeline is not longer: it fails only when the loop has ended.
                drop(commits.try_send(outcome));
            })?;
            self.pipeline.push_back(InFlight {
                last: before + count,
                releases: batch.releases,
                rows: None,
            });
        }
        Ok(())
    }

    /// The position of the last event that the log was given.
    fn submitted(&self) -> u64 {
        self.pipeline
            .back()
            .map_or_else(|| self.log.head().position, |frame| frame.last)
    }

    /// A frame is durable: what waited for it goes out.
    fn committed(&mut self, committed: Committed) -> Result<(), Error> {
        let Some(frame) = self.pipeline.pop_front() else {
            return Err(Error::Committer);
        };
        metrics::counter!("switchboard_router_events_total")
            .increment(committed.last_position + 1 - committed.first_position);
        if let Some(rows) = frame.rows {
            let checkpoint = event_log::Checkpoint {
                position: committed.last_position,
                hash: committed.hash,
            };
            self.projector.offer(rows, checkpoint);
        }
        self.release(frame.releases)
    }

    /// Starts attempts and notices that are due, and ends what has expired.
    fn start_due(&mut self, now: Timestamp) {
        if self.pipeline.len() >= FRAMES_MAX {
            return;
        }
        for message in self.work.expired(&self.router.workspace, now) {
            self.router.apply_system(Command::Expire(message), now);
        }
        for (channel, message) in self.work.due(&self.router.workspace, now) {
            if self
                .router
                .apply(&Request::system(Command::Attempting(message)), now)
                .is_ok()
            {
                self.work.claim(channel, message);
                self.router.batch.releases.push(Release::Attempt(message));
            }
        }
        let Router {
            notices,
            workspace,
            library,
            ..
        } = &mut self.router;
        let told = notices.start(workspace, library, now).into_iter();
        let releases = told.map(|telling| Release::Tell(Box::new(telling)));
        self.router
            .batch
            .releases
            .extend(releases.collect::<Vec<_>>());
    }

    /// How long nothing is due.
    fn wait(&self, now: Timestamp) -> Duration {
        // A full pipeline starts nothing; the next frame that is durable ends the wait.
        if self.pipeline.len() >= FRAMES_MAX {
            return TICK;
        }
        let due = [
            self.work.next_due(&self.router.workspace),
            self.router.notices.next_due(),
        ];
        due.into_iter()
            .flatten()
            .min()
            .map_or(TICK, |at| at.since(now))
            .min(TICK)
    }

    /// Once a second: coalesced counts, settled notices, rows for the projections, room on the disk.
    fn tick(&mut self, now: Timestamp) -> Result<(), Error> {
        for (channel, count) in std::mem::take(&mut self.router.refused) {
            self.router
                .apply_system(Command::Refused(channel, count), now);
        }
        self.router.notices.tidy(&self.router.workspace);
        for (channel, notices) in self.router.notices.take_settled(SETTLED_MAX) {
            self.router
                .apply_system(Command::Settled(channel, notices), now);
        }
        self.provide_keys()?;
        self.submit()?;
        self.keep_rows();
        self.router.disk_full = event_log::free_space(self.log.dir())?.nearly_full();
        Ok(())
    }

    /// Has the projector write what changed, once the events behind it are durable: when there is
    /// nothing else to do, and before a start would replay for long.
    fn keep_rows(&mut self) {
        let position = self.router.workspace.position;
        let is_quiet = position == std::mem::replace(&mut self.ticked_at, position);
        let behind = position - self.checkpoint;
        let is_due = behind >= ROWS_EVENTS_MAX || is_quiet && behind > 0;
        if !is_due || !self.projector.is_idle() {
            return;
        }
        if self.pipeline.iter().any(|frame| frame.rows.is_some()) {
            return;
        }
        self.checkpoint = position;
        let rows = self.router.workspace.take_changed();
        match self.pipeline.back_mut() {
            Some(last) => last.rows = Some(rows),
            None => self.projector.offer(rows, self.durable()),
        }
    }

    /// Where the log is durable.
    fn durable(&self) -> Checkpoint {
        let head = self.log.head();
        Checkpoint {
            position: head.position,
            hash: head.hash,
        }
    }

    fn provide_keys(&mut self) -> Result<(), Error> {
        let given = self.router.workspace.keys_given();
        Ok(self
            .router
            .library
            .keyring
            .provide(given, &mut self.router.chance)?)
    }

    /// Lets what is under way finish, within [`STOP_MAX`], records it, and closes the log.
    async fn end(mut self, inputs: &mut Inputs, tasks: TaskTracker) -> Result<(), Error> {
        let deadline = tokio::time::sleep(STOP_MAX);
        tokio::pin!(deadline);
        while self.work.attempts() > 0 {
            tokio::select! { biased;
                Some(committed) = inputs.committed.recv() => self.committed(committed?)?,
                Some(done) = inputs.done.recv() => self.take_done(done, &mut inputs.done),
                () = &mut deadline => break,
            }
            self.submit()?;
        }
        self.tick(now())?;
        while !self.pipeline.is_empty() {
            let Some(committed) = inputs.committed.recv().await else {
                return Err(Error::Committer);
            };
            self.committed(committed?)?;
        }
        let last = (self.router.workspace.take_changed(), self.durable());
        let Self {
            projector,
            log,
            outbox,
            router,
            work,
            ..
        } = self;
        drop((outbox, router, work));
        tasks.close();
        if tokio::time::timeout(OUTBOX_STOP_MAX, tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!(
                "NATS does not take the last answers; whoever waits for them asks again"
            );
        }
        let closed = tokio::task::spawn_blocking(move || {
            let projected = projector.stop(Some(last));
            log.close()?;
            projected
        });
        closed.await.map_err(|_| Error::Died("closing the log"))?
    }
}

/// Settled notices of a channel that one event records.
const SETTLED_MAX: usize = 1_000;
