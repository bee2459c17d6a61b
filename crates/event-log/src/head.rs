use crate::hash::{GENESIS, Hash};

/// A position in a log: its end, or the last event that is folded into a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Position of the event; 0 for an empty log.
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

impl Committed {
    /// The end of the frame.
    pub fn head(&self) -> Head {
        Head {
            position: self.last_position,
            hash: self.hash,
        }
    }
}
