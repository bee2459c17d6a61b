//! Turns requests, results of side jobs and the passage of time into changes of the state, and queues
//! what goes out once these are durable. Nothing here waits.

mod edits;
mod inbound;
mod loads;
mod results;
mod roles;
#[cfg(test)]
mod tests;
mod typing;
mod users;

use std::collections::BTreeMap;

use bus::Message;
use chat::codec;
use chat::command::{Decision, Effect, NewUser, Reply, Request, SystemCommand};
use chat::id::{ChannelId, MessageId};
use chat::model::ChannelStatus;
use chat::record::Actor;
use chat::rejection::Rejection;
use chat::state::NoticeKind;
use chat::subject::Subjects;
use chat::time::Timestamp;
use chat::verification::Purpose;
use chat::workspace::Workspace;
use serde_json::Value;

use crate::audience::Audience;
use crate::batch::{Batch, Batches, Release};
use crate::clock::is_jump;
use crate::config::{QUERIES_MAX, QUERIES_PER_USER_MAX};
use crate::error::Error;
use crate::known_codes::KnownCodes;
use crate::loader::{Load, Waiting};
use crate::notices::Notices;
use crate::outbox::Answer;
use crate::presence::Presence;
use crate::quota::Places;
use crate::side_jobs::SideJob;
use crate::state::{At, State};
use crate::verify::{Step, Verifications, Verify};

pub(crate) use loads::Slow;

/// The most settled notices of a channel that one event records.
const SETTLED_MAX: usize = 1_000;

/// Counter: notices that were dropped because too many of their channel waited.
const DROPPED: &str = "switchboard_router_notices_dropped_total";
/// Counter: edits that were dropped because their message did not come.
const EDITS_DROPPED: &str = "switchboard_router_edits_dropped_total";

/// The state, and what is decided and not yet handed to the log.
pub(crate) struct Router {
    state: State,
    batches: Batches,
    notices: Notices,
    /// Whether notices wait for rows.
    notices_wait: bool,
    verifications: Verifications,
    queries: Places,
    loads: Places,
    presence: Presence,
    audience: Audience,
    subjects: Subjects,
    /// Messages rejected since the last tick because their channel was not active.
    rejected: BTreeMap<ChannelId, u64>,
    /// Whether the disk is nearly full: new messages are rejected.
    disk_full: bool,
}

impl Router {
    pub(crate) fn new(state: State, subjects: Subjects, now: Timestamp) -> Self {
        Self {
            state,
            batches: Batches::default(),
            notices: Notices::new(),
            notices_wait: false,
            verifications: Verifications::new(),
            queries: Places::new("query", QUERIES_MAX, QUERIES_PER_USER_MAX),
            loads: Places::new("load", QUERIES_MAX, QUERIES_PER_USER_MAX),
            presence: Presence::default(),
            audience: Audience::new(now),
            subjects,
            rejected: BTreeMap::new(),
            disk_full: false,
        }
    }

    /// The state.
    pub(crate) const fn state(&self) -> &State {
        &self.state
    }

    /// The state, for maintenance that is not an event: keys and rows.
    pub(crate) const fn state_mut(&mut self) -> &mut State {
        &mut self.state
    }

    /// Whether a frame is full: it goes to the log before more requests are taken.
    pub(crate) const fn has_full_frame(&self) -> bool {
        self.batches.has_full_frame()
    }

    /// Takes the batches decided since the last call.
    pub(crate) fn take_batches(&mut self) -> Vec<Batch> {
        self.batches.take()
    }

    /// Moves what is scheduled when the clock jumped.
    pub(crate) fn clock_jumped(&mut self, by_ms: i64, now: Timestamp) {
        self.shift_schedules(by_ms, now);
        self.notices.shift(by_ms);
        self.presence.shift(by_ms);
        self.audience = Audience::new(now);
    }

    fn shift_schedules(&mut self, by_ms: i64, now: Timestamp) {
        let channels = self.state.workspace().channels.iter();
        for channel in channels.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.apply_system(SystemCommand::ShiftSchedule(channel, by_ms), now);
        }
    }

    /// Stops the schedules for the time since the last event: the role was down, or the clock was set
    /// meanwhile, which cannot be told apart unless it was set back.
    fn resume_schedules(&mut self, now: Timestamp) {
        let Some(by_ms) = self
            .state
            .ms_since_last_event(now)
            .filter(|by| is_jump(*by))
        else {
            return;
        };
        if by_ms < 0 {
            tracing::warn!(by_ms, %now, "the clock is behind the last event of the log");
        }
        self.shift_schedules(by_ms, now);
    }

    /// Completes a start: creates the first administrator, repeats verifications that a restart
    /// interrupted, forgets the contacts of lost keys, retries deliveries, returns sessions whose operator
    /// may no longer work on them, and sends `disconnect` notices of channels that are no longer active.
    pub(crate) fn begin(&mut self, first: Option<NewUser>, now: Timestamp) -> Result<(), Error> {
        self.resume_schedules(now);
        if let Some(first) = first {
            self.apply_system(SystemCommand::FirstAdministrator(first), now);
        }
        for contact in self.state.take_lost() {
            // Without another of its keys, only an edit is lost.
            let is_lost = self.state.look(|workspace, sealed_log| {
                let first = workspace.contacts.get(&contact)?.keys.first().copied();
                first.filter(|key| sealed_log.keyring.is_lost(*key))
            });
            if !matches!(is_lost, Ok(Some(_))) {
                continue;
            }
            tracing::warn!(%contact, "forgetting a contact whose keys are lost");
            self.apply_system(SystemCommand::KeysLost(contact), now);
        }
        let channels = self.state.workspace().channels.iter();
        let pending = channels.filter(|(_, c)| c.status == ChannelStatus::Pending);
        let pending: Vec<ChannelId> = pending.map(|(id, _)| *id).collect();
        for channel in pending {
            self.verify(channel, Purpose::Connect, now);
        }
        let channels = self.state.workspace().channels.iter();
        let waiting = channels.filter(|(_, c)| c.pending > 0).map(|(id, _)| *id);
        for channel in waiting.collect::<Vec<_>>() {
            self.apply_system(SystemCommand::Resume(channel), now);
        }
        let users = self.state.workspace().assigned_users().cloned();
        for user in users.collect::<Vec<_>>() {
            self.apply_system(SystemCommand::ReturnSessions(user), now);
        }
        self.force_disconnect_notices();
        Ok(self.state.provide_keys()?)
    }

    /// Records the rejections counted and the notices settled since the last tick.
    pub(crate) fn tick(&mut self, now: Timestamp) -> Result<(), Error> {
        for (channel, count) in std::mem::take(&mut self.rejected) {
            self.apply_system(SystemCommand::MessagesRefused(channel, count), now);
        }
        self.notices.drop_stale(self.state.workspace());
        self.notices.record();
        let channels = self.state.workspace().channels.iter();
        let dropped = channels.map(|(_, channel)| channel.dropped_notices).sum();
        metrics::counter!(DROPPED).absolute(dropped);
        for (channel, notices) in self.notices.take_settled(SETTLED_MAX) {
            self.apply_system(SystemCommand::NoticesSettled(channel, notices), now);
        }
        Ok(self.state.provide_keys()?)
    }

    /// Sets whether new messages are rejected because the disk is nearly full.
    pub(crate) const fn set_disk_full(&mut self, is_full: bool) {
        self.disk_full = is_full;
    }

    /// Expires a message.
    pub(crate) fn expire(&mut self, message: MessageId, now: Timestamp) {
        self.apply_system(SystemCommand::Expire(message), now);
    }

    /// Queues an attempt at a message. Returns false if the message is no longer due.
    pub(crate) fn start_attempt(&mut self, message: MessageId, now: Timestamp) -> bool {
        let request = Request::system(SystemCommand::Attempting(message));
        if self.apply(&request, now).is_err() {
            return false;
        }
        let attempt = self.state.attempt(message, now).map(Box::new);
        let job = SideJob::Attempt(message, attempt);
        self.batches.release(Release::Start(job));
        true
    }

    /// Queues the notices that are due. Those whose rows are not in memory start once these are loaded.
    pub(crate) fn start_notices(&mut self, now: Timestamp) -> Option<Load> {
        if self.notices_wait {
            return None;
        }
        let (workspace, sealed_log) = (self.state.workspace(), self.state.sealed_log());
        let due = self.notices.start(workspace, sealed_log, now);
        if !due.is_empty() {
            self.batches.release(Release::Start(SideJob::Notify(due)));
        }
        let needs = self.state.take_needs()?;
        self.notices_wait = true;
        let waiting = Waiting::Notices;
        Some(Load { waiting, needs })
    }

    /// Returns when notices are due that wait for a time.
    pub(crate) fn next_notice(&self, now: Timestamp) -> Option<Timestamp> {
        self.notices.next_due(now)
    }

    /// Decides a request and adds its events to the batch. The answer that the caller queues is sent
    /// once they are durable.
    fn apply(
        &mut self,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Reply, Vec<Effect>), Rejection> {
        self.apply_by(request, &request.by(), now)
    }

    /// Decides a system request whose events name `by` as their author.
    fn apply_by(
        &mut self,
        request: &Request,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(Reply, Vec<Effect>), Rejection> {
        let at = self.at(now);
        let decision = self.state.decide(request, at)?;
        self.record(decision, request, by, at)
    }

    fn at(&self, now: Timestamp) -> At {
        At {
            now,
            may_listen: self.audience.may_listen(now),
        }
    }

    /// Applies a decision and adds its events to the batch.
    fn record(
        &mut self,
        decision: Decision,
        request: &Request,
        by: &Actor,
        at: At,
    ) -> Result<(Reply, Vec<Effect>), Rejection> {
        let applied = self.state.apply(decision, request, by, at)?;
        if applied.ended_channel {
            self.force_disconnect_notices();
        }
        self.batches.append(applied.events);
        self.batches.release_all(applied.feed);
        Ok((applied.reply, applied.effects))
    }

    /// Decides a system command. No caller waits for the result.
    fn apply_system(&mut self, command: SystemCommand, now: Timestamp) {
        match self.apply(&Request::system(command), now) {
            Ok((_, effects)) => self.queue_effects(effects, now),
            Err(rejection) => tracing::debug!(%rejection, "system command rejected"),
        }
    }

    fn queue_effects(&mut self, effects: Vec<Effect>, now: Timestamp) {
        for effect in effects {
            match effect {
                Effect::Verify(channel, purpose) => self.verify(channel, purpose, now),
                Effect::DestroyKeys(keys) => self.batches.release(Release::DestroyKeys(keys)),
                Effect::DropEdit(key) => {
                    metrics::counter!(EDITS_DROPPED).increment(1);
                    self.batches.release(Release::DestroyKeys(vec![key]));
                }
                Effect::RightsChanged(user) => {
                    let position = self.state.workspace().position;
                    let subject = self.subjects.rights(&user);
                    self.publish((subject, codec::encode(&position)));
                }
                Effect::ReturnSessions(user) => {
                    self.apply_system(SystemCommand::ReturnSessions(user), now);
                }
                Effect::Typing(session, contact) => {
                    let signal = self.contact_typing(session, contact, now);
                    self.batches.release_all(signal);
                }
            }
        }
    }

    fn reply(&mut self, message: Message, answer: Answer) {
        self.batches.release(Release::Reply(message, answer));
    }

    fn reject(&mut self, message: Message, rejection: Rejection) {
        self.reply(message, Answer::User(Err(rejection)));
    }

    fn publish(&mut self, (subject, payload): (String, Vec<u8>)) {
        self.batches.release(Release::Publish(subject, payload));
    }

    /// The codes of a channel.
    fn known_codes(&self, id: ChannelId) -> Option<KnownCodes> {
        let channel = self.state.workspace().channels.get(&id)?;
        Some(KnownCodes::of(self.state.sealed_log(), id, &channel.codes))
    }

    /// Queues a verification that no user requested.
    fn verify(&mut self, channel: ChannelId, purpose: Purpose, now: Timestamp) {
        if let Some(verify) = self.state.verify(channel, purpose, now) {
            self.start_verification(verify);
        }
    }

    fn start_verification(&mut self, verify: Verify) {
        self.publish(verify.step(Step::Sending, &self.subjects));
        self.verifications.sending(&verify);
        let job = SideJob::Verify(Box::new(verify));
        self.batches.release(Release::Start(job));
    }

    /// Sends the `disconnect` notices of ended channels, although these are not active.
    fn force_disconnect_notices(&mut self) {
        for id in disconnect_notices(self.state.workspace()) {
            self.notices.force(id);
        }
    }
}

/// An answer to a user that needs no rendering.
fn ok(value: Value) -> Answer {
    Answer::User(Ok(value))
}

/// The newest waiting `disconnect` notice of each channel that is not active.
fn disconnect_notices(workspace: &Workspace) -> Vec<(ChannelId, u64)> {
    let channels = workspace.channels.iter();
    let inactive = channels.filter(|(_, c)| c.status != ChannelStatus::Active);
    inactive
        .filter_map(|(id, _)| {
            // It is near the end: only notices of later reads and assignments follow it.
            let all = workspace.notices.range((*id, 0)..=(*id, u64::MAX));
            let mut newest = all.rev().map(|(id, notice)| (*id, &notice.kind));
            let (id, _) = newest.find(|(_, kind)| **kind == NoticeKind::Disconnect)?;
            Some(id)
        })
        .collect()
}
