use crate::hash::{GENESIS, Hash};

/// The end of a log: its last event that is durable and can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Position of the last event; 0 for an empty log.
    pub position: u64,
    /// Hash of the frame that ends there; [`GENESIS`] for an empty log.
    pub hash: Hash,
}

impl Head {
    /// The head of an empty log.
    pub(crate) const EMPTY: Self = Self {
        position: 0,
        hash: GENESIS,
    };
}

/// A frame that is durable in the journal and can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Position of its first event.
    pub first_position: u64,
    /// Position of its last event.
    pub last_position: u64,
    /// Its hash.
    pub hash: Hash,
}
