//! Recognizes the sentences that events had before typed reasons.

use crate::reason::Reason;

impl Reason {
    /// Returns the reason for a sentence of an old event, or [`Reason::Unknown`] with the sentence.
    pub fn from_old_text(text: &str) -> Self {
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

    #[test]
    fn old_sentences_are_recognized() {
        for line in include_str!("old_text.txt").lines() {
            let (sentence, reason) = line.split_once(" => ").unwrap();
            let reason: Reason = serde_json::from_str(reason).unwrap();
            assert_eq!(Reason::from_old_text(sentence), reason, "{sentence}");
        }
    }

    #[test]
    fn any_other_text_is_kept() {
        for text in ["because", "", "the messenger answered nonsense", "a (401)"] {
            let detail = text.to_owned();
            assert_eq!(Reason::from_old_text(text), Reason::Unknown { detail });
        }
    }
}
