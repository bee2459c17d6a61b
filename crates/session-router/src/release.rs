//! What goes out once it is durable, and what comes back from outside.

use chat::codec;
use chat::command::{Attempted, Command, Request};
use chat::id::ChannelId;
use chat::record::Actor;
use chat::rejection::Rejection;
use chat::time::Timestamp;

use crate::attempt::Target;
use crate::batch::Release;
use crate::clock::now;
use crate::done::Done;
use crate::error::Error;
use crate::notices::Told;
use crate::run::Loop;
use crate::verify::{Step, Verify};
use crate::view;
use chat::rpc::AttemptReply;

impl Loop {
    /// Lets go what waited for a frame.
    pub(crate) fn release(&mut self, releases: Vec<Release>) -> Result<(), Error> {
        for release in releases {
            match release {
                Release::Inbound(message, reply) => self.outbox.answer(message, &reply),
                Release::Access(message, reply) => self.outbox.answer(message, &reply),
                Release::Health(message, reply) => self.outbox.answer(message, &reply),
                Release::Login(message, reply) => self.outbox.answer(message, &reply),
                Release::Answer(message, plan) => self.outbox.render(message, plan),
                Release::Traced(message, plan, trace) => {
                    self.outbox.render_with(message, plan, "trace", trace);
                }
                Release::Token(message, user, token) => {
                    let ok = serde_json::json!({ "user": user, "token": token.expose() });
                    self.outbox.reply(message, Ok(ok));
                }
                Release::Refusal(message, rejection) => self.outbox.reply(message, Err(rejection)),
                Release::Empty(message) => self.outbox.reply(message, Ok(serde_json::json!({}))),
                Release::Feed(item) => self.outbox.feed(item),
                Release::Signal(subject, payload) => self.outbox.publish(subject, payload),
                Release::Attempt(message) => {
                    self.work.attempt(&self.router.workspace, message, now());
                }
                Release::Tell(telling) => self.work.tell(telling),
                Release::Verify(verify) => {
                    self.tell_step(&verify, Step::Sending);
                    self.work.verify(verify);
                }
                Release::DestroyKeys(keys) => self.router.library.keyring.destroy(&keys)?,
                Release::Rights(user, position) => {
                    let subject = self.router.subjects.rights(&user);
                    self.outbox.publish(subject, codec::encode(&position));
                }
                Release::Typing(channel, chat) => self.show_typing(channel, &chat),
            }
        }
        Ok(())
    }

    fn tell_step(&self, verify: &Verify, step: Step<'_>) {
        let (subject, payload) = verify.told(step, &self.router.subjects);
        self.outbox.publish(subject, payload);
    }

    fn show_typing(&mut self, id: ChannelId, chat: &str) {
        let Some(channel) = self.router.workspace.channels.get(&id) else {
            return;
        };
        if !channel.hears_of_typing() || channel.status != chat::model::ChannelStatus::Active {
            return;
        }
        let at = now();
        let target = Target::of(&self.router.library, id, channel, at);
        self.work.mention(
            target.request(format!("typing-{id}-{}", at.as_micros()), |to| {
                to.typing(chat)
            }),
        );
    }

    /// Takes in what was done beside the loop.
    pub(crate) fn done(&mut self, done: Done, now: Timestamp) {
        match done {
            Done::Attempted(message, generation, reply) => {
                self.work.finished(message);
                let attempted = Attempted {
                    message,
                    generation,
                    reply,
                };
                self.router.apply_system(Command::Attempted(attempted), now);
            }
            Done::Told(telling, reply) => {
                let crate::router::Router {
                    notices,
                    chance,
                    config,
                    ..
                } = &mut self.router;
                let (profile, told) = notices.finish(
                    telling.id,
                    &telling.kind,
                    &reply,
                    (&config.rules, now, chance),
                );
                if let Some((contact, profile)) = profile {
                    self.router
                        .apply_system(Command::Profile(contact, profile), now);
                    self.router.notices.profile_asked(contact);
                }
                if let Told::Channel(status) = told {
                    let judged = Command::Judged(telling.id.0, telling.generation, status);
                    self.router.apply_system(judged, now);
                }
            }
            Done::Mentioned => self.work.side_job_done(),
            Done::Verified(verify, reply) => {
                self.work.side_job_done();
                self.verified(*verify, &reply, now);
            }
            Done::Hashed(message, user, call) => {
                self.work.side_job_done();
                match call {
                    Ok(call) => self.router.call(message, &user, *call, now),
                    Err(rejection) => self.outbox.reply(message, Err(rejection)),
                }
            }
            Done::Scanned(message, user, scanned) => {
                self.work.side_job_done();
                match scanned.and_then(|scanned| self.router.plan_scanned(&user, scanned)) {
                    Ok(plan) => self
                        .router
                        .batch
                        .releases
                        .push(Release::Answer(message, Box::new(plan))),
                    Err(rejection) => self.outbox.reply(message, Err(rejection)),
                }
            }
        }
    }

    /// A messenger answered `connect`, or did not: the channel changes, and whoever asked is shown.
    fn verified(&mut self, verify: Verify, reply: &AttemptReply, now: Timestamp) {
        let (verification, trace) = verify.judge(reply);
        self.tell_step(&verify, Step::Answered(&trace));
        self.tell_step(&verify, Step::Judged(&trace));
        let (channel, error) = (verification.channel, verification.result.clone().err());
        let moves_webhook = verify.moves_webhook();
        self.router.verifying.count = self.router.verifying.count.saturating_sub(1);
        let mut request = Request::system(Command::Verified(verification));
        let Some(requester) = verify.requester else {
            // A channel that is gone meanwhile: nobody waits to hear of it.
            drop(self.router.apply(&request, now));
            return;
        };
        let (message, by) = (requester.message, requester.user);
        if let Some(command) = requester.key.id {
            let command = (by.clone(), command);
            self.router.verifying.commands.remove(&command);
        }
        (request.command_id, request.digest) = (requester.key.id, requester.key.digest);
        let actor = Actor::User(by.clone());
        let applied = self.router.apply_by(&request, &actor, now);
        match (applied, error) {
            (Err(rejection), _) => {
                self.router
                    .batch
                    .releases
                    .push(Release::Refusal(message, rejection.with("trace", trace)));
            }
            (Ok(_), Some(reason)) if moves_webhook => {
                let rejection = Rejection::new(reason.error_code(), reason.to_string());
                self.router
                    .batch
                    .releases
                    .push(Release::Refusal(message, rejection.with("trace", trace)));
            }
            (Ok(_), _) => {
                let answer = chat::record::Answer::Channel(channel);
                let plan =
                    view::plan_answer(&self.router.workspace, &by, &answer, &self.router.facts);
                self.router
                    .batch
                    .releases
                    .push(Release::Traced(message, Box::new(plan), trace));
            }
        }
    }
}
