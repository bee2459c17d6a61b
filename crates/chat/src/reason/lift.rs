//! Old events have a sentence where today's have a reason. Most sentences can be recognised.

use crate::reason::Reason;

impl Reason {
    /// Returns the reason that an old event meant, or [`Reason::Unknown`] with its text.
    pub fn lift(text: &str) -> Self {
        whole(text)
            .or_else(|| status(text))
            .or_else(|| address(text))
            .or_else(|| connection(text))
            .or_else(|| text.strip_prefix("by ").map(by_user))
            .unwrap_or_else(|| Self::Unknown {
                detail: text.to_owned(),
            })
    }
}

/// The sentences without values.
fn whole(text: &str) -> Option<Reason> {
    Some(match text {
        "wrong answer to the challenge: the messenger uses another confirmation code" => {
            Reason::WrongChallengeAnswer
        }
        "the messenger did not answer the challenge, which a channel with security \"signed\" requires" => {
            Reason::ChallengeNotAnswered
        }
        "the webhook is not an http or https URL with a host" => Reason::NotAWebhook,
        "the webhook's URL holds a user name or password; remove what stands before the @" => {
            Reason::WebhookWithCredentials
        }
        "the connection was closed before an answer" => Reason::ConnectionClosed,
        "what came is not an HTTP answer" => Reason::NotHttp,
        "too many requests wait for egress; nothing was sent"
        | "egress was busy for too long; nothing was sent" => Reason::EgressBusy,
        "egress is stopping; nothing was sent" => Reason::EgressStopping,
        "the message's words can no longer be read" => Reason::ContentErased,
        "by the messenger" => Reason::ByMessenger,
        "deliveries fail; one probe at a time until one succeeds" => Reason::Failing,
        "every delivery failed for 24 hours; reconnect when the messenger is back" => {
            Reason::FailedTooLong { hours: 24 }
        }
        "the channel was deleted" => Reason::ChannelDeleted,
        "the person was forgotten" => Reason::ContactForgotten,
        "not delivered within its time to live" => Reason::TimeToLivePassed,
        _ => return None,
    })
}

fn status(text: &str) -> Option<Reason> {
    let (before, status) = match text.split_once("the messenger answered ") {
        Some((before, rest)) => (before, rest.split([' ', ',']).next()?),
        None => ("", text.strip_suffix(')')?.rsplit_once('(')?.1),
    };
    let known = ["", "wrong confirmation code: "].contains(&before)
        && (text.starts_with("the messenger ") || !before.is_empty());
    known.then_some(())?;
    Some(Reason::of_status(status.parse().ok()?))
}

fn address(text: &str) -> Option<Reason> {
    if let Some(rest) = text.strip_prefix("the name ") {
        let (name, detail) = rest.split_once(" does not resolve: ")?;
        let (name, detail) = (name.to_owned(), detail.to_owned());
        return Some(Reason::NameNotResolved { name, detail });
    }
    let rest = text.strip_prefix("the guard refuses ")?;
    if let Some(host) = rest.strip_prefix("the host \"") {
        let name = host.split_once("\"; ")?.0.to_owned();
        return Some(Reason::HostRefused { name });
    }
    let (address, rest) = rest.split_once(" of ")?;
    let (name, rest) = rest.split_once(" (")?;
    Some(Reason::AddressRefused {
        address: address.to_owned(),
        name: name.to_owned(),
        detail: rest.split_once("); ")?.0.to_owned(),
    })
}

fn connection(text: &str) -> Option<Reason> {
    let number = |before, after| text.strip_prefix(before)?.strip_suffix(after);
    if let Some(ms) = number("no answer within ", " ms") {
        return ms.parse().ok().map(|ms| Reason::TimedOut { ms });
    }
    if let Some(seconds) = number("no connection within ", " s") {
        let seconds = seconds.parse().ok()?;
        return Some(Reason::ConnectTimedOut { seconds });
    }
    if let Some(rest) = text.strip_prefix("no connection to ") {
        let (name, rest) = rest.split_once(", port ")?;
        let (port, detail) = rest.split_once(": ")?;
        return Some(Reason::ConnectFailed {
            name: name.to_owned(),
            port: port.parse().ok()?,
            detail: detail.to_owned(),
        });
    }
    if text.starts_with("no egress role answered: ") {
        return Some(Reason::EgressTimedOut);
    }
    let (start, detail) = text.split_once(": ")?;
    let detail = detail.to_owned();
    match start {
        "no trust by TLS" => Some(Reason::TlsFailed { detail }),
        "the connection broke" => Some(Reason::ConnectionBroken { detail }),
        "nothing was sent" => Some(Reason::InvalidAttempt { detail }),
        _ => None,
    }
}

fn by_user(user: &str) -> Reason {
    Reason::ByUser {
        user: user.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> String {
        text.to_owned()
    }

    fn check<const N: usize>(sentences: [(&str, Reason); N]) {
        for (old, reason) in sentences {
            assert_eq!(Reason::lift(old), reason, "{old}");
        }
    }

    #[test]
    fn old_sentences_about_statuses_are_recognised() {
        check([
            (
                "wrong confirmation code: the messenger answered 401",
                Reason::WrongCode { status: 401 },
            ),
            (
                "the messenger refused the confirmation code (401)",
                Reason::WrongCode { status: 401 },
            ),
            (
                "the messenger says that it is gone (410)",
                Reason::Gone { status: 410 },
            ),
            (
                "the messenger answered 302, a redirect, and redirects are not followed",
                Reason::Redirected { status: 302 },
            ),
            (
                "the messenger answered 500 where 200 was expected",
                Reason::UnexpectedStatus { status: 500 },
            ),
            (
                "the messenger answered 422",
                Reason::UnexpectedStatus { status: 422 },
            ),
        ]);
    }

    #[test]
    fn old_sentences_about_connections_are_recognised() {
        check([
            (
                "the guard refuses the host \"0x7f.1\"; write a name, four decimal numbers, or IPv6 in brackets",
                Reason::HostRefused {
                    name: text("0x7f.1"),
                },
            ),
            (
                "the guard refuses 127.0.0.1 of localhost (loopback); egress.allow opens it if it is meant",
                Reason::AddressRefused {
                    address: text("127.0.0.1"),
                    name: text("localhost"),
                    detail: text("loopback"),
                },
            ),
            (
                "the name m.example does not resolve: it has no address",
                Reason::NameNotResolved {
                    name: text("m.example"),
                    detail: text("it has no address"),
                },
            ),
            (
                "no connection to m.example, port 80: refused: by the host",
                Reason::ConnectFailed {
                    name: text("m.example"),
                    port: 80,
                    detail: text("refused: by the host"),
                },
            ),
            (
                "no connection within 3 s",
                Reason::ConnectTimedOut { seconds: 3 },
            ),
            ("no answer within 80 ms", Reason::TimedOut { ms: 80 }),
            (
                "no trust by TLS: expired",
                Reason::TlsFailed {
                    detail: text("expired"),
                },
            ),
            (
                "the connection broke: reset",
                Reason::ConnectionBroken {
                    detail: text("reset"),
                },
            ),
            (
                "nothing was sent: bad header",
                Reason::InvalidAttempt {
                    detail: text("bad header"),
                },
            ),
            ("no egress role answered: timed out", Reason::EgressTimedOut),
            ("by root", Reason::ByUser { user: text("root") }),
        ]);
    }

    #[test]
    fn every_old_sentence_without_values_is_recognised() {
        check([
            (
                "wrong answer to the challenge: the messenger uses another confirmation code",
                Reason::WrongChallengeAnswer,
            ),
            (
                "the messenger did not answer the challenge, which a channel with security \"signed\" requires",
                Reason::ChallengeNotAnswered,
            ),
            (
                "the webhook is not an http or https URL with a host",
                Reason::NotAWebhook,
            ),
            (
                "the webhook's URL holds a user name or password; remove what stands before the @",
                Reason::WebhookWithCredentials,
            ),
            (
                "the connection was closed before an answer",
                Reason::ConnectionClosed,
            ),
            ("what came is not an HTTP answer", Reason::NotHttp),
            (
                "too many requests wait for egress; nothing was sent",
                Reason::EgressBusy,
            ),
            (
                "egress was busy for too long; nothing was sent",
                Reason::EgressBusy,
            ),
            (
                "egress is stopping; nothing was sent",
                Reason::EgressStopping,
            ),
            (
                "the message's words can no longer be read",
                Reason::ContentErased,
            ),
            ("by the messenger", Reason::ByMessenger),
            (
                "deliveries fail; one probe at a time until one succeeds",
                Reason::Failing,
            ),
            (
                "every delivery failed for 24 hours; reconnect when the messenger is back",
                Reason::FailedTooLong { hours: 24 },
            ),
            ("the channel was deleted", Reason::ChannelDeleted),
            ("the person was forgotten", Reason::ContactForgotten),
            (
                "not delivered within its time to live",
                Reason::TimeToLivePassed,
            ),
        ]);
    }

    #[test]
    fn any_other_text_is_kept() {
        for text in ["because", "", "the messenger answered nonsense", "a (401)"] {
            let detail = text.to_owned();
            assert_eq!(Reason::lift(text), Reason::Unknown { detail });
        }
    }
}
