//! The state of the workspace and what changes it: decide, seal, record, fold. Nothing here waits.

use std::sync::Arc;

use chat::chance::Chance;
use chat::command::{Decision, Effect, NewEvent, Reply, Request};
use chat::event::Event;
use chat::id::{ChannelId, ContactId, MessageId, TokenId, UserId};
use chat::model::ChannelStatus;
use chat::reason::Reason;
use chat::record::{Actor, Cause};
use chat::rejection::Rejection;
use chat::rules::Rules;
use chat::time::Timestamp;
use chat::verification::Purpose;
use chat::workspace::{Context, Workspace};
use event_log::Head;

use crate::attempt::MessageAttempt;
use crate::batch::Release;
use crate::error::Error;
use crate::external;
use crate::feed;
use crate::keyring::KeyringError;
use crate::rows::Rows;
use crate::sealed_log::{SealedLog, context};
use crate::tokens::TokenHashes;
use crate::unsent::Unsent;
use crate::verify::Verify;

/// The state in memory with the log and the keys behind it.
pub(crate) struct State {
    workspace: Workspace,
    rows: Rows,
    sealed_log: SealedLog,
    chance: Chance,
    rules: Rules,
    public_url: String,
    /// Messages that were just written and wait for their first attempt.
    unsent: Unsent,
    tokens: TokenHashes,
    /// Contacts whose keys are lost.
    lost: Vec<ContactId>,
}

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

impl State {
    pub(crate) fn new(
        workspace: Workspace,
        rows: Rows,
        sealed_log: SealedLog,
        chance: Chance,
        rules: Rules,
        public_url: String,
    ) -> Self {
        Self {
            workspace,
            rows,
            sealed_log,
            chance,
            rules,
            public_url,
            unsent: Unsent::default(),
            tokens: TokenHashes::default(),
            lost: Vec::new(),
        }
    }

    /// The same state, which knows the contacts whose keys are lost.
    pub(crate) fn with_lost(self, lost: Vec<ContactId>) -> Self {
        Self { lost, ..self }
    }

    /// The rows in memory.
    pub(crate) const fn workspace(&self) -> &Workspace {
        &self.workspace
    }

    /// The time since the last event in milliseconds, negative if the clock is behind it. `None` without
    /// events.
    pub(crate) fn ms_since_last_event(&self, now: Timestamp) -> Option<i64> {
        let last = self.sealed_log.record(self.workspace.position)?;
        Some(now.ms_since(last.time))
    }

    /// The log and the keys.
    pub(crate) const fn sealed_log(&self) -> &SealedLog {
        &self.sealed_log
    }

    /// The base of every channel's public URL.
    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The source of ids, salts, tokens and jitter.
    pub(crate) const fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    /// The settings that decisions depend on.
    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The rules and the jitter of a retry schedule.
    pub(crate) const fn schedule(&mut self) -> (&Rules, &mut Chance) {
        (&self.rules, &mut self.chance)
    }

    /// The rows, to take those that changed.
    pub(crate) const fn workspace_mut(&mut self) -> &mut Workspace {
        &mut self.workspace
    }

    /// Takes the contacts whose keys may be lost, found at the start.
    pub(crate) fn take_lost(&mut self) -> Vec<ContactId> {
        std::mem::take(&mut self.lost)
    }

    /// Removes rows from memory that nothing is going on with. All rows taken so far must be stored.
    pub(crate) fn evict(&mut self) {
        self.workspace.evict(usize::MAX);
    }

    /// Stores the rows of all events up to the end of the log, and evicts. Blocks.
    pub(crate) fn store(&mut self, head: Head) -> Result<(), Error> {
        let changes = crate::projections::changes(&mut self.workspace);
        self.rows.write(&changes, head)?;
        self.evict();
        Ok(())
    }

    /// Stores all changes, and removes all rows from memory that may leave it.
    #[cfg(test)]
    pub(crate) fn cool(&mut self) {
        let changes = crate::projections::changes(&mut self.workspace);
        self.rows.store(&changes);
        self.workspace.evict(0);
    }

    /// Makes a lookup once all rows that it depends on are in memory. Rejects it if they cannot be read.
    pub(crate) fn look<T>(
        &mut self,
        mut lookup: impl FnMut(&Workspace, &SealedLog) -> T,
    ) -> Result<T, Rejection> {
        let sealed_log = &self.sealed_log;
        self.rows.complete(&mut self.workspace, |workspace| {
            lookup(workspace, sealed_log)
        })
    }

    /// Loads the rows that lookups in [`workspace`](Self::workspace) missed. Returns whether there were
    /// any, so that they are to be made again.
    pub(crate) fn load_missed(&mut self) -> bool {
        self.rows.load_missed(&mut self.workspace)
    }

    /// Fails once the stored rows could not be read: what was looked up since then may be wrong.
    pub(crate) fn check_rows(&mut self) -> Result<(), Error> {
        self.rows.check()
    }

    /// Makes keys in advance, so that requests need not wait for the disk.
    pub(crate) fn provide_keys(&mut self) -> Result<(), KeyringError> {
        let given = self.workspace.next_key();
        self.sealed_log.keyring.provide(given, &mut self.chance)
    }

    /// Returns the API token with this hash and the user who holds it.
    pub(crate) fn token_holder(&mut self, hash: &str) -> Option<(UserId, TokenId)> {
        self.tokens.holder(&self.workspace, &self.sealed_log, hash)
    }

    /// Decides a request and folds its events. `by` is who the events name as their author.
    pub(crate) fn apply(
        &mut self,
        request: &Request,
        by: &Actor,
        now: Timestamp,
        may_listen: bool,
    ) -> Result<Applied, Rejection> {
        // Content is only stored sealed, so a request that may find no free key is rejected.
        let given = self.workspace.next_key();
        if let Err(error) = self.sealed_log.keyring.provide_now(given, &mut self.chance) {
            tracing::error!(error = &error as &dyn std::error::Error, "cannot add keys");
            return Err(Reason::KeysUnavailable.into());
        }
        let (chance, rules) = (&mut self.chance, &self.rules);
        let decided = self.rows.complete(&mut self.workspace, |workspace| {
            workspace.decide(request, &mut Context { now, chance, rules })
        });
        let Decision {
            events,
            effects,
            reply,
        } = decided??;
        self.rows.complete(&mut self.workspace, |workspace| {
            workspace.prepare(&events);
            if may_listen {
                feed::prepare(workspace, &events);
            }
        })?;
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
            self.fold(event, (by, cause, now), may_listen, &mut applied);
        }
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
        (by, cause, now): (&Actor, Option<Cause>, Timestamp),
        may_listen: bool,
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
        debug_assert!(
            !self.workspace.has_needs(),
            "{:?} was not prepared",
            record.event
        );
        let record = Arc::new(record);
        if may_listen {
            let item = feed::item(&self.workspace, &record, &self.public_url);
            applied
                .feed
                .extend(item.map(|item| Release::Feed(Box::new(item))));
            debug_assert!(
                !self.workspace.has_needs(),
                "the feed of {:?} was not prepared",
                record.event
            );
        }
        if let Some(message) = sent {
            self.unsent.insert(message, record, size);
        }
    }

    /// Prepares an attempt at a message. `None` when its record cannot be read.
    pub(crate) fn attempt(&mut self, id: MessageId, now: Timestamp) -> Option<MessageAttempt> {
        let position = self.workspace.deliveries.get(&id)?.position;
        let record = self.unsent.take(id);
        let record = record.or_else(|| self.sealed_log.record(position))?;
        self.look(|workspace, sealed_log| {
            MessageAttempt::of(workspace, sealed_log, id, Arc::clone(&record), now)
        })
        .ok()?
    }

    /// Prepares the verification of a channel.
    pub(crate) fn verify(
        &mut self,
        id: ChannelId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Option<Verify> {
        let last = self.last_message_id(id);
        let channel = self.workspace.channels.get(&id)?;
        let (sealed_log, url) = (&self.sealed_log, self.public_url.as_str());
        let (connect, source) = ((url, last.as_deref()), (now, &mut self.chance));
        Some(Verify::of(
            sealed_log,
            (id, channel),
            purpose,
            connect,
            source,
        ))
    }

    /// The last `externalMessageId` accepted on a channel. `None` if its author was forgotten.
    pub(crate) fn last_message_id(&mut self, channel: ChannelId) -> Option<String> {
        self.look(|workspace, sealed_log| {
            let channel = workspace.channels.get(&channel)?;
            let (id, author) = channel.last_external.as_ref()?;
            external::open(workspace, sealed_log, (id, *author))
        })
        .ok()?
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
