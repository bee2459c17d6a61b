//! Decisions on messengers' answers about a channel.

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

    /// Decides a notice that was answered with 401, which interrupts the channel, or 410, which
    /// disconnects it.
    pub(in crate::workspace) fn decide_channel_fault(
        &self,
        id: ChannelId,
        generation: u32,
        answered: u16,
    ) -> Decision {
        let is_current =
            |c: &&Channel| c.status == ChannelStatus::Active && c.generation == generation;
        match self.channels.get(&id).filter(is_current) {
            Some(channel) => channel_fault(answered)
                .map_or_else(Decision::nothing, |e| changed(id, channel.live_chat, e)),
            None => Decision::nothing(),
        }
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
        unpublished(id, NoticesSettled { notices: known })
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

/// Returns the status change that an HTTP status causes for the whole channel.
pub(in crate::workspace) fn channel_fault(answered: u16) -> Option<ChannelStatusChanged> {
    // 401 and 410 mean the same for every kind of request.
    let now = Verdict::of(RequestKind::Notice, answered).channel_status()?;
    Some(status(now, Some(Reason::of_status(answered))))
}

pub(in crate::workspace) fn unpublished(id: ChannelId, event: impl Into<Event>) -> Decision {
    Decision::new(
        [NewEvent::new(Stream::Channel(id), None, event)],
        Answer::Done,
    )
}
