//! Deciding about channels. Only administrators change them.

use crate::command::{ChannelCommand, Connect, Decision, Effect, NewEvent, Update, Verification};
use crate::content::URL_BYTES_MAX;
use crate::event::{
    ChannelCreated, ChannelStatusChanged, ChannelUpdated, CodeRotated, Event, MessagesRefused,
    NoticesSettled,
};
use crate::id::{ChannelId, LiveChatId, UserId};
use crate::noun::ChannelStatus;
use crate::record::{Answer, Stream};
use crate::rejection::{Code, Rejection};
use crate::role::Security;
use crate::rules::LIST_MAX;
use crate::seal::Private;
use crate::secret::Secret;
use crate::signature;
use crate::state::Channel;
use crate::verification::{Proof, Purpose, account};
use crate::workspace::sessions::{ENDED_MAX, closings};
use crate::workspace::users::check_name;
use crate::workspace::{Caller, Context, Workspace};

/// The longest confirmation code, in bytes.
const CODE_BYTES_MAX: usize = 1_024;

impl Workspace {
    pub(super) fn decide_channel(
        &self,
        caller: &Caller<'_>,
        command: &ChannelCommand,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        caller.administers()?;
        match command {
            ChannelCommand::Connect(connect) => self.decide_connect(connect, context),
            ChannelCommand::Disconnect(id) => {
                let channel = self.channel(*id)?;
                let ended = match channel.status {
                    ChannelStatus::Disconnected | ChannelStatus::Failed => {
                        return Ok(Decision::repeated(Answer::Channel(*id)));
                    }
                    // What was never connected holds no account once it is given up.
                    ChannelStatus::Pending => ChannelStatus::Failed,
                    _ => ChannelStatus::Disconnected,
                };
                let event = status(ended, Some(format!("by {}", caller.id)));
                Ok(changed(*id, channel.live_chat, event))
            }
            ChannelCommand::Reconnect(id) => {
                self.check_account(&self.channel(*id)?.webhook, Some(*id))?;
                Ok(Decision::repeated(Answer::Channel(*id))
                    .then(Effect::Verify(*id, Purpose::Reconnect)))
            }
            ChannelCommand::Test(id) => {
                self.channel(*id)?;
                Ok(Decision::repeated(Answer::Channel(*id))
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
            } => {
                let now = self.channel(*channel)?;
                check_code(code, now.security)?;
                let event = CodeRotated {
                    code: Private::Clear(code.clone()),
                    codeless: is_empty(code),
                    old_until: context.now.plus(*overlap),
                };
                Ok(changed(*channel, now.live_chat, event))
            }
        }
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
        if self.channels_of(connect.live_chat).count() >= LIST_MAX {
            return Err(Rejection::new(
                Code::TooLarge,
                format!("the live chat has {LIST_MAX} channels already"),
            ));
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

    fn decide_update(&self, update: &Update) -> Result<Decision, Rejection> {
        let channel = self.channel(update.channel)?;
        if update.security.is_some_and(|s| s != Security::Open)
            && channel.codes.iter().any(|c| c.empty)
        {
            let words = "the channel has no confirmation code; rotate to one first";
            return Err(Rejection::invalid("/security", words));
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
            Decision::repeated(Answer::Channel(update.channel))
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

    /// What follows from a messenger's answer to `connect`.
    pub(super) fn decide_verified(
        &self,
        verification: &Verification,
    ) -> Result<Decision, Rejection> {
        let (id, channel) = (verification.channel, self.channel(verification.channel)?);
        let never = matches!(
            channel.status,
            ChannelStatus::Pending | ChannelStatus::Failed
        );
        let given_up =
            verification.purpose == Purpose::Connect && channel.status != ChannelStatus::Pending;
        let answer = Decision::repeated(Answer::Channel(id));
        match (&verification.purpose, &verification.result) {
            _ if given_up => Ok(answer),
            (Purpose::Test, _) | (Purpose::Webhook(_), Err(_)) => Ok(answer),
            (Purpose::Connect | Purpose::Reconnect, Ok(proof)) => {
                // While the messenger was asked, another channel may have taken the account.
                self.check_account(&channel.webhook, Some(id))?;
                Ok(changed(id, channel.live_chat, active(proof)))
            }
            (Purpose::Connect | Purpose::Reconnect, Err(reason)) => {
                let now = if never {
                    ChannelStatus::Failed
                } else {
                    channel.status
                };
                if now == ChannelStatus::Active {
                    return Ok(answer);
                }
                Ok(changed(
                    id,
                    channel.live_chat,
                    status(now, Some(reason.clone())),
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
                        .push(of(id, channel.live_chat, active(proof)));
                }
                Ok(decision)
            }
        }
    }

    /// The messenger ends the connection.
    pub(super) fn disconnected_by_messenger(id: ChannelId, channel: &Channel) -> Decision {
        if channel.status != ChannelStatus::Active {
            return Decision::nothing();
        }
        let event = status(
            ChannelStatus::Disconnected,
            Some("by the messenger".to_owned()),
        );
        changed(id, channel.live_chat, event)
    }

    /// What an answer to a notice says about the channel: 401 interrupts it, 410 disconnects it.
    pub(super) fn decide_judged(&self, id: ChannelId, answered: u16) -> Decision {
        match self.channels.get(&id) {
            Some(channel) if channel.status == ChannelStatus::Active => judgement(answered)
                .map_or_else(Decision::nothing, |e| changed(id, channel.live_chat, e)),
            _ => Decision::nothing(),
        }
    }

    pub(super) fn decide_settled(&self, id: ChannelId, notices: &[u64]) -> Decision {
        let known: Vec<u64> = notices
            .iter()
            .copied()
            .filter(|n| self.notices.get(&(id, *n)).is_some())
            .collect();
        if known.is_empty() {
            return Decision::nothing();
        }
        quiet(id, NoticesSettled { notices: known })
    }

    pub(super) fn decide_refused(&self, id: ChannelId, count: u64) -> Decision {
        if count == 0 || self.channels.get(&id).is_none() {
            return Decision::nothing();
        }
        quiet(id, MessagesRefused { count })
    }

    /// Channels are gone: what their sessions' operators see ends with an event each, as far as one
    /// frame holds them; the fold ends the rest.
    pub(super) fn deletion(&self, ids: &[ChannelId], by: &UserId, answer: Answer) -> Decision {
        let channels = || {
            ids.iter()
                .filter_map(|id| Some((*id, self.channels.get(id)?)))
        };
        let open = channels().flat_map(|(id, _)| self.open_sessions(id));
        let mut events = closings(open, "the channel was deleted");
        events.extend(channels().take(ENDED_MAX).map(|(id, channel)| {
            let event = status(ChannelStatus::Deleted, Some(format!("by {by}")));
            of(id, channel.live_chat, event)
        }));
        let keys: Vec<u32> = ids.iter().flat_map(|id| self.parked_keys(*id)).collect();
        let decision = Decision::of(events, answer);
        if keys.is_empty() {
            decision
        } else {
            decision.then(Effect::DestroyKeys(keys))
        }
    }

    /// One account, one live chat: nobody else may have this webhook.
    fn check_account(&self, webhook: &str, own: Option<ChannelId>) -> Result<(), Rejection> {
        let holder = self
            .channels
            .iter()
            .find(|(id, c)| c.webhook == webhook && c.holds_account() && Some(**id) != own);
        let Some((id, holder)) = holder else {
            return Ok(());
        };
        let name = self
            .live_chats
            .get(&holder.live_chat)
            .map_or("", |l| l.name.as_str());
        Err(Rejection::new(
            Code::AccountAlreadyConnected,
            format!(
                "{webhook} is connected to the live chat {name:?} already, as channel {:?}",
                holder.name
            ),
        )
        .with("liveChat", holder.live_chat.to_string())
        .with("channel", id.to_string()))
    }
}

/// What an answer says about the channel that gave it, whatever was asked.
pub(super) fn judgement(answered: u16) -> Option<ChannelStatusChanged> {
    let (now, reason) = match answered {
        401 => (
            ChannelStatus::Interrupted,
            "the messenger refused the confirmation code (401)",
        ),
        410 => (
            ChannelStatus::Disconnected,
            "the messenger says that it is gone (410)",
        ),
        _ => return None,
    };
    Some(status(now, Some(reason.to_owned())))
}

pub(super) fn status(status: ChannelStatus, reason: Option<String>) -> ChannelStatusChanged {
    ChannelStatusChanged {
        status,
        reason,
        verified: None,
        capabilities: None,
        breaker_open: false,
    }
}

fn active(proof: &Proof) -> ChannelStatusChanged {
    ChannelStatusChanged {
        verified: Some(proof.verified),
        capabilities: Some(proof.capabilities.clone().unwrap_or_default()),
        ..status(ChannelStatus::Active, None)
    }
}

fn default_security(code: &Secret) -> Security {
    if code.expose().starts_with(signature::WHSEC) {
        Security::Signed
    } else {
        Security::Token
    }
}

fn check_code(code: &Secret, security: Security) -> Result<(), Rejection> {
    let text = code.expose();
    if text.is_empty() && security != Security::Open {
        return Err(Rejection::invalid(
            "/code",
            "is empty; give one, or choose security \"open\" in words",
        ));
    }
    if text.len() > CODE_BYTES_MAX || text.chars().any(char::is_control) {
        return Err(Rejection::invalid(
            "/code",
            "must have at most 1024 bytes and no control characters",
        ));
    }
    match signature::key(code) {
        Ok(key) if key.is_empty() && security != Security::Open => {
            Err(Rejection::invalid("/code", "an empty code proves nothing"))
        }
        Ok(_) => Ok(()),
        Err(e) => Err(Rejection::invalid("/code", e.to_string())),
    }
}

/// Whether anybody could prove a code: its key is empty.
fn is_empty(code: &Secret) -> bool {
    signature::key(code).is_ok_and(|key| key.is_empty())
}

fn check_webhook(webhook: &str) -> Result<String, Rejection> {
    if webhook.len() > URL_BYTES_MAX {
        return Err(Rejection::invalid(
            "/webhook",
            format!("must have at most {URL_BYTES_MAX} bytes"),
        ));
    }
    account(webhook).map_err(|detail| Rejection::invalid("/webhook", detail))
}

fn changed(id: ChannelId, live_chat: LiveChatId, event: impl Into<Event>) -> Decision {
    Decision::of(vec![of(id, live_chat, event)], Answer::Channel(id))
}

/// An event of a channel; its status concerns the operators of the live chat, the rest does not.
pub(super) fn of(id: ChannelId, live_chat: LiveChatId, event: impl Into<Event>) -> NewEvent {
    let event = event.into();
    let shown = matches!(event, Event::ChannelStatusChanged(_));
    NewEvent {
        stream: Stream::Channel(id),
        live_chat: shown.then_some(live_chat),
        event,
    }
}

fn quiet(id: ChannelId, event: impl Into<Event>) -> Decision {
    let event = NewEvent {
        stream: Stream::Channel(id),
        live_chat: None,
        event: event.into(),
    };
    Decision::of(vec![event], Answer::Done)
}
