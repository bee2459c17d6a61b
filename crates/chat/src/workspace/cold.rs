//! Which rows are in memory. Those that nothing is going on with leave it: closed sessions, quiet chats
//! and contacts, messages, and ids that are only looked up to find what is repeated.

use crate::codec;
use crate::id::ContactId;
use crate::workspace::Workspace;
use crate::workspace::persist::KEY_USES;

/// Calls a macro with the tables whose rows may leave memory, and how many of those rows are kept: the
/// ones that were used last. About 60 MB in all.
macro_rules! for_each_cold_table {
    ($call:ident, $self:ident) => {
        $call!(
            $self,
            contacts 20_000,
            chats 20_000,
            sessions 20_000,
            commands 5_000,
            contact_ids 20_000,
            chat_sessions 10_000,
            closed 10_000,
            messages 40_000,
            message_ids 20_000,
            external_ids 20_000,
            failed 5_000,
            key_uses 1_000
        )
    };
}

impl Workspace {
    /// Whether a lookup since the last [`take_needs`](Self::take_needs) missed a row, so that what came
    /// of it is void.
    pub fn has_needs(&self) -> bool {
        macro_rules! has {
            ($workspace:ident, $($table:ident $keep:literal),*) => {
                $($workspace.$table.has_needs())||*
            };
        }
        for_each_cold_table!(has, self)
    }

    /// Removes rows that may leave from memory, but some of each table that were used last: at most
    /// `most`. All rows that were ever taken must be in the store by now. Returns whether something did
    /// leave: what is read from the store meanwhile may be older, and must not be admitted.
    pub fn evict(&mut self, most: usize) -> bool {
        let mut left = false;
        macro_rules! evict {
            ($workspace:ident, $($table:ident $keep:literal),*) => {
                $(left |= $workspace.$table.evict(most.min($keep));)*
            };
        }
        for_each_cold_table!(evict, self);
        left
    }

    pub(super) fn tables_loaded(&mut self) {
        macro_rules! open {
            ($workspace:ident, $($table:ident $keep:literal),*) => {
                $($workspace.$table.loaded();)*
            };
        }
        for_each_cold_table!(open, self);
    }

    /// The names of the stored rows that [`key_use`](Self::key_use) reads: the one before them, and the
    /// one after them.
    pub const KEY_USE_NAMES: ([u8; 1], [u8; 1]) = ([KEY_USES], [KEY_USES + 1]);

    /// Reads a stored row: the number of a key of a contact, and the contact unless it was forgotten.
    pub fn key_use(name: &[u8], value: &[u8]) -> Option<(u32, Option<ContactId>)> {
        let key = name.strip_prefix(&[KEY_USES])?;
        Some((codec::decode(key).ok()?, codec::decode(value).ok()?))
    }

    /// Returns the rows of that kind that are in memory, which are newer than stored ones.
    pub fn key_uses(&self) -> impl Iterator<Item = (u32, Option<ContactId>)> + use<'_> {
        self.key_uses.iter().map(|(key, owner)| (*key, *owner))
    }

    /// Returns the keys of parked edits.
    pub fn parked_key_uses(&self) -> impl Iterator<Item = u32> + use<'_> {
        self.parked.iter().map(|(_, parked)| parked.key)
    }
}
