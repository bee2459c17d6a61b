//! The loop: takes requests and results, applies them, appends the events, and releases outputs once
//! they are durable.

use std::time::Duration;

use bus::{Bus, Subscription};
use chat::subject::Subjects;
use chat::time::Timestamp;
use event_log::Committed;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::append::{Appender, Commit};
use crate::batch::Release;
use crate::clock::{Clock, now};
use crate::config::{BATCH_MAX, Config, OUTBOX_STOP_MAX, STOP_MAX, TICK};
use crate::error::Error;
use crate::lease::{self, Lease};
use crate::loader::Waiting;
use crate::open::open;
use crate::outbox::{Answer, Outbox};
use crate::projections::changes;
use crate::router::{Router, Slow};
use crate::scrub::Scrub;
use crate::side_jobs::{JobResult, SideJobs};

/// Runs the role until `stop`, or until the log fails. `ready` becomes true once it serves.
pub async fn run(
    mut config: Config,
    bus: Bus,
    subjects: Subjects,
    ready: watch::Sender<bool>,
    stop: CancellationToken,
) -> Result<(), Error> {
    let scrub_round = config.scrub_round;
    let first_administrator = config.first_administrator.take();
    let me = lease::owner(&config, now())?;
    let (mut lease, _keeper) = Lease::start(&bus, subjects.lease(), me).await?;
    let opened = async {
        let opened = tokio::task::spawn_blocking(move || open(&config)).await;
        opened.map_err(|_| Error::Died("opening the log"))?
    };
    // Others have time to object while the log is opened.
    let (log, projector, state) = tokio::select! {
        () = stop.cancelled() => return Ok(()),
        started = async { tokio::try_join!(opened, lease.held()) } => started?.0,
    };
    let roles = bus.subscribe(&subjects.all_questions(), None).await?;
    let users = bus.subscribe(&subjects.all_api(), None).await?;
    let service = bus.announce(crate::service_info(&subjects)).await?;
    let scrub = Scrub::start(&log, scrub_round)?;
    let (appender, commits) = Appender::new(log, scrub, projector);
    let senders = TaskTracker::new();
    let outbox = Outbox::start(&bus, &lease, state.sealed_log(), &subjects, &senders);
    let (side_jobs, results) = SideJobs::new(
        bus,
        state.sealed_log().clone(),
        state.loader(),
        subjects.attempt(),
    );
    let mut role = Loop {
        router: Router::new(state, subjects, now()),
        clock: Clock::new(),
        appender,
        outbox,
        side_jobs,
        lease,
        ready,
        withheld: Vec::new(),
        is_loading: false,
        commands_loading: 0,
    };
    let mut inputs = Inputs {
        roles,
        users,
        commits,
        results,
    };
    role.router.begin(first_administrator, now())?;
    role.ready.send_replace(true);
    let outcome = role.serve(&mut inputs, &stop).await;
    role.ready.send_replace(false);
    service.stop().await;
    match outcome {
        Ok(()) => Box::pin(role.end(&mut inputs, senders)).await,
        Err(error) => Err(error),
    }
}

/// The inputs of the loop.
struct Inputs {
    roles: Subscription,
    users: Subscription,
    commits: mpsc::Receiver<Commit>,
    results: mpsc::Receiver<JobResult>,
}

struct Loop {
    router: Router,
    clock: Clock,
    appender: Appender,
    outbox: Outbox,
    side_jobs: SideJobs,
    lease: Lease,
    ready: watch::Sender<bool>,
    /// Outputs of durable frames that are kept until the lease is held again.
    withheld: Vec<Release>,
    /// Whether requests of messengers wait for rows. Those that arrive meanwhile stay in their order.
    is_loading: bool,
    /// The number of commands of users that wait for rows. Calls that arrive meanwhile stay in their
    /// order.
    commands_loading: usize,
}

impl Loop {
    async fn serve(&mut self, inputs: &mut Inputs, stop: &CancellationToken) -> Result<(), Error> {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let now = self.now();
            self.start_due(now);
            self.router.state_mut().check_rows()?;
            self.append()?;
            let now = self.now();
            let idle = self.idle_time(now);
            // Backpressure: while too many frames are in flight or NATS is slow, requests stay in the
            // bounded subscriptions and results in their channel.
            let has_capacity = self.has_capacity();
            // In order of priority: stopping, releases of durable frames, results, which free slots, and
            // new requests.
            tokio::select! { biased;
                () = stop.cancelled() => return Ok(()),
                changed = self.lease.changed() => {
                    changed?;
                    self.lease_changed();
                }
                Some(commit) = inputs.commits.recv() => self.committed(commit?)?,
                Some(result) = inputs.results.recv(), if has_capacity => {
                    self.take_results(result, &mut inputs.results);
                }
                _ = tick.tick() => self.tick()?,
                message = inputs.roles.next(), if has_capacity && !self.is_loading => {
                    self.take_roles(message.ok_or(Error::Ended)?, &mut inputs.roles);
                    self.take_users(None, &mut inputs.users);
                }
                message = inputs.users.next(), if has_capacity && self.commands_loading == 0 => {
                    self.take_users(Some(message.ok_or(Error::Ended)?), &mut inputs.users);
                }
                () = self.outbox.room(), if !self.outbox.has_room() => {}
                () = tokio::time::sleep(idle) => {}
            }
        }
    }

    /// Whether more may be decided: there is room for a frame and what it releases, and the lease is
    /// held.
    fn has_capacity(&self) -> bool {
        !self.appender.is_full() && self.outbox.has_room() && self.lease.is_held()
    }

    fn lease_changed(&self) {
        let is_held = self.lease.is_held();
        self.ready.send_replace(is_held);
        if is_held {
            tracing::info!("no other session router answered; serving again");
        } else {
            tracing::warn!(
                "NATS did not return our claims in time, so another session router may serve the \
                 workspace; not serving until they return"
            );
        }
    }

    /// Reads the clock. If it jumped, the schedules move along before anything is decided at the new
    /// time.
    fn now(&mut self) -> Timestamp {
        let reading = self.clock.read();
        if let Some(by_ms) = reading.jumped_ms {
            tracing::warn!(by_ms, now = %reading.now, "clock jumped");
            metrics::counter!("switchboard_router_clock_jumps_total").increment(1);
            self.router.clock_jumped(by_ms, reading.now);
        }
        reading.now
    }

    /// Serves up to [`BATCH_MAX`] requests including the first, until a frame is full.
    fn take_roles(&mut self, first: bus::Message, more: &mut Subscription) {
        let now = self.now();
        let mut next = Some(first);
        for _ in 0..BATCH_MAX {
            let Some(message) = next.take() else { break };
            let load = self.router.serve_role(message, now);
            self.start_slow(load.map(Slow::Load));
            if !self.is_loading && !self.router.has_full_frame() {
                next = more.try_next();
            }
        }
    }

    /// Starts what a request waits for.
    fn start_slow(&mut self, slow: Option<Slow>) {
        match slow {
            None => {}
            Some(Slow::Work(request)) => {
                if let Some((message, rejection)) = self.side_jobs.try_start(request) {
                    self.outbox.reply(message, Answer::User(Err(rejection)));
                }
            }
            Some(Slow::Load(load)) => {
                self.is_loading |= matches!(load.waiting, Waiting::Inbound(_));
                self.commands_loading += usize::from(load.waiting.is_command());
                self.side_jobs.load(load);
            }
        }
    }

    fn take_users(&mut self, mut first: Option<bus::Message>, more: &mut Subscription) {
        let now = self.now();
        for _ in 0..BATCH_MAX {
            // The first request has been taken already, so it is served even if a frame is full.
            let next = match first.take() {
                None if self.router.has_full_frame() || self.commands_loading > 0 => None,
                None => more.try_next(),
                first => first,
            };
            let Some(message) = next else { break };
            let slow = self.router.serve_user(message, now);
            self.start_slow(slow);
        }
    }

    fn take_results(&mut self, first: JobResult, more: &mut mpsc::Receiver<JobResult>) {
        let now = self.now();
        self.take_result(first, now);
        for _ in 1..BATCH_MAX {
            if self.router.has_full_frame() {
                break;
            }
            let Ok(result) = more.try_recv() else { break };
            self.take_result(result, now);
        }
    }

    fn take_result(&mut self, result: JobResult, now: Timestamp) {
        self.side_jobs.finished(&result);
        if let JobResult::Loaded(waiting, _) = &result {
            self.is_loading &= !matches!(waiting, Waiting::Inbound(_));
            self.commands_loading -= usize::from(waiting.is_command());
        }
        let slow = self.router.handle_result(result, now);
        self.start_slow(slow);
    }

    /// Starts attempts and notices that are due, and expires messages.
    fn start_due(&mut self, now: Timestamp) {
        if !self.has_capacity() {
            return;
        }
        let workspace = self.router.state().workspace();
        for message in self.side_jobs.attempts().expired(workspace, now) {
            self.router.expire(message, now);
        }
        let workspace = self.router.state().workspace();
        for (channel, message) in self.side_jobs.attempts_mut().due(workspace, now) {
            if self.router.start_attempt(message, now) {
                self.side_jobs.attempts_mut().claim(channel, message, now);
            }
        }
        let load = self.router.start_notices(now);
        self.start_slow(load.map(Slow::Load));
    }

    /// The time until something is due, at most [`TICK`].
    fn idle_time(&self, now: Timestamp) -> Duration {
        // Nothing is started until a frame is durable or the lease is held, which wakes the loop.
        if !self.has_capacity() {
            return TICK;
        }
        let workspace = self.router.state().workspace();
        let due = [
            self.side_jobs.attempts().next_due(workspace),
            self.router.next_notice(now),
        ];
        let next = due.into_iter().flatten().min();
        next.map_or(TICK, |at| at.since(now)).min(TICK)
    }

    /// Submits the decided batches to the log.
    fn append(&mut self) -> Result<(), Error> {
        let released = self.appender.append(self.router.take_batches())?;
        self.release(released)
    }

    fn committed(&mut self, committed: Committed) -> Result<(), Error> {
        let released = self.appender.committed(committed)?;
        self.release(released)
    }

    /// Performs released outputs, unless another session router may serve the workspace by now.
    fn release(&mut self, releases: Vec<Release>) -> Result<(), Error> {
        self.withheld.extend(releases);
        if !self.lease.is_held() {
            return Ok(());
        }
        for release in std::mem::take(&mut self.withheld) {
            match release {
                Release::Reply(message, answer) => self.outbox.reply(message, answer),
                Release::Publish(subject, payload) => self.outbox.publish(subject, payload),
                Release::Feed(item) => self.outbox.feed(item),
                Release::Start(job) => self.side_jobs.start(job),
                Release::DestroyKeys(keys) => {
                    self.router.state().sealed_log().keyring.destroy(&keys)?;
                }
            }
        }
        Ok(())
    }

    /// Once a second: records counts, writes rows, makes keys, checks the disk.
    fn tick(&mut self) -> Result<(), Error> {
        let now = self.now();
        self.router.tick(now)?;
        self.side_jobs.attempts().slots().record("message");
        self.append()?;
        self.appender.offer_rows(self.router.state_mut());
        self.record_log_end();
        self.router.set_disk_full(self.appender.disk_full()?);
        Ok(())
    }

    /// Records the durable end of the log in the key files.
    fn record_log_end(&self) {
        let keyring = &self.router.state().sealed_log().keyring;
        keyring.record_log_end(self.appender.log_end());
    }

    /// Waits up to [`STOP_MAX`] for running attempts, records their results, and closes the log.
    async fn end(mut self, inputs: &mut Inputs, senders: TaskTracker) -> Result<(), Error> {
        let deadline = tokio::time::sleep(STOP_MAX);
        tokio::pin!(deadline);
        while self.side_jobs.attempts().slots().len() > 0 {
            tokio::select! { biased;
                Some(commit) = inputs.commits.recv() => self.committed(commit?)?,
                Some(result) = inputs.results.recv() => {
                    self.take_results(result, &mut inputs.results);
                }
                () = &mut deadline => break,
            }
            self.append()?;
        }
        self.tick()?;
        while !self.appender.is_idle() {
            let Some(commit) = inputs.commits.recv().await else {
                return Err(Error::Committer);
            };
            self.committed(commit?)?;
        }
        self.record_log_end();
        let Self {
            mut router,
            clock: _,
            appender,
            outbox,
            side_jobs,
            lease: _,
            ready: _,
            withheld: _,
            is_loading: _,
            commands_loading: _,
        } = self;
        let rows = changes(router.state_mut().workspace_mut());
        drop((outbox, router, side_jobs));
        senders.close();
        let sent = tokio::time::timeout(OUTBOX_STOP_MAX, senders.wait()).await;
        if sent.is_err() {
            tracing::warn!("replies dropped at shutdown: NATS did not accept them in time");
        }
        let closed = tokio::task::spawn_blocking(move || appender.close(rows));
        closed.await.map_err(|_| Error::Died("closing the log"))?
    }
}
