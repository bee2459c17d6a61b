//! What changes the state: decide, seal, record, fold. Nothing here waits, but for a row that was not
//! foreseen.

use std::sync::Arc;

use chat::chance::Chance;
use chat::command::{Decision, Effect, NewEvent, Reply, Request};
use chat::event::Event;
use chat::model::ChannelStatus;
use chat::reason::Reason;
use chat::record::{Actor, Cause};
use chat::rejection::Rejection;
use chat::rules::Rules;
use chat::time::Timestamp;
use chat::workspace::{Context, Workspace};

use super::State;
use crate::batch::Release;
use crate::feed;
use crate::sealed_log::context;

/// The results of a request.
pub(crate) struct Applied {
    /// The answer.
    pub(crate) reply: Reply,
    /// The side effects that the decision asks for.
    pub(crate) effects: Vec<Effect>,
    /// The events to append to the log.
    pub(crate) events: Vec<event_log::NewEvent>,
    /// The same events for the feed, if it may have a subscriber.
    pub(crate) feed: Vec<Release>,
    /// Whether a channel was disconnected or deleted.
    pub(crate) ended_channel: bool,
}

/// When a request is decided.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub(crate) now: Timestamp,
    /// Whether the feed may have a subscriber.
    pub(crate) may_listen: bool,
}

impl State {
    /// Decides a request, and looks up what applying the decision reads. The decision is void if
    /// [`take_needs`](Self::take_needs) then returns something.
    pub(crate) fn try_decide(&mut self, request: &Request, at: At) -> Result<Decision, Rejection> {
        let (chance, rules) = (&mut self.chance, &self.rules);
        decide(&self.workspace, request, at, (chance, rules))
    }

    /// Decides a request once all rows that it depends on are in memory.
    pub(crate) fn decide(&mut self, request: &Request, at: At) -> Result<Decision, Rejection> {
        let (chance, rules) = (&mut self.chance, &self.rules);
        let decided = self.rows.complete(&mut self.workspace, |workspace| {
            decide(workspace, request, at, (chance, rules))
        });
        decided?
    }

    /// Folds the events of a decision. `by` is who the events name as their author.
    pub(crate) fn apply(
        &mut self,
        decision: Decision,
        request: &Request,
        by: &Actor,
        at: At,
    ) -> Result<Applied, Rejection> {
        // Content is only stored sealed, so a request that may find no free key is rejected.
        let given = self.workspace.next_key();
        if let Err(error) = self.sealed_log.keyring.provide_now(given, &mut self.chance) {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot add keys");
            return Err(Reason::KeysUnavailable.into());
        }
        let Decision {
            events,
            effects,
            reply,
        } = decision;
        self.require_keys(&events)?;
        let last = events.len();
        let mut applied = Applied {
            reply,
            effects,
            events: Vec::with_capacity(last),
            feed: Vec::new(),
            ended_channel: false,
        };
        for (nth, event) in events.into_iter().enumerate() {
            let is_last = nth + 1 == last;
            let cause = is_last.then(|| cause(request, &applied.reply)).flatten();
            self.fold(event, (by, cause), at, &mut applied);
        }
        self.rows.require_no_needs(&self.workspace);
        Ok(applied)
    }

    /// Rejects a decision whose content could not be sealed, so that it is never acknowledged and lost.
    fn require_keys(&self, events: &[NewEvent]) -> Result<(), Rejection> {
        let required = events.iter().filter_map(|new| {
            let key = self.workspace.required_key(&new.stream, &new.event)?;
            Some((key, &new.stream))
        });
        for (number, stream) in required {
            if self.sealed_log.keyring.get(number).is_none() {
                tracing::error!(number, %stream, "key is missing; the request is rejected");
                return Err(Reason::KeysUnavailable.into());
            }
        }
        Ok(())
    }

    /// Seals an event, turns it into a record, and folds the record.
    fn fold(
        &mut self,
        mut new: NewEvent,
        (by, cause): (&Actor, Option<Cause>),
        At { now, may_listen }: At,
        applied: &mut Applied,
    ) {
        let number = self.workspace.key_of(&new.stream, &new.event);
        let key = number.and_then(|number| self.sealed_log.keyring.get(number));
        let bound = context(&new.stream);
        new.event.seal(
            key.as_ref(),
            self.sealed_log.keyring.master(),
            &bound,
            &mut self.chance,
        );
        let (record, link) = self.workspace.record(new, by, cause, now);
        self.workspace.evolve(&record);
        applied.ended_channel |= ends_channel(&record.event);
        let bytes = record.encode();
        let size = bytes.len();
        applied.events.push(event_log::NewEvent { link, bytes });
        let sent = if let Event::MessageSent(e) = &record.event {
            Some(e.message)
        } else {
            None
        };
        if !may_listen && sent.is_none() {
            return;
        }
        let record = Arc::new(record);
        if may_listen {
            let item = feed::item(&self.workspace, &record, &self.public_url);
            applied
                .feed
                .extend(item.map(|item| Release::Feed(Box::new(item))));
        }
        if let Some(message) = sent {
            self.unsent.insert(message, record, size);
        }
    }
}

const fn ends_channel(event: &Event) -> bool {
    if let Event::ChannelStatusChanged(e) = event {
        return matches!(
            e.status,
            ChannelStatus::Disconnected | ChannelStatus::Deleted
        );
    }
    matches!(event, Event::LiveChatDeleted(_))
}

/// Decides a request, and looks up what applying the decision reads.
fn decide(
    workspace: &Workspace,
    request: &Request,
    At { now, may_listen }: At,
    (chance, rules): (&mut Chance, &Rules),
) -> Result<Decision, Rejection> {
    let decision = workspace.decide(request, &mut Context { now, chance, rules })?;
    workspace.prepare(&decision.events);
    if may_listen {
        feed::prepare(workspace, &decision.events);
    }
    Ok(decision)
}

/// The cause of an event: a command that has an id, so that a repeat gets the same answer.
fn cause(request: &Request, reply: &Reply) -> Option<Cause> {
    let (Some(command), Reply::Answer(answer)) = (request.command_id, reply) else {
        return None;
    };
    Some(Cause {
        command,
        digest: request.digest,
        answer: *answer,
    })
}
