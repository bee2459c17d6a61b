//! Results of side jobs.

use std::collections::BTreeSet;

use chat::command::{Attempted, Request, SystemCommand};
use chat::event::CodeUsed;
use chat::id::{ChannelId, MessageId, UserId};
use chat::record::{Actor, Answer as Changed};
use chat::rejection::Rejection;
use chat::rpc::AttemptReply;
use chat::time::Timestamp;

use super::Router;
use super::loads::Slow;
use crate::notices::{NoticeOutcome, Notification};
use crate::outbox::Answer;
use crate::side_jobs::JobResult;
use crate::verify::{Step, Verify};
use crate::view::{self, Scanned};

impl Router {
    /// Applies the result of a side job.
    pub(crate) fn handle_result(&mut self, result: JobResult, now: Timestamp) -> Option<Slow> {
        match result {
            JobResult::Attempted(message, generation, reply) => {
                self.attempted(message, generation, reply, now);
            }
            JobResult::Notified(answers) => self.all_notified(&answers, now),
            JobResult::TypingNotified(_) => {}
            JobResult::Verified(verify, reply) => self.verified(*verify, &reply, now),
            JobResult::Hashed(message, user, call) => match call {
                Ok(call) => return self.call(message, &user, *call, now),
                Err(rejection) => self.reject(message, rejection),
            },
            JobResult::Scanned(message, user, scanned, place) => match scanned {
                Ok(scanned) => {
                    let scanned = Box::new(scanned);
                    let load = self.answer_scanned(message, user, scanned, place, now);
                    return load.map(Slow::Load);
                }
                Err(rejection) => self.reject(message, rejection),
            },
            JobResult::Loaded(waiting, loaded) => return self.loaded(waiting, loaded, now),
        }
        None
    }

    fn attempted(
        &mut self,
        message: MessageId,
        generation: u32,
        reply: AttemptReply,
        now: Timestamp,
    ) {
        let channel = self.state.look(|workspace, _| {
            let (session, _) = workspace.message(message)?;
            Some(workspace.sessions.get(&session)?.channel)
        });
        if let Ok(Some(channel)) = channel {
            if matches!(reply.outcome.status(), Some(200..=299)) {
                self.notices.answered(channel, now);
            }
            self.code_used(channel, generation, reply.old_code, now);
        }
        let attempted = Attempted {
            message,
            generation,
            reply,
        };
        self.apply_system(SystemCommand::Attempted(attempted), now);
    }

    /// Applies answers that arrived together. Each channel learns once that its messenger is alive.
    fn all_notified(&mut self, answers: &[(Notification, AttemptReply)], now: Timestamp) {
        let mut answered = BTreeSet::new();
        for (notification, reply) in answers {
            if self.notified(notification, reply, now) {
                answered.insert(notification.id.0);
            }
        }
        for channel in answered {
            self.apply_system(SystemCommand::NoticeAnswered(channel), now);
        }
    }

    /// Applies the answer to a notice. Returns whether that notice needs no further attempt.
    fn notified(
        &mut self,
        notification: &Notification,
        reply: &AttemptReply,
        now: Timestamp,
    ) -> bool {
        let (rules, chance) = self.state.schedule();
        let (id, kind) = (notification.id, &notification.kind);
        let (profile, outcome) = self.notices.finish(id, kind, reply, (rules, now, chance));
        self.code_used(id.0, notification.generation, reply.old_code, now);
        if let Some((contact, mut profile)) = profile {
            if let Some((profile, codes)) = profile.as_mut().zip(self.known_codes(id.0)) {
                codes.redact_profile(profile);
            }
            self.apply_system(SystemCommand::Profile(contact, profile), now);
        }
        match outcome {
            NoticeOutcome::Settled => true,
            NoticeOutcome::Refused(reason) => {
                let refused = SystemCommand::NoticeRefused(id.0, id.1, reason);
                self.apply_system(refused, now);
                true
            }
            NoticeOutcome::Retry => false,
        }
    }

    /// Records which code a messenger accepted a request with, if that changed. A request of an earlier
    /// generation was made before the rotation.
    fn code_used(&mut self, id: ChannelId, generation: u32, old: Option<bool>, now: Timestamp) {
        let channel = self.state.workspace().channels.get(&id);
        if let Some((channel, old)) = channel.zip(old) {
            let used = CodeUsed {
                old,
                inbound: false,
            };
            if channel.generation == generation && channel.old_code.is_changed_by(used) {
                self.apply_system(SystemCommand::CodeUsed(id, used), now);
            }
        }
    }

    /// Plans an answer from the records found in the log and the current state. It is void if rows are
    /// missing.
    pub(super) fn plan_scanned(
        &self,
        user: &UserId,
        scanned: &Scanned,
        now: Timestamp,
    ) -> Result<view::Plan, Rejection> {
        let (workspace, url) = (self.state.workspace(), self.state.public_url());
        let caller = workspace.caller(user)?;
        Ok(match scanned {
            Scanned::Search(query) => return self.plan(user, query, now),
            Scanned::Events(found) => {
                let subjects = &self.subjects;
                view::plan_events(workspace, &caller, (found, now), url, subjects)
            }
            Scanned::Attempts(found) => view::plan_attempts(workspace, &caller, found),
        })
    }

    /// Applies the outcome of `connect` to the channel, and answers the user who requested it.
    fn verified(&mut self, verify: Verify, reply: &AttemptReply, now: Timestamp) {
        let (verification, trace) = verify.judge(reply);
        self.publish(verify.step(Step::Answered(&trace), &self.subjects));
        self.verifications.answered(&verify);
        self.publish(verify.step(Step::Judged(&trace), &self.subjects));
        if let Some(requester) = &verify.requester {
            self.verifications.finish(requester);
        }
        let (channel, error) = (verification.channel, verification.result.clone().err());
        // An answer to the challenge tells the code even where a signature does not.
        let answered = verification.result.as_ref().ok().and_then(|p| p.old_code);
        let old_code = answered.or(reply.old_code);
        self.code_used(channel, verify.generation, old_code, now);
        if error.is_none() {
            self.notices.answered(channel, now);
        }
        let moves_webhook = verify.moves_webhook();
        let mut request = Request::system(SystemCommand::Verified(verification));
        let Some(requester) = verify.requester else {
            // It is rejected if the channel was deleted; no user waits for the answer.
            drop(self.apply(&request, now));
            return;
        };
        let (message, user) = (requester.message, requester.user);
        (request.command_id, request.digest) = (requester.key.id, requester.key.digest);
        let applied = self.apply_by(&request, &Actor::User(user.clone()), now);
        let rejection = match (applied, error) {
            (Err(rejection), _) => rejection,
            (Ok(_), Some(error)) if moves_webhook => Rejection::from(error),
            (Ok(_), _) => match self.plan_answer(&user, &Changed::Channel(channel)) {
                Ok(plan) => {
                    self.reply(message, Answer::PlanWith(Box::new(plan), "trace", trace));
                    return;
                }
                Err(rejection) => rejection,
            },
        };
        self.reject(message, rejection.with("trace", trace));
    }
}
