//! Requests, of users here and of roles in the room beside, from a message of the bus to a change of the state and a release.

mod roles;

use bus::Message;
use chat::command::{ChannelCommand, Command, Reply, Request, Update};
use chat::id::{ChannelId, UserId};
use chat::password;
use chat::record::{Actor, Answer};
use chat::rejection::{Code, Rejection};
use chat::subject::is_inbox_of;
use chat::time::Timestamp;
use chat::verification::Purpose;

use crate::api::{self, Call, CommandKey, Query, Signal, SignalKind};
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
            Call::Command(command, key) => self.command(message, user, (command, key), now),
            Call::Token(of, key) => self.token(message, user, (of, key), now),
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
        Ok(match scanned {
            Scanned::Events(found) => {
                view::plan_events(&self.workspace, &caller, found, &self.facts, &self.subjects)
            }
            Scanned::Attempts(found) => view::plan_attempts(&self.workspace, &caller, found),
        })
    }

    fn command(
        &mut self,
        message: Message,
        user: &UserId,
        (command, key): (Command, CommandKey),
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
            command_id: key.id,
            digest: key.digest,
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
                            key: CommandKey {
                                digest: request.digest,
                                ..key
                            },
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
        if let Some(command) = requester.key.id {
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
        (of, key): (UserId, CommandKey),
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
            command_id: key.id,
            digest: key.digest,
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
