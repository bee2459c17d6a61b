//! Requests of other roles: access, health and inbound events from ingress, sign-ins from the console.

use bus::Message;
use chat::codec;
use chat::command::{Reply, Request, SystemCommand};
use chat::event::CodeUsed;
use chat::id::{ChannelId, LiveChatId, UserId};
use chat::messenger::Inbound;
use chat::model::{ChannelStatus, Group};
use chat::reason::Reason;
use chat::record::Stream;
use chat::rejection::{Code, Rejection};
use chat::rpc::{
    Access, AccessRequest, Audience, ConfirmationCode, Health, HealthReply, HealthRequest,
    InboundReply, InboundRequest, Login, LoginRequest, ResetPassword,
};
use chat::state::{Channel, ChannelCode};
use chat::subject::Question;
use chat::time::Timestamp;
use chat::workspace::Caller;

use super::Router;
use super::users::disk_full;
use crate::outbox::Answer;

impl Router {
    /// Serves a request of a role.
    pub(crate) fn serve_role(&mut self, message: Message, now: Timestamp) {
        let Some(question) = Question::of(&message.subject) else {
            return;
        };
        match self.answer_role(question, &message.payload, now) {
            Ok(Some(answer)) => self.reply(message, answer),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(?question, %error, "request ignored: it does not decode; run all roles in the same version");
            }
        }
    }

    pub(super) fn answer_role(
        &mut self,
        question: Question,
        payload: &[u8],
        now: Timestamp,
    ) -> Result<Option<Answer>, codec::Error> {
        Ok(Some(match question {
            Question::Access => Answer::role(&self.access(&codec::decode(payload)?)),
            // The replies are one answer, sent once the events of all requests are durable.
            Question::Inbound => {
                let requests: Vec<InboundRequest> = codec::decode(payload)?;
                let each = requests.into_iter();
                let replies: Vec<_> = each.map(|request| self.inbound(request, now)).collect();
                Answer::role(&replies)
            }
            Question::Health => Answer::role(&self.health(&codec::decode(payload)?, now)),
            Question::ResetPassword => {
                Answer::role(&self.reset_password(codec::decode(payload)?, now))
            }
            Question::Login => {
                self.audience.saw_user(now);
                Answer::role(&self.login(&codec::decode(payload)?, now))
            }
            Question::Audience => {
                let report: Audience = codec::decode(payload)?;
                if report.anybody {
                    self.audience.saw_user(now);
                } else {
                    self.audience.saw_nobody(now);
                }
                self.presence.reported(report.users, now);
                return Ok(None);
            }
        }))
    }

    fn reset_password(&mut self, reset: ResetPassword, now: Timestamp) -> Result<(), Rejection> {
        let user = reset.user.clone();
        let command = SystemCommand::ResetPassword(reset.user, reset.password_hash);
        let (_, effects) = self.apply(&Request::system(command), now)?;
        tracing::warn!(%user, "password reset from the command line");
        self.queue_effects(effects, now);
        Ok(())
    }

    fn access(&self, request: &AccessRequest) -> Option<Access> {
        let channel = self.state.workspace().channel(request.channel).ok()?;
        let stream = Stream::Channel(request.channel);
        let code = |code: &ChannelCode| {
            let until = code.until;
            Some(ConfirmationCode {
                code: self
                    .state
                    .sealed_log()
                    .open_with_master_key(&code.code, &stream)?,
                until,
            })
        };
        Some(Access {
            revision: channel.revision,
            codes: channel.codes.iter().filter_map(code).collect(),
            security: channel.security,
        })
    }

    pub(super) fn inbound(&mut self, mut request: InboundRequest, now: Timestamp) -> InboundReply {
        if self.is_stale(request.channel, request.revision) {
            return InboundReply::Stale;
        }
        let channel = request.channel;
        // It would end nothing now, and the messenger's answer to `connect` would undo it.
        if matches!(request.inbound, Inbound::Disconnect)
            && self.verifications.is_connecting(channel)
        {
            return InboundReply::Rejected(Reason::ChannelConnecting.into());
        }
        if let Err(rejection) = self.has_room(channel, &request.inbound, now) {
            return InboundReply::Rejected(rejection);
        }
        let is_message = matches!(request.inbound, Inbound::Message(_));
        let edit_has_effect = match self.edit_has_effect(channel, &request.inbound) {
            Ok(has_effect) => has_effect,
            Err(rejection) => return InboundReply::Rejected(rejection),
        };
        let master = self.state.sealed_log().keyring.master();
        let used = request.old_code.map(|old| CodeUsed { old, inbound: true });
        if let Inbound::Status {
            reason: Some(reason),
            ..
        } = &mut request.inbound
            && let Some(codes) = self.known_codes(channel)
        {
            *reason = codes.redact(reason, usize::MAX);
        }
        let webhook_id = request.webhook_id;
        let request = Request {
            edit_has_effect,
            ..Request::inbound(channel, request.inbound)
        };
        let request = match &webhook_id {
            Some(id) => request.signed(id).keyed(master),
            None => request.keyed(master),
        };
        let applied = self.apply(&request, now);
        let known = self.state.workspace().channels.get(&channel);
        if let Some(used) = used
            && known.is_some_and(|c| c.old_code.is_changed_by(used))
        {
            self.apply_system(SystemCommand::CodeUsed(channel, used), now);
        }
        match applied {
            Ok((reply, effects)) => {
                self.queue_effects(effects, now);
                match reply {
                    Reply::Accepted(accepted) => InboundReply::Accepted(accepted),
                    Reply::User(card) => InboundReply::User(card),
                    Reply::Answer(_) => InboundReply::Done,
                    Reply::Repeated => InboundReply::Repeated,
                }
            }
            Err(rejection) => {
                InboundReply::Rejected(self.not_accepted(channel, is_message, rejection))
            }
        }
    }

    /// Rejects a message that cannot be stored, or whose outcome cannot. One that was accepted before
    /// needs no room.
    fn has_room(
        &mut self,
        channel: ChannelId,
        inbound: &Inbound,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let Inbound::Message(message) = inbound else {
            return Ok(());
        };
        if !self.disk_full && !self.has_full_notices(channel, now) {
            return Ok(());
        }
        let is_known = self.state.look(|workspace, _| {
            let known = workspace.message_by_external(channel, &message.external_message_id);
            known.is_some()
        });
        if is_known? {
            Ok(())
        } else if self.disk_full {
            Err(disk_full())
        } else {
            let limit = self.state.rules().notices_full;
            Err(Reason::NoticesFull { limit }.into())
        }
    }

    /// Whether new messages of a channel are rejected because too many notices wait: their outcomes would
    /// be dropped. While the messenger does not answer, messages are accepted nevertheless, because what
    /// people write matters more than notices.
    fn has_full_notices(&self, id: ChannelId, now: Timestamp) -> bool {
        let workspace = self.state.workspace();
        let answers = |channel: &Channel| {
            channel.status == ChannelStatus::Active
                && !channel.breaker.open
                && !self.notices.is_away(id, now)
        };
        workspace.notices_of(id) >= self.state.rules().notices_full
            && workspace.channels.get(&id).is_some_and(answers)
    }

    /// The rejection of an inbound request. Counts the messages of inactive channels, except while the
    /// messenger may consider itself connected because it has `connect`.
    fn not_accepted(
        &mut self,
        channel: ChannelId,
        is_message: bool,
        rejection: Rejection,
    ) -> Rejection {
        if rejection.code != Code::ChannelDisconnected {
            return rejection;
        }
        if self.verifications.is_connecting(channel) {
            return Reason::ChannelConnecting.into();
        }
        if is_message {
            *self.rejected.entry(channel).or_default() += 1;
        }
        rejection
    }

    /// Whether ingress verified a request against codes that have changed since.
    fn is_stale(&self, channel: ChannelId, revision: u32) -> bool {
        self.state
            .workspace()
            .channels
            .get(&channel)
            .is_some_and(|c| c.revision != revision)
    }

    fn health(&mut self, request: &HealthRequest, now: Timestamp) -> HealthReply {
        if self.is_stale(request.channel, request.revision) {
            return HealthReply::Stale;
        }
        let last_message_id = self.state.last_message_id(request.channel);
        let Ok(channel) = self.state.workspace().channel(request.channel) else {
            let channel = request.channel.to_string();
            return HealthReply::Rejected(Reason::ChannelNotFound { channel }.into());
        };
        HealthReply::Health(Health {
            status: channel.status.as_str().to_owned(),
            pending_deliveries: channel.pending,
            last_error_at: channel.last_error.as_ref().map(|(at, _)| *at),
            last_error: channel
                .last_error
                .as_ref()
                .map(|(_, reason)| reason.to_string()),
            last_message_id,
            operators_online: self.operators_online(channel.live_chat, now),
        })
    }

    fn operators_online(&self, live_chat: LiveChatId, now: Timestamp) -> u32 {
        let Ok(live_chat) = self.state.workspace().live_chat(live_chat) else {
            return 0;
        };
        let online = |user: &&UserId| self.presence.is_online(user, now);
        u32::try_from(live_chat.members.iter().filter(online).count()).unwrap_or(u32::MAX)
    }

    fn login(&mut self, request: &LoginRequest, now: Timestamp) -> Option<Login> {
        let id = match request {
            LoginRequest::Password(id) => id.clone(),
            LoginRequest::Token(hash) => {
                let (holder, token) = self.state.token_holder(hash)?;
                self.apply_system(SystemCommand::TokenUsed(holder.clone(), token), now);
                holder
            }
        };
        let user = self.state.workspace().users.get(&id)?;
        if user.disabled {
            return None;
        }
        let all = user.sees_all();
        let caller = Caller { id: &id, user };
        let feeds = self
            .state
            .workspace()
            .visible_live_chats(&caller)
            .map(|(id, _)| id)
            .collect();
        let password_hash = self
            .state
            .sealed_log()
            .open_with_master_key(&user.password_hash, &Stream::User(id.clone()))?;
        let audit = user.is(Group::Administrators);
        Some(Login {
            user: id.clone(),
            password_hash,
            feeds: (!all).then_some(feeds),
            audit,
            as_of: self.state.workspace().position,
        })
    }
}
