//! Requests of users: the console API.

use bus::Message;
use chat::command::{ChannelCommand, Command, Effect, Origin, Reply, Request, Update};
use chat::id::{ChannelId, TokenId, UserId};
use chat::password;
use chat::reason::Reason;
use chat::record::Answer as Changed;
use chat::rejection::Rejection;
use chat::secret::Secret;
use chat::subject::is_inbox_of;
use chat::time::Timestamp;
use chat::verification::Purpose;
use serde_json::json;

use super::loads::Slow;
use super::{Router, ok};
use crate::api::{self, Call, CommandKey, IssueToken, LogQuery, Query, Signal, SignalKind};
use crate::feed;
use crate::outbox::Answer;
use crate::quota::busy;
use crate::side_jobs::{SlowRequest, SlowWork};
use crate::verify::Requester;
use crate::view;

impl Router {
    /// Serves a request of a user. Returns it if it needs slow work before it can be answered.
    pub(crate) fn serve_user(&mut self, message: Message, now: Timestamp) -> Option<Slow> {
        let (user, method) = self.subjects.parse_api(&message.subject)?;
        // NATS checks the subject of a request, not its reply subject: a reply on the feed or on a
        // role's subject would be taken for a genuine message.
        let reply = message.reply.as_ref();
        if reply.is_some_and(|reply| !is_inbox_of(&user, reply)) {
            tracing::warn!(%user, "request ignored: its reply subject is outside the user's inbox");
            return None;
        }
        let caller = match self.state.workspace().caller(&user) {
            Ok(caller) => caller,
            Err(rejection) => {
                self.reject(message, rejection);
                return None;
            }
        };
        let administers = caller.require_administrator();
        self.presence.saw(&user, now);
        self.audience.saw_user(now);
        match api::parse(&user, method, &message.payload, now) {
            // Hashing costs memory and time, so rights are checked before it.
            Ok(Call::NeedsHash(call)) => match administers {
                Ok(()) => {
                    let work = SlowWork::Hash(call, self.state.chance().bytes());
                    Some(Slow::Work(SlowRequest::new(message, user, work)))
                }
                Err(rejection) => {
                    self.reject(message, rejection);
                    None
                }
            },
            Ok(call) => self.call(message, &user, call, now),
            Err(rejection) => {
                self.reject(message, rejection);
                None
            }
        }
    }

    /// Prepares a query that reads the log before it can be planned.
    fn scan(&mut self, message: Message, user: &UserId, query: LogQuery) -> Option<Slow> {
        let workspace = self.state.workspace();
        let scan = workspace
            .caller(user)
            .and_then(|caller| view::scan(workspace, &caller, &query));
        if let Some(needs) = self.state.take_needs() {
            return self.wait(message, user, Call::LogQuery(query), needs);
        }
        match scan {
            Ok(scan) => {
                let work = SlowWork::Scan(scan);
                Some(Slow::Work(SlowRequest::new(message, user.clone(), work)))
            }
            Err(rejection) => {
                self.reject(message, rejection);
                None
            }
        }
    }

    /// Answers a query, or has it wait for rows.
    fn query(
        &mut self,
        message: Message,
        user: &UserId,
        query: Query,
        now: Timestamp,
    ) -> Option<Slow> {
        let plan = self.plan(user, &query, now);
        if let Some(needs) = self.state.take_needs() {
            return self.wait(message, user, Call::Query(query), needs);
        }
        let place = self.queries.take(user);
        match place.and_then(|place| Ok(plan?.holding(place))) {
            Ok(plan) => self.reply(message, Answer::Plan(Box::new(plan))),
            Err(rejection) => self.reject(message, rejection),
        }
        None
    }

    /// Handles a parsed request whose slow work, if any, is done.
    pub(super) fn call(
        &mut self,
        message: Message,
        user: &UserId,
        call: Call,
        now: Timestamp,
    ) -> Option<Slow> {
        match call {
            Call::Command(command, key) => {
                return self.command(message, user, (command, key), now);
            }
            Call::Query(query) => return self.query(message, user, query, now),
            Call::LogQuery(query) => return self.scan(message, user, query),
            Call::Token(issue, key) => self.token(message, user, (issue, key), now),
            Call::Signal(signal) => self.signal(message, user, &signal, now),
            Call::NeedsHash(_) => self.reject(message, Reason::InternalError.into()),
        }
        None
    }

    /// Plans the answer to a query. It is void if rows are missing.
    pub(super) fn plan(
        &self,
        user: &UserId,
        query: &Query,
        now: Timestamp,
    ) -> Result<view::Plan, Rejection> {
        let workspace = self.state.workspace();
        let online = |user: &UserId| self.presence.is_online(user, now);
        let caller = workspace.caller(user)?;
        let public_url = self.state.public_url();
        view::plan(workspace, &caller, (query, now), &online, public_url)
    }

    fn command(
        &mut self,
        message: Message,
        user: &UserId,
        (command, key): (Command, CommandKey),
        now: Timestamp,
    ) -> Option<Slow> {
        let writes = matches!(command, Command::Message(_) | Command::Session(_));
        if writes && self.disk_full {
            self.reject(message, disk_full());
            return None;
        }
        if verifies(&command) && !self.verifications.allows(user) {
            self.reject(message, busy("verification"));
            return None;
        }
        let at = self.at(now);
        let request = self.request_of(user, command, key);
        let decided = self.state.try_decide(&request, at);
        if let Some(needs) = self.state.take_needs() {
            let Origin::User(_, command) = request.origin else {
                return None;
            };
            return self.wait(message, user, Call::Command(command, key), needs);
        }
        match decided.and_then(|decision| self.record(decision, &request, &request.by(), at)) {
            Ok(applied) => self.answer_command(message, user, (request, key), applied, now),
            Err(rejection) => self.reject_command(message, &request, rejection),
        }
        None
    }

    /// Answers a command that was applied, and starts what it causes.
    fn answer_command(
        &mut self,
        message: Message,
        user: &UserId,
        (request, key): (Request, CommandKey),
        (reply, mut effects): (Reply, Vec<Effect>),
        now: Timestamp,
    ) {
        let verify = |effect: &Effect| matches!(effect, Effect::Verify(..));
        let verify = effects.iter().position(verify).map(|at| effects.remove(at));
        match (verify, reply) {
            // The answer shows what the messenger answers, so it is given then.
            (Some(Effect::Verify(channel, purpose)), _) => {
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
            (_, Reply::Answer(changed)) => {
                let about = if let Origin::User(_, Command::User(command)) = &request.origin {
                    command.user()
                } else {
                    user
                };
                let plan = match self.plan_answer(about, &changed) {
                    Ok(plan) => plan,
                    Err(rejection) => return self.reject(message, rejection),
                };
                let answer = if effects.iter().any(changes_rights) {
                    ok(plan.render(self.state.sealed_log()))
                } else {
                    Answer::Plan(Box::new(plan))
                };
                self.reply(message, answer);
            }
            (_, Reply::Accepted(_) | Reply::User(_) | Reply::Repeated) => {}
        }
        self.queue_effects(effects, now);
    }

    /// Rejects a command, with details that are read from the log.
    fn reject_command(&mut self, message: Message, request: &Request, rejection: Rejection) {
        let plan = match &request.origin {
            Origin::User(_, command) => {
                let looked = self
                    .state
                    .look(|workspace, _| view::details_of(workspace, command, &rejection));
                looked.unwrap_or_default()
            }
            Origin::Messenger(..) | Origin::System(_) => None,
        };
        let answer = match plan {
            Some(plan) => Answer::RejectionWith(Box::new(plan), Box::new(rejection)),
            None => Answer::User(Err(rejection)),
        };
        self.reply(message, answer);
    }

    fn request_of(&self, user: &UserId, command: Command, key: CommandKey) -> Request {
        let request = Request::user(user.clone(), command, key.digest).with_id(key.id);
        request.keyed(self.state.sealed_log().keyring.master())
    }

    /// Plans the answer to a command: the changed object. `about` is the user that a command on users
    /// changes.
    pub(super) fn plan_answer(
        &mut self,
        about: &UserId,
        changed: &Changed,
    ) -> Result<view::Plan, Rejection> {
        let public_url = self.state.public_url().to_owned();
        self.state
            .look(|workspace, _| view::plan_answer(workspace, about, changed, &public_url))
    }

    /// Starts a verification for a user, who gets the reply once the messenger has answered.
    fn verify_for(
        &mut self,
        requester: Requester,
        channel: ChannelId,
        purpose: Purpose,
        now: Timestamp,
    ) {
        let Some(mut verify) = self.state.verify(channel, purpose, now) else {
            return;
        };
        if !self.verifications.start(&requester) {
            let rejection = Reason::InProgress.into();
            self.reject(requester.message, rejection);
            return;
        }
        verify.requester = Some(requester);
        self.start_verification(verify);
    }

    /// Creates an API token and shows it, once.
    fn token(
        &mut self,
        message: Message,
        user: &UserId,
        (issue, key): (IssueToken, CommandKey),
        now: Timestamp,
    ) {
        let token = password::token::new(self.state.chance());
        let hash = Secret::new(password::token::hash(&token));
        let id = TokenId::new(now, self.state.chance());
        let user_of = issue.user.clone();
        let request = self.request_of(user, issue.command(id, hash), key);
        let before = self.state.workspace().position;
        match self.apply(&request, now) {
            Ok(_) if self.state.workspace().position == before => {
                self.reject(message, Reason::TokenShown.into());
            }
            Ok(_) => {
                let shown = json!({ "user": user_of, "id": id, "token": token.expose() });
                self.reply(message, ok(shown));
            }
            Err(rejection) => self.reject(message, rejection),
        }
    }

    /// Sends a signal of an operator to colleagues, and to the messenger if it supports that.
    fn signal(&mut self, message: Message, user: &UserId, signal: &Signal, now: Timestamp) {
        let Signal {
            session,
            kind,
            ended,
        } = *signal;
        let looked = self.state.look(|workspace, _| {
            let caller = workspace.caller(user)?;
            workspace.visible_session(&caller, session).cloned()
        });
        let row = match looked.flatten() {
            Ok(row) => row,
            Err(rejection) => {
                self.reject(message, rejection);
                return;
            }
        };
        let signal = feed::Signal {
            session,
            kind,
            who: feed::Who::User(user.clone()),
            ended,
        };
        let signal = signal.message(&self.subjects, row.live_chat, now);
        let is_operator = row.operator.as_ref() == Some(user) && row.is_open();
        self.publish(signal);
        if is_operator && kind == SignalKind::Typing && !ended {
            self.notify_typing(session, now);
        }
        self.reply(message, ok(json!({})));
    }
}

/// Whether a command starts a verification.
const fn verifies(command: &Command) -> bool {
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

/// Whether an effect may close the caller's connection. The answer must leave before it, so it is
/// rendered at once: it is a user or a live chat, for which nothing is read from the log.
const fn changes_rights(effect: &Effect) -> bool {
    matches!(effect, Effect::RightsChanged(_))
}

pub(super) fn disk_full() -> Rejection {
    Reason::DiskFull.into()
}
