//! Requests of roles and users, from a message of the bus to a change of the state and a release.

use bus::Message;
use chat::codec;
use chat::command::{ChannelCommand, Command, Reply, Request, Update};
use chat::id::{ChannelId, CommandId, LiveChatId, UserId};
use chat::messenger::Inbound;
use chat::noun::Group;
use chat::password;
use chat::record::{Actor, Answer, Stream};
use chat::rejection::{Code, Rejection};
use chat::role::{
    Access, AccessRequest, Audience, Health, HealthReply, HealthRequest, InboundReply,
    InboundRequest, Login, LoginRequest,
};
use chat::subject::{Question, is_inbox_of};
use chat::time::Timestamp;
use chat::verification::Purpose;
use chat::workspace::Caller;

use crate::api::{self, Call, Query, Signal, SignalKind};
use crate::batch::Release;
use crate::config::SIDE_JOBS_MAX;
use crate::feed;
use crate::router::Router;
use crate::verify::Requester;
use crate::view::{self, Scanned};

/// What must be done beside the loop before a request can be answered.
pub(crate) enum Job {
    /// Hash a password.
    Hash(Message, UserId, api::NeedsHash),
    /// Search the log for what a console missed.
    Scan(Message, UserId, view::Scan),
}

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
            Some(chat::role::Code {
                code: self.library.open_house(&code.code, &stream)?,
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
            let open = |token| self.library.open_house(token, &stream);
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
            .open_house(&user.password_hash, &Stream::User(id.clone()))?;
        let audit = user.is(Group::Administrators);
        Some(Login {
            user: id.clone(),
            password_hash,
            feeds: (!all).then_some(feeds),
            audit,
            as_of: self.workspace.position,
        })
    }

    /// A user asks something. What cannot be done on the loop comes back as a job.
    pub(crate) fn serve_user(&mut self, message: Message, now: Timestamp) -> Option<Job> {
        let (user, method) = self.subjects.parse_api(&message.subject)?;
        // NATS checks what a user publishes to, not where the answer goes: an answer on the feed or on
        // a role's subject would be believed there.
        if message
            .reply
            .as_ref()
            .is_some_and(|reply| !is_inbox_of(&user, reply))
        {
            tracing::warn!(%user, "a request wants its answer outside the user's inbox; it is ignored");
            return None;
        }
        let caller = match self.workspace.caller(&user) {
            Ok(caller) => caller,
            Err(rejection) => return self.refuse(message, rejection),
        };
        let administers = caller.administers();
        self.presence.heard(&user, now);
        self.audience.somebody(now);
        match api::parse(&user, method, &message.payload, now) {
            // Hashing costs memory and time: only those who may use the result have it done.
            Ok(Call::NeedsHash(call)) => match administers {
                Ok(()) => Some(Job::Hash(message, user, call)),
                Err(rejection) => self.refuse(message, rejection),
            },
            Ok(Call::Query(Query::EventsAfter(after))) => {
                let scan = view::scan_of(&self.workspace, &caller, &after);
                Some(Job::Scan(message, user.clone(), scan))
            }
            Ok(Call::Query(Query::Deliveries(query))) => {
                match view::walk_of(&self.workspace, &caller, &query) {
                    Ok(walk) => Some(Job::Scan(message, user.clone(), walk)),
                    Err(rejection) => self.refuse(message, rejection),
                }
            }
            Ok(call) => {
                self.call(message, &user, call, now);
                None
            }
            Err(rejection) => self.refuse(message, rejection),
        }
    }

    /// Carries out a call that needs nothing more.
    pub(crate) fn call(&mut self, message: Message, user: &UserId, call: Call, now: Timestamp) {
        match call {
            Call::Command {
                command,
                command_id,
                digest,
            } => {
                self.command(message, user, (command, command_id, digest), now);
            }
            Call::Token {
                user: of,
                command_id,
                digest,
            } => self.token(message, user, (of, command_id, digest), now),
            Call::Query(query) => {
                let caller = self.workspace.caller(user);
                match caller.and_then(|caller| {
                    let online = |user: &UserId| self.presence.is_online(user, now);
                    view::plan(&self.workspace, &caller, &query, &online, &self.facts)
                }) {
                    Ok(plan) => self
                        .batch
                        .releases
                        .push(Release::Answer(message, Box::new(plan))),
                    Err(rejection) => self
                        .batch
                        .releases
                        .push(Release::Refusal(message, rejection)),
                }
            }
            Call::Signal(signal) => self.signal(message, user, &signal, now),
            Call::NeedsHash(_) => {
                let rejection =
                    Rejection::new(Code::Unavailable, "the password was not hashed; ask again");
                self.refuse(message, rejection);
            }
        }
    }

    /// What was found in the log, with what the state knows of it now.
    pub(crate) fn plan_scanned(
        &self,
        user: &UserId,
        scanned: Scanned,
    ) -> Result<view::Plan, Rejection> {
        let caller = self.workspace.caller(user)?;
        match scanned {
            Scanned::Events(found) => Ok(view::plan_events(
                &self.workspace,
                &caller,
                found,
                &self.facts,
                &self.subjects,
            )),
            Scanned::Attempts(found) => view::plan_attempts(&self.workspace, &caller, found),
        }
    }

    fn command(
        &mut self,
        message: Message,
        user: &UserId,
        (command, command_id, digest): (Command, Option<CommandId>, [u8; 16]),
        now: Timestamp,
    ) {
        let writes = matches!(command, Command::Message(_) | Command::Session(_));
        if writes && self.disk_full {
            self.refuse(message, no_room());
            return;
        }
        if asks_messenger(&command) && self.verifying.count >= SIDE_JOBS_MAX {
            let words = "too many messengers are being verified at once; nothing was changed, \
                         ask again";
            self.refuse(message, Rejection::new(Code::Unavailable, words));
            return;
        }
        let request = Request {
            by: Actor::User(user.clone()),
            command_id,
            digest,
            command,
        }
        .keyed(self.library.keyring.master());
        match self.apply(&request, now) {
            Ok((reply, mut effects)) => {
                let at = effects
                    .iter()
                    .position(|e| matches!(e, chat::command::Effect::Verify(..)));
                let verify = at.map(|at| effects.remove(at));
                self.release_effects(effects, now);
                match (verify, reply) {
                    // The answer is what the messenger says; it is given then.
                    (Some(chat::command::Effect::Verify(channel, purpose)), _) => {
                        let requester = Requester {
                            message,
                            user: user.clone(),
                            command_id,
                            digest: request.digest,
                        };
                        self.verify_for(requester, channel, purpose, now);
                    }
                    (_, Reply::Answer(answer)) => {
                        let plan = self.plan_answer(user, &request.command, answer);
                        self.batch
                            .releases
                            .push(Release::Answer(message, Box::new(plan)));
                    }
                    (_, Reply::Accepted(_) | Reply::User(_)) => {}
                }
            }
            Err(rejection) => {
                self.refuse(message, rejection);
            }
        }
    }

    /// Asks a messenger to verify itself for a user, who is answered when it has answered.
    fn verify_for(
        &mut self,
        requester: Requester,
        channel: ChannelId,
        purpose: Purpose,
        now: Timestamp,
    ) {
        if let Some(command) = requester.command_id {
            let command = (requester.user.clone(), command);
            if !self.verifying.commands.insert(command) {
                let words = "this is being done; ask again for how it ended";
                self.refuse(requester.message, Rejection::new(Code::Unavailable, words));
                return;
            }
        }
        if let Some(mut verify) = self.verify(channel, purpose, now) {
            verify.requester = Some(requester);
            self.batch.releases.push(Release::Verify(Box::new(verify)));
        }
    }

    /// What a command's answer shows.
    fn plan_answer(&self, by: &UserId, command: &Command, answer: Answer) -> view::Plan {
        let about = match command {
            Command::User(command) => command.user(),
            _ => by,
        };
        view::plan_answer(&self.workspace, about, &answer, &self.facts)
    }

    /// A token is made here, and shown once.
    fn token(
        &mut self,
        message: Message,
        user: &UserId,
        (of, command_id, digest): (UserId, Option<CommandId>, [u8; 16]),
        now: Timestamp,
    ) {
        let token = password::token::new(&mut self.chance);
        let hash = chat::secret::Secret::new(password::token::hash(&token));
        let command = Command::User(chat::command::UserCommand::Token {
            user: of.clone(),
            hash,
        });
        let request = Request {
            by: Actor::User(user.clone()),
            command_id,
            digest,
            command,
        }
        .keyed(self.library.keyring.master());
        let before = self.workspace.position;
        match self.apply(&request, now) {
            Ok(_) if self.workspace.position == before => {
                let words = "this token was issued and shown before; ask for a new one";
                self.refuse(message, Rejection::new(Code::Conflict, words));
            }
            Ok(_) => self.batch.releases.push(Release::Token(message, of, token)),
            Err(rejection) => {
                self.refuse(message, rejection);
            }
        }
    }

    /// An operator writes or looks: colleagues see it, and a messenger that can show it.
    fn signal(&mut self, message: Message, user: &UserId, signal: &Signal, now: Timestamp) {
        let Signal {
            session,
            kind,
            ended,
        } = *signal;
        let seen = self
            .workspace
            .caller(user)
            .and_then(|c| self.workspace.visible_session(&c, session));
        match seen {
            Ok(row) => {
                let signal = feed::Signal {
                    session,
                    kind,
                    who: feed::Who::User(user.clone()),
                    ended,
                };
                let (subject, payload) = signal.message(&self.subjects, row.live_chat, now);
                let mine = row.operator.as_ref() == Some(user) && row.is_open();
                let (channel, chat) = (row.channel, row.external_chat_id.to_string());
                self.batch.releases.push(Release::Signal(subject, payload));
                if mine && kind == SignalKind::Typing && !ended {
                    self.batch.releases.push(Release::Typing(channel, chat));
                }
                self.batch.releases.push(Release::Empty(message));
            }
            Err(rejection) => {
                self.refuse(message, rejection);
            }
        }
    }

    pub(crate) fn refuse(&mut self, message: Message, rejection: Rejection) -> Option<Job> {
        self.batch
            .releases
            .push(Release::Refusal(message, rejection));
        None
    }
}

/// Whether a command has a messenger verify itself.
const fn asks_messenger(command: &Command) -> bool {
    matches!(
        command,
        Command::Channel(
            ChannelCommand::Connect(_)
                | ChannelCommand::Reconnect(_)
                | ChannelCommand::Test(_)
                | ChannelCommand::Update(Update {
                    webhook: Some(_),
                    ..
                })
        )
    )
}

fn no_room() -> Rejection {
    Rejection::new(
        Code::Unavailable,
        "the disk is nearly full; nothing was stored, try again later",
    )
}
