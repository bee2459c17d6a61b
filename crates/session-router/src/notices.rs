//! Telling messengers what happens besides operators' messages: `userInfo`, `messageOutcome`,
//! `markAsRead`, `session`, `disconnect`.
//!
//! Which notices wait is state, folded from the log. Here is only who is being told right now and
//! when to try again; a restart begins anew with what still waits.

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
use crate::library::Library;

/// A profile is asked for with this much patience, in milliseconds: outcomes wait for it.
const PROFILE_TIMEOUT_MS: u32 = 5_000;

/// How long a channel's notices rest after one was not taken; twice as long after each further one.
const REST_MIN: Duration = Duration::from_millis(500);
/// The longest rest.
const REST_MAX: Duration = Duration::from_secs(10);

/// A notice of a channel, by its number.
pub(crate) type NoticeId = (ChannelId, u64);

/// Who is being told what.
#[derive(Default)]
pub(crate) struct Notices {
    lanes: BTreeMap<ChannelId, Lane>,
    retries: BTreeSet<(Timestamp, NoticeId)>,
    tries: BTreeMap<NoticeId, (u32, Timestamp)>,
    /// Notices that wait for another one, in the order of their numbers.
    held: BTreeMap<Hold, BTreeSet<NoticeId>>,
    /// Chats that are being told of a session: the next such notice waits for this one.
    telling: BTreeMap<ChatKey, NoticeId>,
    settled: BTreeMap<ChannelId, Vec<u64>>,
    /// What is told although its channel is not active.
    insisted: BTreeSet<NoticeId>,
}

/// What a notice waits for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Hold {
    /// An outcome waits until its author's profile was asked for.
    Profile(ContactId),
    /// What becomes of a chat's sessions is told in order.
    Chat(ChatKey),
}

/// A notice that goes out.
pub(crate) struct Telling {
    pub(crate) id: NoticeId,
    pub(crate) kind: NoticeKind,
    /// The channel's, which the answer belongs to.
    pub(crate) generation: u32,
    /// What egress is asked.
    pub(crate) request: AttemptRequest,
}

/// How far one channel has got.
#[derive(Default)]
struct Lane {
    /// The first number that was not yet looked at.
    next: u64,
    /// Numbers to be told before that: retried, or no longer held.
    again: BTreeSet<u64>,
    in_flight: usize,
    /// Notices in a row that were not taken, and until when the rest waits for that.
    failures: u32,
    rest_until: Option<Timestamp>,
}

/// What an answer to a notice means.
#[derive(Debug, PartialEq)]
pub(crate) enum Told {
    /// It is at its end.
    Settled,
    /// The channel is at fault: 401 or 410.
    Channel(u16),
    /// It is tried again.
    Later,
}

impl Notices {
    /// The notices to be told now.
    pub(crate) fn start(
        &mut self,
        workspace: &Workspace,
        library: &Library,
        now: Timestamp,
    ) -> Vec<Telling> {
        while let Some((at, id)) = self.retries.first().copied().filter(|(at, _)| *at <= now) {
            self.retries.remove(&(at, id));
            self.lanes.entry(id.0).or_default().again.insert(id.1);
        }
        let mut started = Vec::new();
        for (id, channel) in workspace.channels.iter() {
            let lane = self.lanes.entry(*id).or_default();
            let has_none = lane.next >= channel.next_notice && lane.again.is_empty();
            if has_none || lane.rest_until.is_some_and(|until| until > now) {
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
                // Connected again before its messenger heard of the end: it must not hear of it now.
                if notice.kind == NoticeKind::Disconnect && is_connected(workspace, channel) {
                    self.settled.entry(id.0).or_default().push(number);
                    continue;
                }
                if let Some(hold) = hold(&self.telling, workspace, id, &notice.kind) {
                    self.held.entry(hold).or_default().insert(id);
                    continue;
                }
                if let Some(request) = request(workspace, library, id, channel, now) {
                    lane.in_flight += 1;
                    if let NoticeKind::Session(chat, ..) = &notice.kind {
                        self.telling.insert((id.0, chat.as_str().into()), id);
                    }
                    started.push(Telling {
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

    /// Takes an answer: the profile that it gives, and what it means for the notice.
    pub(crate) fn finish(
        &mut self,
        id: NoticeId,
        kind: &NoticeKind,
        reply: &AttemptReply,
        (rules, now, chance): (&Rules, Timestamp, &mut Chance),
    ) -> (Option<(ContactId, Option<Profile>)>, Told) {
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
        let told = match &reply.outcome {
            Outcome::Answered { status, .. } => match Verdict::of(RequestKind::Notice, *status) {
                Verdict::Accepted | Verdict::Final => Told::Settled,
                Verdict::WrongCode | Verdict::Gone => Told::Channel(*status),
                Verdict::Retry => Told::Later,
            },
            Outcome::Failed(_) => Told::Later,
        };
        if let Some(lane) = self.lanes.get_mut(&id.0) {
            lane.ended(&told, now);
        }
        if told == Told::Settled
            || *kind == NoticeKind::Disconnect && matches!(told, Told::Channel(_))
        {
            self.settle(id, kind);
            return (profile, Told::Settled);
        }
        let (tries, first) = self.tries.get(&id).copied().unwrap_or((0, now));
        self.tries.insert(id, (tries + 1, first));
        let next = rules.next_attempt(tries + 1, first, chance).max(now);
        if next.since(first) >= rules.time_to_live {
            self.settle(id, kind);
        } else {
            self.retries.insert((next, id));
        }
        (profile, told)
    }

    /// Lets the outcomes go that waited for a person's profile.
    pub(crate) fn profile_asked(&mut self, contact: ContactId) {
        self.let_go(&Hold::Profile(contact));
    }

    /// Lets go what waits for something that will not come any more: a notice may be dropped, by the
    /// end of its channel or of its person, or by too many after it.
    pub(crate) fn tidy(&mut self, workspace: &Workspace) {
        let waits = |id: &NoticeId| workspace.notices.get(id).is_some();
        self.tries.retain(|id, _| waits(id));
        self.telling.retain(|_, id| waits(id));
        self.insisted.retain(waits);
        let is_over = |hold: &&Hold| match hold {
            Hold::Profile(contact) => workspace.contacts.get(contact).is_none_or(|c| !c.asking),
            Hold::Chat(chat) => !self.telling.contains_key(chat),
        };
        let over: Vec<Hold> = self.held.keys().filter(is_over).cloned().collect();
        for hold in over {
            self.let_go(&hold);
        }
    }

    fn let_go(&mut self, hold: &Hold) {
        for (channel, number) in self.held.remove(hold).into_iter().flatten() {
            self.lanes.entry(channel).or_default().again.insert(number);
        }
    }

    /// Has a notice told although its channel is not active; saying so again changes nothing.
    pub(crate) fn insist(&mut self, id: NoticeId) {
        if self.insisted.insert(id) {
            self.lanes.entry(id.0).or_default().again.insert(id.1);
        }
    }

    /// Notices that reached their end, to be recorded together; at most `max` of a channel.
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
            self.telling.remove(&chat);
            self.let_go(&Hold::Chat(chat));
        }
        self.tries.remove(&id);
        self.settled.entry(id.0).or_default().push(id.1);
    }
}

impl Lane {
    /// A notice was told, or not: a messenger that takes none is left alone for a while, however
    /// many wait for it.
    fn ended(&mut self, told: &Told, now: Timestamp) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if *told == Told::Later {
            let rest = REST_MIN
                .saturating_mul(1 << self.failures.min(5))
                .min(REST_MAX);
            self.failures = self.failures.saturating_add(1);
            self.rest_until = Some(now.plus(rest));
        } else {
            self.failures = 0;
            self.rest_until = None;
        }
    }

    /// The next number to tell: what is told again first, then what is new. While the channel is not
    /// active only `disconnect` is told.
    fn take(&mut self, workspace: &Workspace, id: ChannelId, channel: &Channel) -> Option<u64> {
        if channel.status != ChannelStatus::Active {
            let is_disconnect = |number: &u64| {
                workspace
                    .notices
                    .get(&(id, *number))
                    .is_some_and(|n| n.kind == NoticeKind::Disconnect)
            };
            let number = self.again.iter().copied().find(is_disconnect)?;
            self.again.remove(&number);
            return Some(number);
        }
        // While messages probe the messenger. When none is left, nobody else would.
        if channel.breaker.open && channel.pending > 0 {
            return None;
        }
        while let Some(number) = self.again.pop_first() {
            // What was insisted on and not yet looked at comes below, once.
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

/// Whether the account of a channel is connected: by the channel itself, or by another one since.
fn is_connected(workspace: &Workspace, channel: &Channel) -> bool {
    let mut all = workspace.channels.iter();
    all.any(|(_, c)| c.status == ChannelStatus::Active && c.webhook == channel.webhook)
}

/// What a notice must wait for, if for anything.
fn hold(
    telling: &BTreeMap<ChatKey, NoticeId>,
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
            let another = telling.get(&chat).is_some_and(|told| *told != id);
            another.then_some(Hold::Chat(chat))
        }
        NoticeKind::Profile(_) | NoticeKind::Read(_) | NoticeKind::Disconnect => None,
    }
}

fn request(
    workspace: &Workspace,
    library: &Library,
    (id, number): NoticeId,
    channel: &Channel,
    now: Timestamp,
) -> Option<AttemptRequest> {
    let notice = workspace.notices.get(&(id, number))?;
    let target = Target::of(library, id, channel, now);
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
