//! The state of the workspace, and the log and keys behind it.

mod apply;

use std::sync::Arc;

use chat::chance::Chance;
use chat::id::{ChannelId, ContactId, MessageId, TokenId, UserId};
use chat::rejection::Rejection;
use chat::rules::Rules;
use chat::time::Timestamp;
use chat::verification::Purpose;
use chat::workspace::Workspace;
use event_log::Head;

use crate::attempt::MessageAttempt;
use crate::error::Error;
use crate::external;
use crate::keyring::KeyringError;
use crate::loader::Loader;
use crate::rows::{Loaded, Needs, Rows};
use crate::sealed_log::SealedLog;
use crate::tokens::TokenHashes;
use crate::unsent::Unsent;
use crate::verify::Verify;

pub(crate) use apply::At;

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
        self.rows.evict(&mut self.workspace);
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

    /// A handle to read rows off the loop.
    pub(crate) fn loader(&self) -> Loader {
        Loader::new(self.rows.handle())
    }

    /// Takes what lookups missed since the last time, to be read off the loop. What came of them is void.
    pub(crate) fn take_needs(&self) -> Option<Needs> {
        self.rows.take_needs(&self.workspace)
    }

    /// Whether lookups missed rows since the last time.
    pub(crate) fn misses_rows(&self) -> bool {
        self.workspace.has_needs()
    }

    /// Stops the role because a request needs rows without end.
    pub(crate) fn give_up(&mut self) {
        self.rows.give_up();
    }

    /// Adds rows that were read off the loop.
    pub(crate) fn admit(&mut self, loaded: Loaded) {
        self.rows.admit(&mut self.workspace, loaded);
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
