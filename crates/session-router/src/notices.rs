//! Notifications of messengers besides operators' messages: `userInfo`, `messageOutcome`,
//! `markAsRead`, `session`, `disconnect`.
//!
//! The pending notices are in the state. This is only their schedule: which are in flight, and when to
//! retry. A restart sends all pending notices again.

mod answered;
mod hold;
mod lane;
mod shift;
mod sweep;
mod targets;
#[cfg(test)]
mod tests;
mod window;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chat::chance::Chance;
use chat::content::Profile;
use chat::id::{ChannelId, ContactId};
use chat::messenger::lenient;
use chat::messenger::outbound::Addressee;
use chat::model::ChannelStatus;
use chat::reason::Reason;
use chat::rpc::{AttemptReply, AttemptRequest, Outcome};
use chat::rules::Rules;
use chat::state::{Channel, NoticeKind};
use chat::time::Timestamp;
use chat::verdict::{RequestKind, Verdict};
use chat::verification::is_same_account;
use chat::workspace::Workspace;

use crate::external::{self, ExternalMessageId};
use crate::sealed_log::SealedLog;
use crate::slots::Slots;
use hold::Holds;
use lane::Lane;
use sweep::Sweep;
use targets::Targets;

/// The most notices of a channel whose rows are loaded together.
const LOOK_AHEAD: usize = 64;
/// Counter: notices that were dropped because they name a person who was forgotten.
const ERASED: &str = "switchboard_router_notices_erased_total";

/// A notice of a channel, by its number.
pub(crate) type NoticeId = (ChannelId, u64);

/// The schedule of all notices.
pub(crate) struct Notices {
    slots: Slots<NoticeId>,
    lanes: BTreeMap<ChannelId, Lane>,
    retries: BTreeSet<(Timestamp, NoticeId)>,
    tries: BTreeMap<NoticeId, Tries>,
    swept: Sweep<NoticeId>,
    holds: Holds,
    /// Finished notices that are not recorded yet.
    settled: BTreeMap<ChannelId, Vec<u64>>,
    /// Notices that are sent although their channel is not active.
    forced: BTreeSet<NoticeId>,
}

/// The attempts at a notice that failed.
struct Tries {
    count: u32,
    first: Timestamp,
    /// When the next is due by the schedule.
    due: Timestamp,
    /// From when on it is made early when the messenger answers another notice.
    early_from: Timestamp,
    /// Whether one was made early.
    is_early: bool,
}

/// A notice on its way to the messenger.
pub(crate) struct Notification {
    pub(crate) id: NoticeId,
    pub(crate) kind: NoticeKind,
    /// The channel's generation, which the answer belongs to.
    pub(crate) generation: u32,
    /// The request to egress.
    pub(crate) request: AttemptRequest,
}

/// What an answer to a notice means.
#[derive(Debug, PartialEq)]
pub(crate) enum NoticeOutcome {
    /// It is finished.
    Settled,
    /// It is finished: the messenger rejected it, which an administrator should know of.
    Refused(Reason),
    /// It is retried.
    Retry,
}

impl Notices {
    pub(crate) fn new() -> Self {
        Self {
            slots: Slots::new(),
            lanes: BTreeMap::new(),
            retries: BTreeSet::new(),
            tries: BTreeMap::new(),
            swept: Sweep::default(),
            holds: Holds::default(),
            settled: BTreeMap::new(),
            forced: BTreeSet::new(),
        }
    }

    /// Starts the notices that are due. If this needs rows that are not in memory, the notices wait until
    /// they are.
    pub(crate) fn start(
        &mut self,
        workspace: &Workspace,
        sealed_log: &SealedLog,
        now: Timestamp,
    ) -> Vec<Notification> {
        while let Some((at, id)) = self.retries.first().copied().filter(|(at, _)| *at <= now) {
            self.retries.remove(&(at, id));
            self.lanes.entry(id.0).or_default().due.insert(id.1);
        }
        let released = self.holds.release_due(now);
        self.release(released);
        self.slots.age(now);
        let mut channels = Vec::new();
        for (id, channel) in workspace.channels.iter() {
            let lane = self.lanes.entry(*id).or_default();
            if lane.is_ready(channel, now) {
                channels.push((*id, self.slots.share_of(channel, lane.share())));
            }
        }
        let mut targets = Targets::new(sealed_log, now);
        let (mut turns, mut started) = (self.slots.turns(channels), Vec::new());
        while let Some(turn) = turns.next() {
            if let Some(next) = self.next(workspace, &mut targets, turn.channel) {
                self.slots.claim(turn.channel, next.id, now);
                started.push(next);
                turns.started(turn);
            }
        }
        started
    }

    /// Looks up what the next notices of a channel need, too, so that it is loaded together with what
    /// this one needs. All of them are tried again then.
    fn look_ahead(
        &mut self,
        workspace: &Workspace,
        targets: &mut Targets<'_>,
        (of, channel): (ChannelId, &Channel),
        number: u64,
    ) {
        let lane = self.lanes.entry(of).or_default();
        let mut tried = vec![number];
        while tried.len() < LOOK_AHEAD
            && let Some(number) = lane.take(workspace, of, channel)
        {
            drop(request(workspace, targets, (of, number), channel));
            tried.push(number);
        }
        lane.due.extend(tried);
    }

    /// Takes the next notice of a channel that can be sent now.
    fn next(
        &mut self,
        workspace: &Workspace,
        targets: &mut Targets<'_>,
        of: ChannelId,
    ) -> Option<Notification> {
        let channel = workspace.channels.get(&of)?;
        loop {
            let number = self.lanes.get_mut(&of)?.take(workspace, of, channel)?;
            let id = (of, number);
            let Some(notice) = workspace.notices.get(&id) else {
                continue;
            };
            // Connected again before the messenger was notified: the notice is obsolete.
            if notice.kind == NoticeKind::Disconnect && is_connected(workspace, channel) {
                self.settled.entry(of).or_default().push(number);
                continue;
            }
            if self.holds.hold(workspace, id, &notice.kind, targets.now) {
                continue;
            }
            let Some(request) = request(workspace, targets, id, channel) else {
                if workspace.has_needs() {
                    self.look_ahead(workspace, targets, (of, channel), number);
                    return None;
                }
                metrics::counter!(ERASED).increment(1);
                self.settled.entry(of).or_default().push(number);
                continue;
            };
            if let NoticeKind::Session(chat, ..) = &notice.kind {
                self.holds.session_in_flight((of, *chat), id);
            }
            return Some(Notification {
                id,
                kind: notice.kind.clone(),
                generation: channel.generation,
                request,
            });
        }
    }

    /// Judges an answer. Returns the profile in it if it ends a request for one, and the outcome of the
    /// notice.
    pub(crate) fn finish(
        &mut self,
        id: NoticeId,
        kind: &NoticeKind,
        reply: &AttemptReply,
        (rules, now, chance): (&Rules, Timestamp, &mut Chance),
    ) -> (Option<(ContactId, Option<Profile>)>, NoticeOutcome) {
        let outcome = match &reply.outcome {
            Outcome::Answered {
                status: status @ (401 | 410),
                ..
            } => NoticeOutcome::Refused(Reason::NoticeRefused {
                request: kind.request_type().to_owned(),
                status: *status,
            }),
            Outcome::Answered { status, .. } => match Verdict::of(RequestKind::Notice, *status) {
                Verdict::Retry => NoticeOutcome::Retry,
                Verdict::Accepted | Verdict::Final | Verdict::WrongCode | Verdict::Gone => {
                    NoticeOutcome::Settled
                }
            },
            Outcome::Failed(_) => NoticeOutcome::Retry,
        };
        let since = self.slots.free(id).unwrap_or(now);
        if let Some(lane) = self.lanes.get_mut(&id.0) {
            let took = Duration::from_millis(reply.ms.into());
            lane.ended(&outcome, took, (since, now));
        }
        if outcome != NoticeOutcome::Retry {
            self.settle(id, kind);
            self.answered(id.0, now);
            return (profile(kind, &reply.outcome), outcome);
        }
        if let NoticeKind::Profile(contact) = kind {
            let released = self.holds.profile_failed(*contact);
            self.release(released);
        }
        let (count, first) = self.failed(id, now);
        let next = rules.next_attempt(count, first, chance).max(now);
        if next.since(first) >= rules.time_to_live {
            self.settle(id, kind);
        } else {
            self.retry(id, next);
        }
        (None, outcome)
    }

    /// Drops notices that the state has dropped (the channel or person is gone, or too many were
    /// queued after them), and releases what waited for them. Of long lists it looks at the next part.
    pub(crate) fn drop_stale(&mut self, workspace: &Workspace) {
        let waits = |id: &NoticeId| workspace.notices.get(id).is_some();
        for id in self.swept.step(&self.tries, waits) {
            self.tries.remove(&id);
        }
        self.forced.retain(waits);
        let released = self.holds.drop_stale(workspace);
        self.release(released);
    }

    fn release(&mut self, notices: Vec<NoticeId>) {
        for (channel, number) in notices {
            self.lanes.entry(channel).or_default().due.insert(number);
        }
    }

    /// Sends a notice although its channel is not active. Idempotent.
    pub(crate) fn force(&mut self, id: NoticeId) {
        if self.forced.insert(id) {
            self.lanes.entry(id.0).or_default().due.insert(id.1);
        }
    }

    /// Takes the finished notices, in parts of at most `max` that are recorded together.
    pub(crate) fn take_settled(&mut self, max: usize) -> Vec<(ChannelId, Vec<u64>)> {
        let mut taken = Vec::new();
        for (id, numbers) in std::mem::take(&mut self.settled) {
            taken.extend(numbers.chunks(max).map(|part| (id, part.to_vec())));
        }
        taken
    }

    /// When the next retry is due, a notice no longer waits for another one, a lane's pause ends, or a slot
    /// becomes free for a notice that waits for one.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let retry = self.retries.first().map(|(at, _)| *at);
        let aging = self.slots.next_aging().filter(|_| self.slots.is_full());
        let paused = self.lanes.values().filter_map(|lane| lane.resumes_at(now));
        let held = self.holds.next_due();
        let due = retry.into_iter().chain(aging).chain(held);
        due.chain(paused).min()
    }

    /// Whether a channel's messenger has answered none of several notices for a minute.
    pub(crate) fn is_away(&self, channel: ChannelId, now: Timestamp) -> bool {
        self.lanes
            .get(&channel)
            .is_some_and(|lane| lane.is_away(now))
    }

    /// Records how many notices are in flight.
    pub(crate) fn record(&self) {
        self.slots.record("notice");
    }

    fn settle(&mut self, id: NoticeId, kind: &NoticeKind) {
        let released = self.holds.settled(id.0, kind);
        self.release(released);
        self.end_tries(id);
        self.settled.entry(id.0).or_default().push(id.1);
    }
}

/// Whether the account of a channel is connected, by this channel or a later one.
fn is_connected(workspace: &Workspace, channel: &Channel) -> bool {
    let mut all = workspace.channels.iter();
    all.any(|(_, c)| {
        c.status == ChannelStatus::Active && is_same_account(&c.webhook, &channel.webhook)
    })
}

/// The person whose profile was requested, and the profile if the messenger answered with one.
fn profile(kind: &NoticeKind, outcome: &Outcome) -> Option<(ContactId, Option<Profile>)> {
    let NoticeKind::Profile(contact) = kind else {
        return None;
    };
    let profile = match outcome {
        Outcome::Answered {
            status: 200..=299,
            answer,
            ..
        } => lenient::profile(answer),
        Outcome::Answered { .. } | Outcome::Failed(_) => None,
    };
    Some((*contact, profile))
}

/// The request of a notice. `None` if the person whom it names was forgotten.
fn request(
    workspace: &Workspace,
    targets: &mut Targets<'_>,
    (id, number): NoticeId,
    channel: &Channel,
) -> Option<AttemptRequest> {
    let notice = workspace.notices.get(&(id, number))?;
    let sealed_log = targets.sealed_log;
    let target = targets.of(id, channel);
    let open = |text, of| external::open(workspace, sealed_log, (text, of));
    // The messenger's id in the notice.
    let external = match &notice.kind {
        NoticeKind::Profile(contact) => {
            let row = workspace.contacts.get(contact)?;
            open(&row.external_user_id, *contact)?
        }
        NoticeKind::Outcome(message, contact) => open(message, *contact)?,
        NoticeKind::Read(message) => {
            ExternalMessageId::of(workspace, *message)?.read(sealed_log)?
        }
        NoticeKind::Session(_, session, _) => {
            let row = workspace.sessions.get(session)?;
            open(&row.external_chat_id, row.contact)?
        }
        NoticeKind::Disconnect => String::new(),
    };
    let body = |to: &Addressee<'_>| match &notice.kind {
        NoticeKind::Profile(_) => to.user_info(&external),
        NoticeKind::Outcome(..) => to.message_outcome(&external),
        NoticeKind::Read(_) => to.mark_as_read(&external),
        NoticeKind::Session(_, session, state) => to.session(&external, *session, state),
        NoticeKind::Disconnect => to.disconnect(),
    };
    let mut request = target.request(format!("notice-{id}-{number}"), body);
    request.is_profile = matches!(notice.kind, NoticeKind::Profile(_));
    Some(request)
}
