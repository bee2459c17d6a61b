//! How Switchboard is, seen from here.

/// How it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// It has not connected this messenger yet.
    Unconnected,
    /// It takes what is sent.
    Connected,
    /// It does not answer.
    Away,
    /// The channel is not active.
    Disconnected,
}

impl Link {
    /// What follows from its answer to something sent, which may be kept then.
    pub(super) fn answered(status: Option<u16>, kept: bool) -> Self {
        match status {
            Some(401 | 404 | 409) if kept => Self::Disconnected,
            None | Some(500..) => Self::Away,
            Some(_) => Self::Connected,
        }
    }

    /// What follows when it was asked how the channel is.
    pub(super) fn told(self, status: Option<u16>, channel: &str) -> Self {
        match status {
            Some(200) if channel == "active" => Self::Connected,
            Some(200 | 401 | 404) => Self::Disconnected,
            // It is there, and has enough to do.
            Some(429) => self,
            _ => Self::Away,
        }
    }

    /// What the page calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Unconnected => "unconnected",
            Self::Connected => "connected",
            Self::Away => "away",
            Self::Disconnected => "disconnected",
        }
    }
}
