//! The state of the channel, as the messenger knows it.

/// The state of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Switchboard has not connected this messenger yet.
    Unconnected,
    /// Switchboard accepts requests.
    Connected,
    /// Switchboard does not answer.
    Unreachable,
    /// The channel is not active.
    Disconnected,
    /// Switchboard rejects the confirmation code.
    Rejected,
}

impl Link {
    /// The state after the answer to a request, which is kept for a retry or not.
    pub(crate) fn after_answer(status: Option<u16>, kept: bool) -> Self {
        match status {
            Some(401) => Self::Rejected,
            Some(404 | 409) if kept => Self::Disconnected,
            None | Some(500..) => Self::Unreachable,
            Some(_) => Self::Connected,
        }
    }

    /// The state after an answer to the status request.
    pub(crate) fn with_status(self, status: Option<u16>, channel: &str) -> Self {
        match status {
            Some(200) if channel == "active" => Self::Connected,
            Some(401) => Self::Rejected,
            Some(200 | 404) => Self::Disconnected,
            // Rate limited: says nothing about the channel.
            Some(429) => self,
            _ => Self::Unreachable,
        }
    }

    /// The name of the state on the page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Unconnected => "unconnected",
            Self::Connected => "connected",
            Self::Unreachable => "unreachable",
            Self::Disconnected => "disconnected",
            Self::Rejected => "rejected",
        }
    }
}
