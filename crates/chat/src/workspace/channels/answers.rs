//! Decisions on messengers' answers about a channel.

use std::time::Duration;

use crate::command::{Decision, NewEvent, Verification};
use crate::event::{
    ChannelStatusChanged, ChannelUpdated, CodeUsed, Event, MessagesRefused, NoticesSettled,
};
use crate::id::ChannelId;
use crate::model::ChannelStatus;
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::state::Channel;
use crate::time::Timestamp;
use crate::verdict::{RequestKind, Verdict};
use crate::verification::{Proof, Purpose};
use crate::workspace::Workspace;
use crate::workspace::channels::{changed, channel_event, status};

/// How long a rejected notice is not recorded again, so that a messenger that rejects all of them does
/// not fill the log.
const REFUSAL_INTERVAL: Duration = Duration::from_mins(1);

impl Workspace {
    /// Decides the result of a verification.
    pub(in crate::workspace) fn decide_verified(
        &self,
        verification: &Verification,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let (id, channel) = (verification.channel, self.channel(verification.channel)?);
        let never = matches!(
            channel.status,
            ChannelStatus::Pending | ChannelStatus::Failed
        );
        let given_up =
            verification.purpose == Purpose::Connect && channel.status != ChannelStatus::Pending;
        let answer = Decision::unchanged(Answer::Channel(id));
        match (&verification.purpose, &verification.result) {
            _ if given_up => Ok(answer),
            (Purpose::Test, Ok(_)) => Ok(self.decide_tested(id, now)),
            (Purpose::Test | Purpose::Webhook(_), Err(_)) => Ok(answer),
            (Purpose::Reconnect, result) if verification.generation != channel.generation => {
                Self::decide_overtaken(id, channel, result)
            }
            (Purpose::Connect | Purpose::Reconnect, Ok(proof)) => {
                // Another channel may have connected the account during the verification.
                self.check_account(&channel.webhook, Some(id))?;
                Ok(changed(id, channel.live_chat, active(proof)))
            }
            (Purpose::Connect | Purpose::Reconnect, Err(reason)) => {
                let ended = if never {
                    ChannelStatus::Failed
                } else {
                    channel.status
                };
                if ended == ChannelStatus::Active {
                    return Ok(answer);
                }
                Ok(changed(
                    id,
                    channel.live_chat,
                    status(ended, Some(reason.clone())),
                ))
            }
            (Purpose::Webhook(webhook), Ok(proof)) => {
                self.check_account(webhook, Some(id))?;
                let moved = ChannelUpdated {
                    webhook: Some(webhook.clone()),
                    ..Default::default()
                };
                let mut decision = changed(id, channel.live_chat, moved);
                if channel.status != ChannelStatus::Disconnected {
                    decision
                        .events
                        .push(channel_event(id, channel.live_chat, active(proof)));
                }
                Ok(decision)
            }
        }
    }

    /// Decides a reconnect whose channel changed during the verification. A channel that was
    /// disconnected meanwhile stays disconnected; the event makes the fold notify its messenger, which
    /// considers itself connected.
    fn decide_overtaken(
        id: ChannelId,
        channel: &Channel,
        result: &Result<Proof, Reason>,
    ) -> Result<Decision, Rejection> {
        match (channel.status, result) {
            (ChannelStatus::Active, _) => Ok(Decision::unchanged(Answer::Channel(id))),
            (ChannelStatus::Disconnected, Ok(proof)) => {
                let ended = ChannelStatusChanged {
                    verified: Some(proof.verified),
                    ..status(ChannelStatus::Disconnected, channel.reason.clone())
                };
                Ok(changed(id, channel.live_chat, ended))
            }
            (now, _) => {
                let status = now.as_str().to_owned();
                Err(Reason::ChannelChanged { status }.into())
            }
        }
    }

    /// Decides a notice that the messenger rejected with 401 or 410. It shows in the channel's health and
    /// changes nothing else. The same reason is recorded once in [`REFUSAL_INTERVAL`].
    pub(in crate::workspace) fn decide_notice_refused(
        &self,
        id: ChannelId,
        notice: u64,
        reason: &Reason,
        now: Timestamp,
    ) -> Decision {
        let Some(channel) = self.channels.get(&id) else {
            return Decision::nothing();
        };
        let is_known = channel.last_error.as_ref().is_some_and(|(at, last)| {
            last == reason && *at <= now && now.since(*at) < REFUSAL_INTERVAL
        });
        if is_known || channel.status == ChannelStatus::Deleted {
            return Decision::nothing();
        }
        let settled = NoticesSettled {
            notices: vec![notice],
            error: Some(reason.clone()),
        };
        unpublished(id, settled)
    }

    /// Decides a use of a code. Only a change is recorded.
    pub(in crate::workspace) fn decide_code_used(&self, id: ChannelId, used: CodeUsed) -> Decision {
        let channel = self.channels.get(&id);
        if channel.is_some_and(|c| c.old_code.is_changed_by(used)) {
            unpublished(id, used)
        } else {
            Decision::nothing()
        }
    }

    pub(in crate::workspace) fn decide_notices_settled(
        &self,
        id: ChannelId,
        notices: &[u64],
    ) -> Decision {
        let known: Vec<u64> = notices
            .iter()
            .copied()
            .filter(|n| self.notices.get(&(id, *n)).is_some())
            .collect();
        if known.is_empty() {
            return Decision::nothing();
        }
        unpublished(
            id,
            NoticesSettled {
                notices: known,
                error: None,
            },
        )
    }

    pub(in crate::workspace) fn decide_messages_refused(
        &self,
        id: ChannelId,
        count: u64,
    ) -> Decision {
        if count == 0 || self.channels.get(&id).is_none() {
            return Decision::nothing();
        }
        unpublished(id, MessagesRefused { count })
    }
}

pub(in crate::workspace) fn active(proof: &Proof) -> ChannelStatusChanged {
    ChannelStatusChanged {
        verified: Some(proof.verified),
        capabilities: Some(proof.capabilities.clone().unwrap_or_default()),
        ..status(ChannelStatus::Active, None)
    }
}

/// Returns the status change that the answer to a message causes for the whole channel.
pub(in crate::workspace) fn channel_fault(answered: u16) -> Option<ChannelStatusChanged> {
    let now = Verdict::of(RequestKind::Message, answered).channel_status()?;
    Some(status(now, Some(Reason::of_status(answered))))
}

pub(in crate::workspace) fn unpublished(id: ChannelId, event: impl Into<Event>) -> Decision {
    Decision::new(
        [NewEvent::new(Stream::Channel(id), None, event)],
        Answer::Done,
    )
}
