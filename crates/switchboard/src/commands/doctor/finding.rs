//! What a check found.

use crate::exit::{Exit, Failure};

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Ok,
    Warning,
    Wrong(Exit),
}

/// One line of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) check: &'static str,
    pub(super) state: State,
    pub(super) message: String,
}

impl Finding {
    pub(super) fn new(check: &'static str, state: State, message: impl Into<String>) -> Self {
        Self {
            check,
            state,
            message: message.into(),
        }
    }

    pub(super) fn ok(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, State::Ok, message)
    }

    pub(super) fn warning(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, State::Warning, message)
    }

    pub(super) fn wrong(check: &'static str, message: impl Into<String>) -> Self {
        Self::new(check, State::Wrong(Exit::Failure), message)
    }

    pub(super) fn failed(check: &'static str, failure: &Failure) -> Self {
        Self::new(check, State::Wrong(failure.exit), failure.to_string())
    }

    /// The printed form of the state.
    pub(super) const fn word(&self) -> &'static str {
        match self.state {
            State::Ok => "ok",
            State::Warning => "warning",
            State::Wrong(_) => "wrong",
        }
    }
}
