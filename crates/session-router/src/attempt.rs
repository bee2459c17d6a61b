//! Requests to egress: one attempt at a messenger.

use std::sync::Arc;
use std::time::Duration;

use bus::Bus;
use chat::event::Event;
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

/// Added to the timeout of an attempt: it may wait 2 s in the queue of egress.
const BUS_MARGIN: Duration = Duration::from_secs(3);

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

/// Requests one attempt from egress. Without an answer the attempt has failed.
pub(crate) async fn ask(bus: &Bus, subject: String, request: &AttemptRequest) -> AttemptReply {
    let timeout = Duration::from_millis(u64::from(request.timeout_ms)) + BUS_MARGIN;
    match bus.ask::<_, AttemptReply>(subject, request, timeout).await {
        Ok(reply) => reply,
        Err(error) => {
            tracing::debug!(%error, "egress did not answer");
            failed(if error.is_in_doubt() {
                Reason::EgressTimedOut
            } else {
                Reason::NoEgress
            })
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
        let (session_id, session, ..) = workspace.pending(id)?;
        let channel = workspace.channels.get(&session.channel)?;
        let Event::MessageSent(sent) = &record.event else {
            return None;
        };
        let user = workspace.users.get(&sent.operator);
        let quoted = |id: MessageId| (id, ExternalMessageId::of(workspace, id));
        Some(Self {
            target: Target::of(sealed_log, session.channel, channel, now),
            session: session_id,
            chat: session.external_chat_id.clone(),
            operator: user.map_or_else(|| sent.operator.to_string(), |user| user.name.clone()),
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
        };
        Some(
            self.target
                .request(sent.message.to_string(), |to| to.message(&message)),
        )
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::view::tests::shell::{Shell, text};

    /// The `data` of the request for an operator's message.
    fn sent(shell: &Shell, message: MessageId) -> Option<Value> {
        let (workspace, sealed_log) = (shell.workspace(), &shell.sealed_log);
        let record = sealed_log.record(workspace.message(message)?.1.position)?;
        let attempt = MessageAttempt::of(workspace, sealed_log, message, record, shell.now)?;
        let request = attempt.request(sealed_log)?;
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        Some(body["data"].clone())
    }

    #[test]
    fn a_message_names_the_chat_and_the_quoted_message_unless_its_author_was_forgotten() {
        let mut shell = Shell::new();
        let live_chat = shell.live_chat("Desk", &[]);
        let channel = shell.channel(&live_chat, "https://chat.example/hook");
        let session = shell.writes(channel, "group", "one", "hello").session_id;
        let quoted = shell.writes(channel, "group", "two", "hi").message_id;
        let external = format!(
            "m{}",
            shell.workspace().message(quoted).unwrap().1.position - 2
        );
        let reply = json!({ "session": session, "text": "yes", "replyTo": quoted });
        let reply = shell.ok("root", "messages.send", &reply)["messageId"].clone();
        let reply: MessageId = text(&reply).parse().unwrap();
        let data = sent(&shell, reply).unwrap();
        assert_eq!(
            (&data["targetChatId"], &data["replyTo"]),
            (&json!("group"), &json!(external))
        );

        let author = |id| json!({ "contact": shell.workspace().author(id).unwrap() });
        let [two, one] = [author(quoted), author(reply)];
        shell.ok("root", "contacts.forget", &two);
        let data = sent(&shell, reply).unwrap();
        assert_eq!(
            (&data["targetChatId"], &data["replyTo"]),
            (&json!("group"), &json!(quoted))
        );
        let key = shell
            .workspace()
            .contacts
            .iter()
            .next()
            .unwrap()
            .1
            .keys
            .clone();
        shell.sealed_log.keyring.destroy(&key).unwrap();
        assert_eq!(
            sent(&shell, reply),
            None,
            "the key of the chat is destroyed"
        );
        shell.ok("root", "contacts.forget", &one);
        assert!(shell.workspace().pending(reply).is_none());
    }

    #[test]
    fn only_a_signed_channel_gets_no_token_and_a_rotation_prepares_the_old_one() {
        for (security, old, tokens) in [
            ("signed", "24h", [None, None]),
            ("token", "24h", [Some("new"), Some("secret code")]),
            ("open", "24h", [Some("new"), Some("secret code")]),
            ("token", "0s", [Some("new"), None]),
        ] {
            let mut shell = Shell::new();
            let live_chat = shell.live_chat("Desk", &[]);
            let id = shell.channel(&live_chat, "https://chat.example/hook");
            let set = json!({ "channel": id, "security": security });
            shell.ok("root", "channels.update", &set);
            let rotate = json!({ "channel": id, "code": "new", "overlap": old });
            shell.ok("root", "channels.rotate", &rotate);
            let channel = shell.workspace().channels.get(&id).unwrap();
            let target = Target::of(&shell.sealed_log, id, channel, shell.now);
            let request = target.request("id".to_owned(), |to| to.user_info("u"));
            let token = |body: &[u8]| {
                let body: Value = serde_json::from_slice(body).unwrap();
                body.get("token").and_then(Value::as_str).map(str::to_owned)
            };
            let sent = [
                token(&request.body),
                request.old_body.as_deref().and_then(token),
            ];
            assert_eq!(
                sent,
                tokens.map(|t| t.map(str::to_owned)),
                "{security}, {old}"
            );
            assert_eq!(request.old_body.is_some(), tokens[1].is_some());
        }
    }
}
