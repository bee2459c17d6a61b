//! Channels whose messengers do not answer.

use std::time::Duration;

use chat::model::ChannelStatus;
use chat::reason::Reason;
use chat::seal::SealKey;
use chat::state::Channel;
use chat::time::Timestamp;

use super::finding::Finding;
use crate::data::Data;

const CHECK: &str = "webhooks";
/// How long a messenger may fail before it is reported.
const SILENCE_MAX: Duration = Duration::from_hours(1);

/// Reports channels whose messenger has not answered for long, as of a time: now, or the last moment at
/// which a stopped broker tried.
pub(super) fn webhooks(data: &Data, master: &SealKey, as_of: Timestamp) -> Vec<Finding> {
    let channels = match session_router::channels(data.path(), master) {
        Ok(Some(channels)) => channels,
        Ok(None) => return vec![Finding::ok(CHECK, "not known before the broker has run")],
        Err(error) => {
            let message = format!("cannot read the channels: {:#}", anyhow::Error::new(error));
            return vec![Finding::warning(CHECK, message)];
        }
    };
    let mut findings: Vec<Finding> = (channels.iter())
        .filter_map(|channel| silent(channel, as_of))
        .map(|message| Finding::warning(CHECK, message))
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok(CHECK, "no messenger has failed for an hour"));
    }
    findings
}

fn silent(channel: &Channel, as_of: Timestamp) -> Option<String> {
    let (name, pending) = (&channel.name, channel.pending);
    let because = |reason: Option<&Reason>| reason.map(|reason| format!(" ({reason})"));
    match channel.status {
        ChannelStatus::Interrupted => Some(format!(
            "channel {name:?} is interrupted since {}{}; check its messenger, then: switchboard channel \
             reconnect --channel {name:?}",
            channel.since,
            because(channel.reason.as_ref()).unwrap_or_default()
        )),
        ChannelStatus::Active => {
            let since = channel.breaker.failing_since?;
            let error = channel.last_error.as_ref().map(|(_, reason)| reason);
            (as_of.since(since) >= SILENCE_MAX).then(|| {
                format!(
                    "the webhook of channel {name:?} has not answered since {since}{}; {pending} messages \
                     wait; check the messenger",
                    because(error).unwrap_or_default()
                )
            })
        }
        ChannelStatus::Pending
        | ChannelStatus::Disconnected
        | ChannelStatus::Failed
        | ChannelStatus::Deleted => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chat::id::LiveChatId;
    use chat::messenger::outbound::Dialect;
    use chat::model::Capabilities;
    use chat::rpc::Security;
    use chat::state::{Breaker, Head, OldCode};

    use super::*;

    /// A channel whose messenger fails since a time.
    fn channel(status: ChannelStatus, failing_since: Option<Timestamp>) -> Channel {
        Channel {
            live_chat: LiveChatId::from_bytes([1; 16]),
            name: "Shop".to_owned(),
            webhook: "https://shop.example/webhook".to_owned(),
            codes: Vec::new(),
            old_code: OldCode::default(),
            revision: 1,
            generation: 1,
            security: Security::Token,
            dialect: Dialect::Native,
            operator_initiated: None,
            capabilities: Capabilities::default(),
            verified: None,
            status,
            since: Timestamp::default(),
            reason: None,
            refused: 0,
            last_error: None,
            last_external: None,
            pending: 3,
            last_attempt: 0,
            parked: 0,
            operators: BTreeSet::new(),
            breaker: Breaker {
                failing_since,
                ..Breaker::default()
            },
            has_retries: true,
            probed_at: None,
            next_notice: 0,
            dropped_notices: 0,
            head: Head::default(),
        }
    }

    #[test]
    fn a_messenger_that_fails_for_an_hour_or_is_interrupted_is_silent() {
        use ChannelStatus::{Active, Disconnected, Interrupted};
        let now = Timestamp::from_micros(0).plus(SILENCE_MAX);
        let [hour, less] = [0, 1].map(|micros| Some(Timestamp::from_micros(micros)));
        for (status, failing_since, is_silent) in [
            (Active, None, false),
            (Active, less, false),
            (Active, hour, true),
            (Disconnected, hour, false),
            (Interrupted, None, true),
        ] {
            let message = silent(&channel(status, failing_since), now);
            assert_eq!(message.is_some(), is_silent, "{message:?}");
        }
    }
}
