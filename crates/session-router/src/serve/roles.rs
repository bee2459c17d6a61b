//! What the other roles ask: ingress for channels and with messages, the console for logins.

use bus::Message;
use chat::codec;
use chat::command::{Reply, Request};
use chat::id::{ChannelId, LiveChatId, UserId};
use chat::messenger::Inbound;
use chat::model::Group;
use chat::record::Stream;
use chat::rejection::{Code, Rejection};
use chat::rpc::{
    Access, AccessRequest, Audience, Health, HealthReply, HealthRequest, InboundReply,
    InboundRequest, Login, LoginRequest,
};
use chat::subject::Question;
use chat::time::Timestamp;
use chat::workspace::Caller;

use super::no_room;
use crate::batch::Release;
use crate::router::Router;

impl Router {
    /// A role asks something.
    pub(crate) fn serve_role(&mut self, message: Message, now: Timestamp) {
        let question = Question::of(&message.subject);
        let payload = message.payload.clone();
        let release = match question {
            Some(Question::Access) => {
                codec::decode(&payload).map(|q| Release::Access(message, self.access(&q)))
            }
            Some(Question::Inbound) => {
                let questions = codec::decode::<Vec<InboundRequest>>(&payload);
                questions.map(|all| Release::Inbound(message, self.inbounds(all, now)))
            }
            Some(Question::Health) => {
                codec::decode(&payload).map(|q| Release::Health(message, self.health(&q, now)))
            }
            Some(Question::Login) => {
                self.audience.somebody(now);
                codec::decode(&payload).map(|q| Release::Login(message, self.login(&q)))
            }
            Some(Question::Audience) => match codec::decode(&payload) {
                Ok(word) => return self.hear(word, now),
                Err(error) => Err(error),
            },
            None => return,
        };
        match release {
            Ok(release) => self.batch.releases.push(release),
            Err(error) => {
                tracing::warn!(?question, error = %error, "a role speaks another version");
            }
        }
    }

    /// The console says whether anybody could listen to the feed.
    fn hear(&mut self, word: Audience, now: Timestamp) {
        if word.anybody {
            self.audience.somebody(now);
        } else {
            self.audience.nobody(now);
        }
    }

    fn access(&self, question: &AccessRequest) -> Option<Access> {
        let channel = self.workspace.channel(question.channel).ok()?;
        let stream = Stream::Channel(question.channel);
        let code = |code: &chat::state::ChannelCode| {
            let until = code.until;
            Some(chat::rpc::ConfirmationCode {
                code: self.library.open_with_master_key(&code.code, &stream)?,
                until,
            })
        };
        Some(Access {
            revision: channel.revision,
            codes: channel.codes.iter().filter_map(code).collect(),
            security: channel.security,
        })
    }

    /// The answers wait together for the last frame that one of them made, so for all before it.
    fn inbounds(&mut self, questions: Vec<InboundRequest>, now: Timestamp) -> Vec<InboundReply> {
        let each = questions.into_iter();
        each.map(|question| self.inbound(question, now)).collect()
    }

    fn inbound(&mut self, question: InboundRequest, now: Timestamp) -> InboundReply {
        if self.is_stale(question.channel, question.revision) {
            return InboundReply::Stale;
        }
        let is_message = matches!(question.inbound, Inbound::Message(_));
        if is_message && self.disk_full {
            return InboundReply::Rejected(no_room());
        }
        let master = self.library.keyring.master();
        let request = Request::inbound(question.channel, question.inbound).keyed(master);
        match self.apply(&request, now) {
            Ok((reply, effects)) => {
                self.release_effects(effects, now);
                match reply {
                    Reply::Accepted(accepted) => InboundReply::Accepted(accepted),
                    Reply::User(card) => InboundReply::User(card),
                    Reply::Answer(_) => InboundReply::Done,
                }
            }
            Err(rejection) => {
                if is_message && rejection.code == Code::ChannelDisconnected {
                    *self.refused.entry(question.channel).or_default() += 1;
                }
                InboundReply::Rejected(rejection)
            }
        }
    }

    /// Whether a request was verified against codes that are no longer the channel's.
    fn is_stale(&self, channel: ChannelId, revision: u32) -> bool {
        self.workspace
            .channels
            .get(&channel)
            .is_some_and(|c| c.revision != revision)
    }

    fn health(&self, question: &HealthRequest, now: Timestamp) -> HealthReply {
        if self.is_stale(question.channel, question.revision) {
            return HealthReply::Stale;
        }
        let Ok(channel) = self.workspace.channel(question.channel) else {
            let words = format!("there is no channel {}", question.channel);
            return HealthReply::Rejected(Rejection::new(Code::ChannelNotFound, words));
        };
        HealthReply::Health(Health {
            status: channel.status.as_str().to_owned(),
            pending_deliveries: channel.pending,
            last_error_at: channel.last_error.as_ref().map(|(at, _)| *at),
            last_error: channel.last_error.as_ref().map(|(_, words)| words.clone()),
            last_message_id: channel.last_external.clone(),
            operators_online: self.operators_online(channel.live_chat, now),
        })
    }

    fn operators_online(&self, live_chat: LiveChatId, now: Timestamp) -> u32 {
        let Ok(live_chat) = self.workspace.live_chat(live_chat) else {
            return 0;
        };
        let online = |user: &&UserId| self.presence.is_online(user, now);
        u32::try_from(live_chat.members.iter().filter(online).count()).unwrap_or(u32::MAX)
    }

    /// Whose token this is, by its hash.
    fn token_holder(&mut self, hash: &str) -> Option<UserId> {
        for (id, user) in self.workspace.users.iter() {
            let version = user.head.version;
            if self.tokens.get(id).is_some_and(|(v, _)| *v == version) {
                continue;
            }
            let stream = Stream::User(id.clone());
            let open = |token| self.library.open_with_master_key(token, &stream);
            let known = user.tokens.iter().filter_map(open).collect();
            self.tokens.insert(id.clone(), (version, known));
        }
        let mut holders = self.tokens.iter();
        let holder = holders.find(|(_, (_, known))| known.iter().any(|t| t.expose() == hash))?;
        Some(holder.0.clone())
    }

    fn login(&mut self, question: &LoginRequest) -> Option<Login> {
        let (id, user) = match question {
            LoginRequest::Password(id) => (id.clone(), self.workspace.users.get(id)?),
            LoginRequest::Token(hash) => {
                let holder = self.token_holder(hash)?;
                let user = self.workspace.users.get(&holder)?;
                (holder, user)
            }
        };
        if user.disabled {
            return None;
        }
        let all = user.sees_all();
        let caller = Caller { id: &id, user };
        let feeds = self
            .workspace
            .visible_live_chats(&caller)
            .map(|(id, _)| id)
            .collect();
        let password_hash = self
            .library
            .open_with_master_key(&user.password_hash, &Stream::User(id.clone()))?;
        let audit = user.is(Group::Administrators);
        Some(Login {
            user: id.clone(),
            password_hash,
            feeds: (!all).then_some(feeds),
            audit,
            as_of: self.workspace.position,
        })
    }
}
