//! The members of a JSON object that is written as they were added: without a map, and without a copy of
//! the objects in it.

use serde::{Serialize, Serializer};
use serde_json::Value;

/// The members of an object.
#[derive(Debug, Default)]
pub(super) struct Members(Vec<(&'static str, Value)>);

impl Members {
    /// Adds a member, or replaces the one with this name.
    pub(super) fn with(self, name: &'static str, value: impl Into<Value>) -> Self {
        self.with_some(name, Some(value))
    }

    /// The same if the value is known.
    pub(super) fn with_some(mut self, name: &'static str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.retain(|(known, _)| *known != name);
            self.0.push((name, value.into()));
        }
        self
    }
}

impl Serialize for Members {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
