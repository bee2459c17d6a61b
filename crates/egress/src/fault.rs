//! Why an attempt got no answer, on its way out of the layers below.

use chat::rpc::{Failure, Outcome};

use crate::guard::Refused;

/// A failed attempt: what kind, and in words for an administrator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub(crate) struct Fault {
    pub(crate) kind: Failure,
    pub(crate) words: String,
}

impl Fault {
    pub(crate) fn new(kind: Failure, words: impl Into<String>) -> Self {
        Self {
            kind,
            words: words.into(),
        }
    }
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::new(Failure::AddressRefused, refused.to_string())
    }
}

impl From<Fault> for Outcome {
    fn from(fault: Fault) -> Self {
        Self::Failed {
            kind: fault.kind,
            words: fault.words,
        }
    }
}
