//! `deliveries.list`: attempts at messengers, newest first.
//!
//! The attempts of a channel are a linked list in the log. It is walked first, off the loop; then the
//! loop adds the keys of the answers. The lists of several channels are merged. With one channel every
//! page costs the same; with all channels a page starts at the newest attempt and walks at most
//! [`STEPS_MAX`] attempts back.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use chat::event::{Attempt, DeliveryChanged, Event};
use chat::id::{ChannelId, ContactId, SessionId};
use chat::model::DeliveryState;
use chat::reason::Reason;
use chat::record::{Record, Stream};
use chat::rejection::Rejection;
use chat::rules::ANSWER_CHARS_MAX;
use chat::workspace::{Caller, Workspace};
use serde_json::Value;

use super::contact::ContactSnapshot;
use super::list::{List, related};
use super::message::MessageSnapshot;
use super::object::Object;
use super::{Plan, Scan};
use crate::api::Deliveries;
use crate::known_codes::KnownCodes;
use crate::sealed_log::SealedLog;

/// The most records that one page reads.
const STEPS_MAX: usize = 20_000;

/// With an outcome, a page looks at this many times as many attempts as it may show, up to
/// [`SIFTED_MAX`]: the outcome is known only on the loop.
const SIFTED_FACTOR: usize = 10;
const SIFTED_MAX: usize = 1_000;

/// The search.
#[derive(Debug)]
pub(crate) struct Walk {
    /// The last attempt of each channel.
    heads: BinaryHeap<(u64, ChannelId)>,
    query: Deliveries,
    /// Whether the caller sees every channel.
    sees_all: bool,
}

/// Attempts, newest first.
#[derive(Debug)]
pub(crate) struct Found {
    attempts: Vec<(ChannelId, Arc<Record>)>,
    /// The position of the last attempt, if there are more.
    next: Option<u64>,
    outcome: Option<DeliveryState>,
    limit: usize,
}

/// Prepares `deliveries.list`.
pub(super) fn scan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &Deliveries,
) -> Result<Scan, Rejection> {
    let sees_all = caller.require_administrator().is_ok();
    let channels: BTreeSet<ChannelId> = match (query.channel, query.message) {
        (Some(id), _) => {
            let channel = workspace.channel(id)?;
            workspace.visible_live_chat(caller, channel.live_chat)?;
            std::iter::once(id).collect()
        }
        (None, Some(message)) => {
            let (_, session, _) = workspace.visible_message(caller, message)?;
            std::iter::once(session.channel).collect()
        }
        (None, None) => workspace
            .channels
            .iter()
            .filter(|(_, c)| sees_all || workspace.visible_live_chat(caller, c.live_chat).is_ok())
            .map(|(id, _)| *id)
            .collect(),
    };
    let head = |id: ChannelId| Some((workspace.channels.get(&id)?.last_attempt, id));
    Ok(Scan::Attempts(Walk {
        heads: channels.into_iter().filter_map(head).collect(),
        query: query.clone(),
        sees_all,
    }))
}

impl Walk {
    pub(super) fn run(mut self, sealed_log: &SealedLog) -> Found {
        let before = self.query.before.unwrap_or(u64::MAX);
        self.skip(before, sealed_log);
        let (mut attempts, mut next) = (Vec::new(), None);
        let most = match self.query.outcome {
            Some(_) => (self.query.limit * SIFTED_FACTOR).min(SIFTED_MAX),
            None => self.query.limit,
        };
        for _ in 0..STEPS_MAX {
            let Some((position, channel)) = self.heads.pop().filter(|(at, _)| *at > 0) else {
                break;
            };
            let Some(record) = sealed_log.record(position) else {
                continue;
            };
            let Some((change, attempt)) = attempt(&record) else {
                continue;
            };
            let wanted = position < before && self.wants(change);
            if wanted && attempts.len() == most {
                next = attempts.last().map(|(_, r): &(_, Arc<Record>)| r.position);
                break;
            }
            self.heads.push((attempt.previous, channel));
            if wanted {
                attempts.push((channel, record));
            }
        }
        Found {
            attempts,
            next,
            outcome: self.query.outcome,
            limit: self.query.limit,
        }
    }

    /// Starts at the end of the previous page of one channel, instead of walking there.
    fn skip(&mut self, before: u64, sealed_log: &SealedLog) {
        let only = (self.sees_all && self.heads.len() == 1).then(|| self.heads.peek().copied());
        let Some(Some((head, channel))) = only else {
            return;
        };
        // A forged position may lead to another channel, so this is for callers who see all of them.
        let record = (before <= head)
            .then(|| sealed_log.record(before))
            .flatten();
        if let Some((_, attempt)) = record.as_deref().and_then(attempt) {
            self.heads = BinaryHeap::from([(attempt.previous, channel)]);
        }
    }

    fn wants(&self, change: &DeliveryChanged) -> bool {
        self.query.state.is_none_or(|state| change.state == state)
            && self.query.message.is_none_or(|id| change.message == id)
    }
}

fn attempt(record: &Record) -> Option<(&DeliveryChanged, &Attempt)> {
    let Event::DeliveryChanged(e) = &record.event else {
        return None;
    };
    Some((e, e.attempt.as_ref()?))
}

/// An attempt with its channel and its message, if that is still known.
type Selected = (ChannelId, Option<MessageSnapshot>, Arc<Record>);

impl Found {
    /// The attempts of the page, and where the next page starts.
    fn select(
        &self,
        workspace: &Workspace,
        sees: impl Fn(&ChannelId) -> bool,
    ) -> (Vec<Selected>, Option<u64>) {
        let message = |record: &Record| {
            let (change, _) = attempt(record)?;
            MessageSnapshot::of(workspace, change.message)
        };
        let mut attempts: Vec<_> = self
            .attempts
            .iter()
            .filter(|(channel, _)| sees(channel))
            .map(|(channel, record)| (*channel, message(record), Arc::clone(record)))
            .filter(|(_, message, _)| {
                let state = || message.as_ref().and_then(MessageSnapshot::state);
                self.outcome.is_none() || state() == self.outcome
            })
            .collect();
        if attempts.len() <= self.limit {
            return (attempts, self.next);
        }
        attempts.truncate(self.limit);
        let next = attempts.last().map(|(.., record)| record.position);
        (attempts, next)
    }
}

/// Plans the answer of `deliveries.list`.
pub(crate) fn plan_attempts(workspace: &Workspace, caller: &Caller<'_>, found: &Found) -> Plan {
    // Membership may have changed while the log was read.
    let sees_all = caller.require_administrator().is_ok();
    let sees = |id: &ChannelId| {
        let channel = workspace.channels.get(id);
        channel.is_some_and(|c| workspace.visible_live_chat(caller, c.live_chat).is_ok())
    };
    // An answer is text of another system, for those who look for the cause of a failure.
    let sees_answers = caller.require_supervisor().is_ok();
    let key = |record: &Record| workspace.key_of(&record.stream, &record.event);
    let (attempts, next) = found.select(workspace, |channel| sees_all || sees(channel));
    let contact =
        |m: &MessageSnapshot| Some((m.person(), ContactSnapshot::of(workspace, m.person())?));
    let messages = attempts.iter().filter_map(|(_, m, _)| m.as_ref());
    let contacts: BTreeMap<_, _> = messages.filter_map(contact).collect();
    let attempts: Vec<_> = attempts
        .into_iter()
        .map(|(channel, message, record)| (channel, key(&record), message, record))
        .collect();
    // Answers that were stored by earlier versions have the codes in them.
    let codes = |id: &ChannelId| Some((*id, workspace.channels.get(id)?.codes.clone()));
    let channels = attempts.iter().filter(|_| sees_answers);
    let channels: BTreeSet<_> = channels.map(|(channel, ..)| *channel).collect();
    let codes: BTreeMap<_, _> = channels.iter().filter_map(codes).collect();
    Plan::new(move |sealed_log| {
        let (mut list, mut next) = (List::default(), next);
        let mut last = None;
        let known_codes = codes.iter();
        let known_codes: BTreeMap<_, _> = known_codes
            .map(|(id, codes)| (*id, KnownCodes::of(sealed_log, *id, codes)))
            .collect();
        for (channel, key, message, record) in attempts {
            let about = About::read(message.as_ref(), sealed_log);
            let answer = known_codes
                .get(&channel)
                .and_then(|codes| answer(key, codes, &record, sealed_log));
            if !list.push(object(channel, about, answer, &record)) {
                next = last;
                break;
            }
            last = Some(record.position);
        }
        let person = |c: &ContactSnapshot| c.with(c.read(sealed_log).without_picture());
        Object::new()
            .with("attempts", list.values())
            .with("contacts", related(contacts.values().map(person)))
            .with("next", next)
    })
}

/// The start of the messenger's answer, without the codes.
fn answer(
    key: Option<u32>,
    known_codes: &KnownCodes,
    record: &Record,
    sealed_log: &SealedLog,
) -> Option<String> {
    let (_, attempt) = attempt(record)?;
    let answer = sealed_log.open(attempt.answer.as_ref()?, key?, &record.stream)?;
    Some(known_codes.redact(&answer, ANSWER_CHARS_MAX))
}

/// What an attempt shows of its message.
#[derive(Debug, Default)]
struct About {
    /// The start of the text.
    text: Option<String>,
    contact: Option<ContactId>,
    /// The object `delivery` in its present state.
    delivery: Option<Value>,
}

impl About {
    fn read(message: Option<&MessageSnapshot>, sealed_log: &SealedLog) -> Self {
        let Some(message) = message else {
            return Self::default();
        };
        Self {
            text: message.start(sealed_log),
            contact: Some(message.person()),
            delivery: message.delivery().map(|d| d.object(sealed_log)),
        }
    }
}

/// The object `attempt`.
fn object(channel: ChannelId, about: About, answer: Option<String>, record: &Record) -> Value {
    let Some((change, attempt)) = attempt(record) else {
        return Value::Null;
    };
    let session: Option<SessionId> = if let Stream::Session(id) = record.stream {
        Some(id)
    } else {
        None
    };
    let reason = attempt.reason();
    Object::new()
        .with("message", change.message)
        .with_some("text", about.text)
        .with_some("contact", about.contact)
        .with_some("delivery", about.delivery)
        .with("n", change.attempts)
        .with("at", record.time)
        .with("ms", attempt.ms)
        .with_some("status", change.status)
        .with_some("error", reason.as_ref().map(Reason::to_string))
        .with_some("reason", reason.as_ref().map(Reason::object))
        .with_some("answer", answer)
        .with("state", change.state)
        .with("position", record.position)
        .with("channel", channel)
        .with_some("session", session)
        .value()
}
