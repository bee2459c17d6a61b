//! The meaning of a messenger's HTTP status, for each kind of request (docs/messenger-protocol.md).

use crate::model::ChannelStatus;
use crate::reason::Reason;

/// The kind of a request to a messenger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// `connect`: it verifies the messenger.
    Connect,
    /// A message of an operator.
    Message,
    /// Anything else. Few messengers know every type, so 405 and 501 are final too, and so are 401 and
    /// 410: a messenger that serves messages may reject other requests.
    Notice,
}

/// The meaning of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The messenger has accepted the request.
    Accepted,
    /// The messenger will never accept the request.
    Final,
    /// The messenger rejects the confirmation code: the channel is interrupted.
    WrongCode,
    /// The messenger has gone: the channel is disconnected.
    Gone,
    /// A later attempt may succeed.
    Retry,
}

impl Verdict {
    /// Judges a status.
    pub const fn of(kind: RequestKind, status: u16) -> Self {
        match (status, kind) {
            (200..=299, _) => Self::Accepted,
            (400 | 403 | 404 | 413 | 422, _) | (401 | 405 | 410 | 501, RequestKind::Notice) => {
                Self::Final
            }
            (401, _) => Self::WrongCode,
            (410, _) => Self::Gone,
            _ => Self::Retry,
        }
    }

    /// The new status of an active channel, if it changes.
    pub const fn channel_status(self) -> Option<ChannelStatus> {
        match self {
            Self::WrongCode => Some(ChannelStatus::Interrupted),
            Self::Gone => Some(ChannelStatus::Disconnected),
            Self::Accepted | Self::Final | Self::Retry => None,
        }
    }
}

impl Reason {
    /// The reason why a request failed that was answered with this status.
    pub const fn of_status(status: u16) -> Self {
        match status {
            300..=399 => Self::Redirected { status },
            401 => Self::WrongCode { status },
            410 => Self::Gone { status },
            _ => Self::UnexpectedStatus { status },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_means_the_same_for_every_request_but_for_the_exceptions() {
        let all = [
            RequestKind::Connect,
            RequestKind::Message,
            RequestKind::Notice,
        ];
        for (status, verdicts) in [
            (200, [Verdict::Accepted; 3]),
            (204, [Verdict::Accepted; 3]),
            (299, [Verdict::Accepted; 3]),
            (302, [Verdict::Retry; 3]),
            (400, [Verdict::Final; 3]),
            (
                401,
                [Verdict::WrongCode, Verdict::WrongCode, Verdict::Final],
            ),
            (404, [Verdict::Final; 3]),
            (405, [Verdict::Retry, Verdict::Retry, Verdict::Final]),
            (410, [Verdict::Gone, Verdict::Gone, Verdict::Final]),
            (422, [Verdict::Final; 3]),
            (429, [Verdict::Retry; 3]),
            (501, [Verdict::Retry, Verdict::Retry, Verdict::Final]),
            (503, [Verdict::Retry; 3]),
        ] {
            assert_eq!(
                all.map(|kind| Verdict::of(kind, status)),
                verdicts,
                "{status}"
            );
        }
    }

    #[test]
    fn the_reason_names_the_status() {
        assert_eq!(Reason::of_status(302), Reason::Redirected { status: 302 });
        assert_eq!(Reason::of_status(401), Reason::WrongCode { status: 401 });
        assert_eq!(Reason::of_status(410), Reason::Gone { status: 410 });
        assert_eq!(
            Reason::of_status(500),
            Reason::UnexpectedStatus { status: 500 }
        );
    }
}
