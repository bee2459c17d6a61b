//! Notifications of messengers besides operators' messages: `userInfo`, `messageOutcome`,
//! `markAsRead`, `session`, `disconnect`.
//!
//! The pending notices are in the state. This is only their schedule: which are in flight, and when to
//! retry. A restart sends all pending notices again.

mod answered;
mod shift;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chat::chance::Chance;
use chat::content::Profile;
use chat::id::{ChannelId, ContactId};
use chat::messenger::lenient;
use chat::messenger::outbound::Addressee;
use chat::model::ChannelStatus;
use chat::rpc::{AttemptReply, AttemptRequest, Outcome};
use chat::rules::Rules;
use chat::state::{Channel, ChatKey, NoticeKind};
use chat::time::Timestamp;
use chat::verdict::{RequestKind, Verdict};
use chat::workspace::Workspace;

use crate::attempt::Target;
use crate::config::CHANNEL_NOTICES_MAX;
use crate::sealed_log::SealedLog;

/// The timeout of a profile request, in milliseconds. It is short, as outcomes wait for the profile.
const PROFILE_TIMEOUT_MS: u32 = 5_000;

/// How long a channel's notices pause after one failed. The pause doubles with each further failure.
const PAUSE_MIN: Duration = Duration::from_millis(500);
/// The longest pause.
const PAUSE_MAX: Duration = Duration::from_secs(10);

/// A notice of a channel, by its number.
pub(crate) type NoticeId = (ChannelId, u64);

/// The schedule of all notices.
#[derive(Default)]
pub(crate) struct Notices {
    lanes: BTreeMap<ChannelId, Lane>,
    retries: BTreeSet<(Timestamp, NoticeId)>,
    tries: BTreeMap<NoticeId, Tries>,
    /// Notices that wait for something, in the order of their numbers.
    held: BTreeMap<Hold, BTreeSet<NoticeId>>,
    /// The `session` notice in flight of each chat. The next one of the chat waits for it.
    sessions_in_flight: BTreeMap<ChatKey, NoticeId>,
    /// Finished notices that are not recorded yet.
    settled: BTreeMap<ChannelId, Vec<u64>>,
    /// Notices that are sent although their channel is not active.
    forced: BTreeSet<NoticeId>,
}

/// The attempts at a notice that failed.
struct Tries {
    count: u32,
    first: Timestamp,
    last: Timestamp,
    /// Whether one was made early.
    is_early: bool,
}

/// What a notice waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    /// An outcome waits until its author's profile was requested.
    Profile(ContactId),
    /// `session` notices of a chat are sent in order.
    Chat(ChatKey),
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

/// The progress of one channel.
#[derive(Default)]
struct Lane {
    /// The first number that was not started.
    next: u64,
    /// Earlier numbers that are due: retried, or no longer held.
    due: BTreeSet<u64>,
    in_flight: usize,
    /// Notices in a row that failed, and until when the lane pauses for that.
    failures: u32,
    paused_until: Option<Timestamp>,
    /// Whether a notice may wait in [`Notices::retries`] that an answer brings forward.
    has_retries: bool,
}

/// What an answer to a notice means.
#[derive(Debug, PartialEq)]
pub(crate) enum NoticeOutcome {
    /// It is finished.
    Settled,
    /// The channel is at fault: 401 or 410.
    ChannelFault(u16),
    /// It is retried.
    Retry,
}

impl Notices {
    /// Starts the notices that are due.
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
        let mut started = Vec::new();
        for (id, channel) in workspace.channels.iter() {
            let lane = self.lanes.entry(*id).or_default();
            let has_none = lane.next >= channel.next_notice && lane.due.is_empty();
            if has_none || lane.paused_until.is_some_and(|until| until > now) {
                continue;
            }
            while lane.in_flight < CHANNEL_NOTICES_MAX {
                let Some(number) = lane.take(workspace, *id, channel) else {
                    break;
                };
                let Some(notice) = workspace.notices.get(&(*id, number)) else {
                    continue;
                };
                let id = (*id, number);
                // Connected again before the messenger was notified: the notice is obsolete.
                if notice.kind == NoticeKind::Disconnect && is_connected(workspace, channel) {
                    self.settled.entry(id.0).or_default().push(number);
                    continue;
                }
                if let Some(hold) = hold(&self.sessions_in_flight, workspace, id, &notice.kind) {
                    self.held.entry(hold).or_default().insert(id);
                    continue;
                }
                if let Some(request) = request(workspace, sealed_log, id, channel, now) {
                    lane.in_flight += 1;
                    if let NoticeKind::Session(chat, ..) = &notice.kind {
                        self.sessions_in_flight
                            .insert((id.0, chat.as_str().into()), id);
                    }
                    started.push(Notification {
                        id,
                        kind: notice.kind.clone(),
                        generation: channel.generation,
                        request,
                    });
                } else {
                    self.settled.entry(id.0).or_default().push(number);
                }
            }
        }
        started
    }

    /// Judges an answer. Returns the profile in it, and the outcome of the notice.
    pub(crate) fn finish(
        &mut self,
        id: NoticeId,
        kind: &NoticeKind,
        reply: &AttemptReply,
        (rules, now, chance): (&Rules, Timestamp, &mut Chance),
    ) -> (Option<(ContactId, Option<Profile>)>, NoticeOutcome) {
        let profile = match (kind, &reply.outcome) {
            (
                NoticeKind::Profile(contact),
                Outcome::Answered {
                    status: 200..=299,
                    answer,
                    ..
                },
            ) => Some((*contact, Some(lenient::profile(answer)))),
            (NoticeKind::Profile(contact), _) => Some((*contact, None)),
            _ => None,
        };
        let outcome = match &reply.outcome {
            Outcome::Answered { status, .. } => match Verdict::of(RequestKind::Notice, *status) {
                Verdict::Accepted | Verdict::Final => NoticeOutcome::Settled,
                Verdict::WrongCode | Verdict::Gone => NoticeOutcome::ChannelFault(*status),
                Verdict::Retry => NoticeOutcome::Retry,
            },
            Outcome::Failed(_) => NoticeOutcome::Retry,
        };
        if let Some(lane) = self.lanes.get_mut(&id.0) {
            lane.ended(&outcome, now);
        }
        if outcome == NoticeOutcome::Settled
            || *kind == NoticeKind::Disconnect && matches!(outcome, NoticeOutcome::ChannelFault(_))
        {
            self.settle(id, kind);
            self.answered(id.0, now);
            return (profile, NoticeOutcome::Settled);
        }
        let (count, first) = self.failed(id, now);
        let next = rules.next_attempt(count, first, chance).max(now);
        if next.since(first) >= rules.time_to_live {
            self.settle(id, kind);
        } else {
            self.retries.insert((next, id));
        }
        (profile, outcome)
    }

    /// Releases the outcomes that waited for a person's profile.
    pub(crate) fn profile_requested(&mut self, contact: ContactId) {
        self.release(&Hold::Profile(contact));
    }

    /// Drops notices that the state has dropped (the channel or person is gone, or too many were
    /// queued after them), and releases what waited for them.
    pub(crate) fn drop_stale(&mut self, workspace: &Workspace) {
        let waits = |id: &NoticeId| workspace.notices.get(id).is_some();
        self.tries.retain(|id, _| waits(id));
        self.sessions_in_flight.retain(|_, id| waits(id));
        self.forced.retain(waits);
        let is_over = |hold: &&Hold| match hold {
            Hold::Profile(contact) => workspace.contacts.get(contact).is_none_or(|c| !c.asking),
            Hold::Chat(chat) => !self.sessions_in_flight.contains_key(chat),
        };
        let over: Vec<Hold> = self.held.keys().filter(is_over).cloned().collect();
        for hold in over {
            self.release(&hold);
        }
    }

    fn release(&mut self, hold: &Hold) {
        for (channel, number) in self.held.remove(hold).into_iter().flatten() {
            self.lanes.entry(channel).or_default().due.insert(number);
        }
    }

    /// Sends a notice although its channel is not active. Idempotent.
    pub(crate) fn force(&mut self, id: NoticeId) {
        if self.forced.insert(id) {
            self.lanes.entry(id.0).or_default().due.insert(id.1);
        }
    }

    /// Takes finished notices, to be recorded together: at most `max` of a channel.
    pub(crate) fn take_settled(&mut self, max: usize) -> Vec<(ChannelId, Vec<u64>)> {
        let mut taken = Vec::new();
        for (id, numbers) in &mut self.settled {
            let rest = numbers.split_off(numbers.len().min(max));
            taken.push((*id, std::mem::replace(numbers, rest)));
        }
        self.settled.retain(|_, numbers| !numbers.is_empty());
        taken
    }

    /// When the next retry is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.retries.first().map(|(at, _)| *at)
    }

    fn settle(&mut self, id: NoticeId, kind: &NoticeKind) {
        if let NoticeKind::Session(chat, ..) = kind {
            let chat = (id.0, chat.as_str().into());
            self.sessions_in_flight.remove(&chat);
            self.release(&Hold::Chat(chat));
        }
        self.tries.remove(&id);
        self.settled.entry(id.0).or_default().push(id.1);
    }
}

impl Lane {
    /// Counts an answer. After a failure the lane pauses, however many notices wait.
    fn ended(&mut self, outcome: &NoticeOutcome, now: Timestamp) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if *outcome == NoticeOutcome::Retry {
            let pause = PAUSE_MIN
                .saturating_mul(1 << self.failures.min(5))
                .min(PAUSE_MAX);
            self.failures = self.failures.saturating_add(1);
            self.paused_until = Some(now.plus(pause));
        } else {
            self.failures = 0;
            self.paused_until = None;
        }
    }

    /// Takes the next number: earlier ones first, then new ones. While the channel is not active, only
    /// `disconnect` is sent.
    fn take(&mut self, workspace: &Workspace, id: ChannelId, channel: &Channel) -> Option<u64> {
        if channel.status != ChannelStatus::Active {
            let is_disconnect = |number: &u64| {
                workspace
                    .notices
                    .get(&(id, *number))
                    .is_some_and(|n| n.kind == NoticeKind::Disconnect)
            };
            let number = self.due.iter().copied().find(is_disconnect)?;
            self.due.remove(&number);
            return Some(number);
        }
        // Messages probe the messenger; without any, notices do.
        if channel.breaker.open && channel.pending > 0 {
            return None;
        }
        while let Some(number) = self.due.pop_first() {
            // A forced notice from `next` on is found below, so that it is not returned twice.
            if number < self.next {
                return Some(number);
            }
        }
        let ((_, number), _) = workspace
            .notices
            .range((id, self.next)..=(id, u64::MAX))
            .next()?;
        self.next = number + 1;
        Some(*number)
    }
}

/// Whether the account of a channel is connected, by this channel or a later one.
fn is_connected(workspace: &Workspace, channel: &Channel) -> bool {
    let mut all = workspace.channels.iter();
    all.any(|(_, c)| c.status == ChannelStatus::Active && c.webhook == channel.webhook)
}

/// What a notice must wait for.
fn hold(
    sessions_in_flight: &BTreeMap<ChatKey, NoticeId>,
    workspace: &Workspace,
    id: NoticeId,
    kind: &NoticeKind,
) -> Option<Hold> {
    match kind {
        NoticeKind::Outcome(_, contact) => {
            let asking = workspace.contacts.get(contact).is_some_and(|c| c.asking);
            asking.then_some(Hold::Profile(*contact))
        }
        NoticeKind::Session(chat, ..) => {
            let chat = (id.0, chat.as_str().into());
            let another = sessions_in_flight
                .get(&chat)
                .is_some_and(|other| *other != id);
            another.then_some(Hold::Chat(chat))
        }
        NoticeKind::Profile(_) | NoticeKind::Read(_) | NoticeKind::Disconnect => None,
    }
}

fn request(
    workspace: &Workspace,
    sealed_log: &SealedLog,
    (id, number): NoticeId,
    channel: &Channel,
    now: Timestamp,
) -> Option<AttemptRequest> {
    let notice = workspace.notices.get(&(id, number))?;
    let target = Target::of(sealed_log, id, channel, now);
    let body = |to: &Addressee<'_>| match &notice.kind {
        NoticeKind::Profile(contact) => {
            let contact = workspace
                .contacts
                .get(contact)
                .filter(|c| c.forgotten.is_none());
            contact.map(|c| to.user_info(&c.external_user_id))
        }
        NoticeKind::Outcome(external, _) => Some(to.message_outcome(external)),
        NoticeKind::Read(external) => Some(to.mark_as_read(external)),
        NoticeKind::Session(chat, session, state) => Some(to.session(chat, *session, state)),
        NoticeKind::Disconnect => Some(to.disconnect()),
    };
    let mut known = false;
    let mut request = target.request(format!("notice-{id}-{number}"), |to| {
        let body = body(to);
        known = body.is_some();
        body.unwrap_or_default()
    });
    if matches!(notice.kind, NoticeKind::Profile(_)) {
        request.timeout_ms = PROFILE_TIMEOUT_MS;
    }
    known.then_some(request)
}
