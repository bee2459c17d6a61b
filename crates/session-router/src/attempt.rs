//! Requests to egress: one attempt at a messenger.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use chat::event::{Event, MessageSent};
use chat::id::{ChannelId, MessageId, SessionId};
use chat::messenger::outbound::{Addressee, Dialect, Message};
use chat::reason::Reason;
use chat::record::{Record, Stream};
use chat::rpc::{ATTEMPT_TIMEOUT_MS, AttemptReply, AttemptRequest, Outcome, Security};
use chat::rules::is_code_valid;
use chat::seal::Indexed;
use chat::secret::Secret;
use chat::state::{Channel, ChannelCode};
use chat::time::Timestamp;
use chat::workspace::Workspace;

use crate::external::ExternalMessageId;
use crate::known_codes::KnownCodes;
use crate::sealed_log::SealedLog;

/// The webhook of an attempt, and the codes that sign it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) channel: ChannelId,
    /// The channel's generation, which the result belongs to.
    pub(crate) generation: u32,
    pub(crate) url: String,
    /// The valid codes, newest first.
    pub(crate) codes: Vec<Secret>,
    /// All codes, which the messenger may repeat.
    pub(crate) known_codes: KnownCodes,
    pub(crate) dialect: Dialect,
    security: Security,
}

impl Target {
    /// The target of a channel in its present state.
    pub(crate) fn of(
        sealed_log: &SealedLog,
        id: ChannelId,
        channel: &Channel,
        now: Timestamp,
    ) -> Self {
        let stream = Stream::Channel(id);
        let open = |c: &ChannelCode| {
            let code = sealed_log.open_with_master_key(&c.code, &stream)?;
            Some((is_code_valid(c.until, now), code))
        };
        let known: Vec<(bool, Secret)> = channel.codes.iter().filter_map(open).collect();
        let valid = known.iter().filter(|(is_valid, _)| *is_valid);
        Self {
            channel: id,
            generation: channel.generation,
            url: channel.webhook.clone(),
            codes: valid.map(|(_, code)| code.clone()).collect(),
            known_codes: known.into_iter().map(|(_, code)| code).collect(),
            dialect: channel.dialect,
            security: channel.security,
        }
    }

    /// Builds the request for one attempt. `id` is the same for every attempt at the same thing.
    pub(crate) fn request(
        &self,
        id: String,
        mut make: impl FnMut(&Addressee<'_>) -> Vec<u8>,
    ) -> AttemptRequest {
        let is_signed = self.security == Security::Signed;
        let mut body = |token| {
            make(&Addressee {
                channel: self.channel,
                token,
                dialect: self.dialect,
            })
        };
        let no_code = Secret::new("");
        let token = self.codes.first().unwrap_or(&no_code);
        let old = self.codes.get(1).filter(|_| !is_signed);
        let codes = self
            .codes
            .iter()
            .filter(|code| !code.expose().is_empty())
            .cloned()
            .collect();
        AttemptRequest {
            url: self.url.clone(),
            id,
            codes,
            body: body(Some(token).filter(|_| !is_signed)),
            old_body: old.map(|old| body(Some(old))),
            timeout_ms: ATTEMPT_TIMEOUT_MS,
            is_profile: false,
        }
    }
}

/// The result of an attempt that did not reach the messenger.
pub(crate) const fn failed(reason: Reason) -> AttemptReply {
    AttemptReply {
        ms: 0,
        outcome: Outcome::Failed(reason),
        old_code: None,
    }
}

/// A message to send. Its content stays sealed until the request is built, off the loop.
pub(crate) struct MessageAttempt {
    pub(crate) target: Target,
    session: SessionId,
    chat: Indexed,
    /// Of [`Event::MessageSent`].
    record: Arc<Record>,
    operator: String,
    /// The message that it replies to, and its `externalMessageId` if a contact wrote it.
    reply_to: Option<(MessageId, Option<ExternalMessageId>)>,
    /// How often a user sent it again.
    retry: u32,
    key: u32,
}

impl MessageAttempt {
    /// Combines the state with the message's record. `None` if the message is not pending.
    pub(crate) fn of(
        workspace: &Workspace,
        sealed_log: &SealedLog,
        id: MessageId,
        record: Arc<Record>,
        now: Timestamp,
    ) -> Option<Self> {
        let (session_id, session, state, delivery) = workspace.pending(id)?;
        let channel = workspace.channels.get(&session.channel)?;
        let Event::MessageSent(sent) = &record.event else {
            return None;
        };
        let quoted = |id: MessageId| (id, ExternalMessageId::of(workspace, id));
        Some(Self {
            target: Target {
                dialect: delivery.dialect,
                ..Target::of(sealed_log, session.channel, channel, now)
            },
            session: session_id,
            chat: session.external_chat_id.clone(),
            operator: operator_name(workspace, sent),
            retry: state.extra().retries,
            reply_to: sent.reply_to.map(quoted),
            record,
            key: *workspace.contacts.get(&session.contact)?.keys.first()?,
        })
    }

    /// Opens the content and the ids, and builds the request. `None` if the key was destroyed.
    pub(crate) fn request(&self, sealed_log: &SealedLog) -> Option<AttemptRequest> {
        let Event::MessageSent(sent) = &self.record.event else {
            return None;
        };
        let content = sealed_log.open(&sent.content, self.key, &Stream::Session(self.session))?;
        let chat = sealed_log.open_indexed(&self.chat, self.key)?;
        // A quoted message of a person who was forgotten is named by our id.
        let reply_to = self.reply_to.as_ref().map(|(id, external)| {
            let external = external.as_ref().and_then(|id| id.read(sealed_log));
            external.unwrap_or_else(|| id.to_string())
        });
        let message = Message {
            id: sent.message,
            session: self.session,
            external_chat_id: &chat,
            content: &content,
            created_at: self.record.time,
            operator: (&sent.operator, &self.operator),
            reply_to: reply_to.as_deref(),
            retry: self.retry,
        };
        let id = message.webhook_id();
        Some(self.target.request(id, |to| to.message(&message)))
    }
}

/// The author's name, as it was when the message was sent. Events of older versions do not have it: then
/// it is the present name.
fn operator_name(workspace: &Workspace, sent: &MessageSent) -> String {
    let now = || Some(workspace.users.get(&sent.operator)?.name.clone());
    let name = sent.operator_name.clone().or_else(now);
    name.unwrap_or_else(|| sent.operator.to_string())
}
