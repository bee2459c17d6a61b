//! Rejections of commands. They are part of the protocol, not internal errors.

pub(crate) mod code;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::reason::Reason;

pub use code::Code;

/// A refusal: the public error code, the reason, and further values that a program needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rejection {
    /// The public error code.
    pub code: Code,
    /// What is wrong.
    pub reason: Reason,
    /// Members for programs, such as `sessionId` and `errors`.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
}

impl Rejection {
    /// The sentence for people.
    pub fn message(&self) -> String {
        self.reason.to_string()
    }

    /// Returns the rejection with one more member of `details`.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// The details for users of the console API, which include the reason.
    pub fn console_details(&self) -> Map<String, Value> {
        let mut details = self.details.clone();
        details.insert("reason".to_owned(), self.reason.object().into());
        details
    }
}

/// An invalid member of a request is named in `details.errors`, by its pointer.
impl From<Reason> for Rejection {
    fn from(reason: Reason) -> Self {
        let errors = reason.pointer().map(|pointer| {
            let error = json!({ "pointer": pointer, "detail": reason.detail() });
            Value::Array(vec![error])
        });
        let errors = errors.map(|errors| ("errors".to_owned(), errors));
        Self {
            code: reason.error_code(),
            reason,
            details: errors.into_iter().collect(),
        }
    }
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.reason)
    }
}

impl std::error::Error for Rejection {}
