//! Saves a workspace as rows of a store and loads it.

use crate::codec;
use crate::seal::SealKey;
use crate::table::{Changes, FILTER, Found, Need};
use crate::workspace::Workspace;
use crate::workspace::views::Place;

/// The version of the row format. When it changes, the store is rebuilt from the log.
pub const ROWS_VERSION: u8 = 20;

/// Stored rows cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub enum BadRows {
    /// A row does not decode.
    #[error(
        "a row of the projections under tag {tag} cannot be read; delete the directory to rebuild it"
    )]
    Row {
        /// The table's tag.
        tag: u8,
        /// The cause.
        #[source]
        source: codec::Error,
    },
    /// A row has an unknown tag.
    #[error(
        "the projections have a row under the unknown tag {0}; delete the directory to rebuild it"
    )]
    Tag(u8),
}

/// Calls a macro with every table and its tag. Tags are never reused: 7 was a table of messages.
macro_rules! for_each_table {
    ($call:ident, $self:ident) => {
        $call!($self, 1 users, 2 live_chats, 3 channels, 4 contacts, 5 chats, 6 sessions,
            8 deliveries, 9 notices, 10 parked, 11 commands, 12 audit, 13 keys, 14 feed_heads,
            15 requests, 16 contact_ids, 17 closed, 18 messages, 19 message_ids, 20 external_ids,
            21 failed, 22 key_uses, 23 chat_sessions)
    };
}

/// The tag of the table that says which keys are in use: see [`Workspace::key_use`].
pub(super) const KEY_USES: u8 = 22;

impl Workspace {
    /// Returns the rows that changed since the last call.
    pub fn take_changed(&mut self) -> Changes {
        let mut changes = Changes::default();
        macro_rules! take {
            ($workspace:ident, $($tag:literal $table:ident),*) => {
                $($workspace.$table.take_changed($tag, &mut changes);)*
            };
        }
        for_each_table!(take, self);
        changes
    }

    /// Loads a workspace from its resident rows, saved after the event at `position`.
    pub fn load<'a>(
        index_key: SealKey,
        residents: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        position: u64,
    ) -> Result<Self, BadRows> {
        let mut workspace = Self {
            position,
            ..Self::new(index_key)
        };
        for (name, value) in residents {
            workspace.load_row(name, value)?;
        }
        workspace.loaded();
        Ok(workspace)
    }

    /// Loads a resident row. Call [`loaded`](Self::loaded) after the last one.
    pub fn load_row(&mut self, name: &[u8], value: &[u8]) -> Result<(), BadRows> {
        let Some((tag, key)) = name.split_first() else {
            return Err(BadRows::Tag(0));
        };
        let (tag, is_filter) = (*tag & !FILTER, *tag & FILTER != 0);
        macro_rules! load {
            ($workspace:ident, $($number:literal $table:ident),*) => {
                match tag {
                    $($number if is_filter => $workspace.$table.load_filter(key, value),
                    $number => $workspace.$table.load(key, value),)*
                    _ => return Err(BadRows::Tag(tag)),
                }
            };
        }
        for_each_table!(load, self).map_err(|source| BadRows::Row { tag, source })
    }

    /// Completes a load: derives the index, and notes from now on which other rows are needed.
    pub fn loaded(&mut self) {
        self.rebuild_index();
        self.tables_loaded();
    }

    /// Takes what lookups since the last call missed. Empty if they were complete.
    pub fn take_needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        macro_rules! take {
            ($workspace:ident, $($tag:literal $table:ident),*) => {
                $($workspace.$table.take_needs($tag, &mut needs);)*
            };
        }
        for_each_table!(take, self);
        needs
    }

    /// Adds what the store has for a need. Rows in memory are newer than those in the store.
    pub fn admit(&mut self, found: Found) -> Result<(), BadRows> {
        let tag = found.tag();
        macro_rules! admit {
            ($workspace:ident, $($number:literal $table:ident),*) => {
                match tag {
                    $($number => $workspace.$table.admit(found),)*
                    _ => return Err(BadRows::Tag(tag)),
                }
            };
        }
        for_each_table!(admit, self).map_err(|source| BadRows::Row { tag, source })
    }

    /// Derives the index from the rows.
    pub fn rebuild_index(&mut self) {
        self.index = super::Index::default();
        let open = self.sessions.iter().filter(|(_, s)| s.is_open());
        let sessions: Vec<_> = open.map(|(id, s)| (*id, Place::of(s))).collect();
        for (id, place) in sessions {
            self.list(id, place);
        }
        for (key, (at, _)) in self.requests.iter() {
            self.index.requests.insert(*at, *key);
        }
        for (message, delivery) in self.deliveries.iter() {
            self.index.expiry.insert((delivery.expires_at, *message));
        }
        for ((channel, _), _) in self.notices.iter() {
            *self.index.notices.entry(*channel).or_default() += 1;
        }
        let chats: Vec<_> = self
            .chats
            .iter()
            .filter(|(_, c)| !c.lane.is_empty())
            .map(|(key, _)| *key)
            .collect();
        for chat in chats {
            self.reindex_lane(chat.0, None, &chat);
        }
    }
}
