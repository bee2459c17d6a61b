//! Requests of other roles: access and health from ingress, sign-ins from the console.

use bus::Message;
use chat::codec;
use chat::command::{Request, SystemCommand};
use chat::id::{ChannelId, LiveChatId, UserId};
use chat::model::Group;
use chat::reason::Reason;
use chat::record::Stream;
use chat::rejection::Rejection;
use chat::rpc::{
    Access, AccessRequest, Audience, ConfirmationCode, Health, HealthReply, HealthRequest, Login,
    LoginRequest, ResetPassword,
};
use chat::state::ChannelCode;
use chat::subject::Question;
use chat::time::Timestamp;
use chat::workspace::Caller;

use super::Router;
use crate::loader::{Inbounds, Load};
use crate::outbox::Answer;

impl Router {
    /// Serves a request of a role, or returns it with the rows that it needs.
    pub(crate) fn serve_role(&mut self, message: Message, now: Timestamp) -> Option<Load> {
        let question = Question::of(&message.subject)?;
        let served = if question == Question::Inbound {
            codec::decode(&message.payload)
                .map(|requests| self.serve_inbounds(Inbounds::new(message, requests), now))
        } else {
            let answer = self.answer_role(question, &message.payload, now);
            answer.map(|answer| {
                if let Some(answer) = answer {
                    self.reply(message, answer);
                }
                None
            })
        };
        served.unwrap_or_else(|error| {
            tracing::warn!(?question, %error, "request ignored: it does not decode; run all roles in the same version");
            None
        })
    }

    pub(super) fn answer_role(
        &mut self,
        question: Question,
        payload: &[u8],
        now: Timestamp,
    ) -> Result<Option<Answer>, codec::Error> {
        Ok(Some(match question {
            Question::Inbound => return Ok(None),
            Question::Access => Answer::role(&self.access(&codec::decode(payload)?)),
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

    /// Whether ingress verified a request against codes that have changed since.
    pub(super) fn is_stale(&self, channel: ChannelId, revision: u32) -> bool {
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
