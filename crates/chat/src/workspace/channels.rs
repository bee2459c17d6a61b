//! Decisions on channels. Only administrators change them.

mod answers;
mod check;

use std::time::Duration;

use crate::command::{ChannelCommand, Connect, Decision, Effect, NewEvent, Update};
use crate::event::{ChannelCreated, ChannelStatusChanged, ChannelUpdated, CodeRotated, Event};
use crate::id::{ChannelId, LiveChatId, UserId};
use crate::model::ChannelStatus;
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::rpc::Security;
use crate::rules::{LIST_MAX, ROTATION_OVERLAP_MAX};
use crate::seal::Private;
use crate::secret::Secret;
use crate::state::Channel;
use crate::time::Timestamp;
use crate::verification::{Purpose, is_same_account};
use crate::workspace::channels::check::{check_code, check_webhook, default_security, is_empty};
use crate::workspace::sessions::{ENDED_MAX, closings};
use crate::workspace::users::check_name;
use crate::workspace::{Caller, Context, Workspace};

pub(super) use answers::{channel_fault, unpublished};

impl Workspace {
    pub(super) fn decide_channel(
        &self,
        caller: &Caller<'_>,
        command: &ChannelCommand,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        caller.require_administrator()?;
        match command {
            ChannelCommand::Connect(connect) => self.decide_connect(connect, context),
            ChannelCommand::Disconnect(id) => self.decide_disconnect(caller.id, *id),
            ChannelCommand::Reconnect(id) => {
                self.check_account(&self.channel(*id)?.webhook, Some(*id))?;
                Ok(Decision::unchanged(Answer::Channel(*id))
                    .then(Effect::Verify(*id, Purpose::Reconnect)))
            }
            ChannelCommand::Test(id) => {
                self.channel(*id)?;
                Ok(Decision::unchanged(Answer::Channel(*id))
                    .then(Effect::Verify(*id, Purpose::Test)))
            }
            ChannelCommand::Rename { channel, name } => {
                check_name("/name", name)?;
                let live_chat = self.channel(*channel)?.live_chat;
                let event = ChannelUpdated {
                    name: Some(name.clone()),
                    ..Default::default()
                };
                Ok(changed(*channel, live_chat, event))
            }
            ChannelCommand::Delete(id) => {
                self.channel(*id)?;
                Ok(self.deletion(&[*id], caller.id, Answer::Channel(*id)))
            }
            ChannelCommand::Update(update) => self.decide_update(update),
            ChannelCommand::Rotate {
                channel,
                code,
                overlap,
            } => self.decide_rotate(*channel, code, *overlap, context.now),
        }
    }

    fn decide_disconnect(&self, user: &UserId, id: ChannelId) -> Result<Decision, Rejection> {
        let channel = self.channel(id)?;
        let ended = match channel.status {
            // A channel that was never verified must not hold its account.
            ChannelStatus::Pending | ChannelStatus::Failed => ChannelStatus::Failed,
            ChannelStatus::Active
            | ChannelStatus::Disconnected
            | ChannelStatus::Interrupted
            | ChannelStatus::Deleted => ChannelStatus::Disconnected,
        };
        // Record an event even if the status stays: it makes a running reconnect stale.
        let event = status(ended, Some(by(user)));
        Ok(changed(id, channel.live_chat, event))
    }

    fn decide_rotate(
        &self,
        id: ChannelId,
        code: &Secret,
        overlap: Duration,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let channel = self.channel(id)?;
        check_code(code, channel.security)?;
        if overlap > ROTATION_OVERLAP_MAX {
            let days = ROTATION_OVERLAP_MAX.as_secs() / 86_400;
            return Err(Reason::OverlapTooLong { days }.into());
        }
        let event = CodeRotated {
            code: Private::Clear(code.clone()),
            codeless: is_empty(code),
            old_until: now.plus(overlap),
        };
        Ok(changed(id, channel.live_chat, event))
    }

    fn decide_connect(
        &self,
        connect: &Connect,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        self.live_chat(connect.live_chat)?;
        check_name("/name", &connect.name)?;
        let webhook = check_webhook(&connect.webhook)?;
        let security = connect
            .security
            .unwrap_or_else(|| default_security(&connect.code));
        check_code(&connect.code, security)?;
        self.check_account(&webhook, None)?;
        if let Some((id, channel)) = self.unverified(connect, &webhook) {
            return Ok(connect_again(
                (id, channel),
                connect,
                (webhook, security),
                context.now,
            ));
        }
        if self.channels_of(connect.live_chat).count() >= LIST_MAX {
            return Err(Reason::ChannelsFull { limit: LIST_MAX }.into());
        }
        let id = ChannelId::new(context.now, context.chance);
        let event = ChannelCreated {
            live_chat: connect.live_chat,
            name: connect.name.clone(),
            webhook,
            code: Private::Clear(connect.code.clone()),
            codeless: is_empty(&connect.code),
            security,
            dialect: connect.dialect.unwrap_or_default(),
            operator_initiated: connect.operator_initiated,
        };
        Ok(changed(id, connect.live_chat, event).then(Effect::Verify(id, Purpose::Connect)))
    }

    /// The channel that an earlier `connect` of this account, or with this name, failed to verify.
    fn unverified(&self, connect: &Connect, webhook: &str) -> Option<(ChannelId, &Channel)> {
        let failed = || {
            self.channels_of(connect.live_chat)
                .filter(|(_, c)| c.status == ChannelStatus::Failed)
        };
        let same_account = failed().find(|(_, c)| is_same_account(&c.webhook, webhook));
        same_account.or_else(|| failed().find(|(_, c)| c.name == connect.name))
    }

    fn decide_update(&self, update: &Update) -> Result<Decision, Rejection> {
        let channel = self.channel(update.channel)?;
        if update.security.is_some_and(|s| s != Security::Open)
            && channel.codes.iter().any(|c| c.empty)
        {
            return Err(Reason::NoCode.into());
        }
        let event = ChannelUpdated {
            name: None,
            webhook: None,
            security: update.security.filter(|s| *s != channel.security),
            dialect: update.dialect.filter(|d| *d != channel.dialect),
            operator_initiated: update
                .operator_initiated
                .filter(|o| Some(*o) != channel.operator_initiated),
        };
        let mut decision = if event == ChannelUpdated::default() {
            Decision::unchanged(Answer::Channel(update.channel))
        } else {
            changed(update.channel, channel.live_chat, event)
        };
        if let Some(webhook) = &update.webhook {
            let webhook = check_webhook(webhook)?;
            if webhook != channel.webhook {
                self.check_account(&webhook, Some(update.channel))?;
                decision = decision.then(Effect::Verify(update.channel, Purpose::Webhook(webhook)));
            }
        }
        Ok(decision)
    }

    /// Decides a `disconnect` of the messenger.
    pub(super) fn disconnected_by_messenger(id: ChannelId, channel: &Channel) -> Decision {
        if channel.status != ChannelStatus::Active {
            return Decision::nothing();
        }
        let event = status(ChannelStatus::Disconnected, Some(Reason::ByMessenger));
        changed(id, channel.live_chat, event)
    }

    /// Deletes channels. Up to [`ENDED_MAX`] open sessions and as many channels end with an event each,
    /// which is what one frame holds; [`Workspace::evolve`] ends the rest.
    pub(super) fn deletion(&self, ids: &[ChannelId], by: &UserId, answer: Answer) -> Decision {
        let channels = || {
            ids.iter()
                .filter_map(|id| Some((*id, self.channels.get(id)?)))
        };
        let open = channels().flat_map(|(id, _)| self.open_sessions(id));
        let mut events = closings(open, &Reason::ChannelDeleted);
        events.extend(channels().take(ENDED_MAX).map(|(id, channel)| {
            let event = status(ChannelStatus::Deleted, Some(self::by(by)));
            channel_event(id, channel.live_chat, event)
        }));
        let keys: Vec<u32> = ids.iter().flat_map(|id| self.parked_keys(*id)).collect();
        let decision = Decision::new(events, answer);
        if keys.is_empty() {
            decision
        } else {
            decision.then(Effect::DestroyKeys(keys))
        }
    }
}

/// Changes a channel that was never verified to what a new `connect` says, and verifies it again.
fn connect_again(
    (id, channel): (ChannelId, &Channel),
    connect: &Connect,
    (webhook, security): (String, Security),
    now: Timestamp,
) -> Decision {
    let update = ChannelUpdated {
        name: Some(connect.name.clone()),
        webhook: Some(webhook),
        security: Some(security),
        dialect: Some(connect.dialect.unwrap_or_default()),
        operator_initiated: connect.operator_initiated,
    };
    let code = CodeRotated {
        code: Private::Clear(connect.code.clone()),
        codeless: is_empty(&connect.code),
        old_until: now,
    };
    let events = [
        channel_event(id, channel.live_chat, update),
        channel_event(id, channel.live_chat, code),
        channel_event(id, channel.live_chat, status(ChannelStatus::Pending, None)),
    ];
    Decision::new(events, Answer::Channel(id)).then(Effect::Verify(id, Purpose::Connect))
}

pub(super) fn status(status: ChannelStatus, reason: Option<Reason>) -> ChannelStatusChanged {
    ChannelStatusChanged {
        status,
        reason_text: None,
        verified: None,
        capabilities: None,
        breaker_open: false,
        reason,
    }
}

fn by(user: &UserId) -> Reason {
    Reason::ByUser {
        user: user.to_string(),
    }
}

pub(in crate::workspace) fn changed(
    id: ChannelId,
    live_chat: LiveChatId,
    event: impl Into<Event>,
) -> Decision {
    Decision::new([channel_event(id, live_chat, event)], Answer::Channel(id))
}

/// An event of a channel. Only status changes are published on the live chat's feed.
pub(super) fn channel_event(
    id: ChannelId,
    live_chat: LiveChatId,
    event: impl Into<Event>,
) -> NewEvent {
    let event = event.into();
    let is_published = matches!(event, Event::ChannelStatusChanged(_));
    NewEvent::new(
        Stream::Channel(id),
        is_published.then_some(live_chat),
        event,
    )
}
