//! Saves a workspace as rows of a projection store and loads it.

use crate::codec;
use crate::seal::SealKey;
use crate::table::Row;
use crate::workspace::Workspace;
use crate::workspace::index::Place;

/// The version of the row format. When it changes, the store is rebuilt from the log.
pub const ROWS_VERSION: u8 = 17;

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

/// The tag of the message rows.
const MESSAGES: u8 = 7;

/// Calls a macro with every table and its tag. Tags are never reused.
macro_rules! for_each_table {
    ($call:ident, $self:ident) => {
        $call!($self, 1 users, 2 live_chats, 3 channels, 4 contacts, 5 chats, 6 sessions, 7 message_table,
            8 deliveries, 9 notices, 10 parked, 11 commands, 12 audit, 13 keys, 14 feed_heads,
            15 requests)
    };
}

impl Workspace {
    /// Returns the rows that changed since the last call.
    pub fn take_changed(&mut self) -> Vec<Row> {
        let mut rows = Vec::new();
        macro_rules! take {
            ($workspace:ident, $($tag:literal $table:ident),*) => {
                $($workspace.$table.take_changed($tag, &mut rows);)*
            };
        }
        for_each_table!(take, self);
        rows
    }

    /// Loads a workspace from its rows, saved after the event at `position`.
    pub fn load<'a>(
        index_key: SealKey,
        rows: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
        position: u64,
    ) -> Result<Self, BadRows> {
        let mut workspace = Self {
            position,
            ..Self::new(index_key)
        };
        for (key, value) in rows {
            workspace.load_row(key, value)?;
        }
        workspace.rebuild_index();
        Ok(workspace)
    }

    /// Loads a row, or removes it if it has no value. Call [`rebuild_index`](Self::rebuild_index) after
    /// the last one.
    pub fn load_row(&mut self, key: &[u8], value: Option<&[u8]>) -> Result<(), BadRows> {
        let Some((tag, key)) = key.split_first() else {
            return Err(BadRows::Tag(0));
        };
        let tag = *tag;
        macro_rules! load {
            ($workspace:ident, $($number:literal $table:ident),*) => {
                match tag {
                    $($number => $workspace.$table.load(key, value),)*
                    _ => return Err(BadRows::Tag(tag)),
                }
            };
        }
        for_each_table!(load, self).map_err(|source| BadRows::Row { tag, source })
    }

    /// Returns whether a row holds messages. Such rows and the others can be loaded independently.
    pub fn is_message_row(key: &[u8]) -> bool {
        key.first() == Some(&MESSAGES)
    }

    /// Derives the index from the rows.
    pub fn rebuild_index(&mut self) {
        self.index = super::Index::default();
        for (id, contact) in self.contacts.iter().filter(|(_, c)| c.forgotten.is_none()) {
            let external = contact.external_user_id.digest();
            self.index.contact_of.insert(external, *id);
        }
        let sessions: Vec<_> = self
            .sessions
            .iter()
            .map(|(id, s)| (*id, Place::of(s)))
            .collect();
        for (id, place) in sessions {
            self.list(id, place);
        }
        self.message_table.index_all();
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
