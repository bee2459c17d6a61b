//! Requests of users that wait for rows, and what goes on once these are in memory.

use bus::Message;
use chat::id::UserId;
use chat::time::Timestamp;

use super::Router;
use crate::api::Call;
use crate::loader::{Load, Waiting};
use crate::outbox::Answer;
use crate::quota::Place;
use crate::rows::{Loaded, Needs, ROUNDS_MAX};
use crate::side_jobs::SlowRequest;
use crate::view::Scanned;

/// What must be done off the loop before a request can be answered.
pub(crate) enum Slow {
    /// Work that has a result.
    Work(SlowRequest),
    /// Rows that are read.
    Load(Load),
}

impl Router {
    /// Goes on with what waited for these rows.
    pub(crate) fn loaded(
        &mut self,
        waiting: Waiting,
        loaded: Loaded,
        now: Timestamp,
    ) -> Option<Slow> {
        let rounds = loaded.needs.rounds + 1;
        self.state.admit(loaded);
        let mut next = self.go_on(waiting, now);
        if let Some(Slow::Load(load)) = &mut next {
            load.needs.rounds = rounds;
            if rounds > ROUNDS_MAX {
                self.state.give_up();
            }
        }
        next
    }

    fn go_on(&mut self, waiting: Waiting, now: Timestamp) -> Option<Slow> {
        match waiting {
            Waiting::Inbound(inbounds) => self.serve_inbounds(inbounds, now).map(Slow::Load),
            Waiting::Call(message, user, call, place) => {
                drop(place);
                self.call(message, &user, *call, now)
            }
            Waiting::Scanned(message, user, scanned, place) => {
                let load = self.answer_scanned(message, user, scanned, place, now);
                load.map(Slow::Load)
            }
            Waiting::Notices => {
                self.notices_wait = false;
                None
            }
        }
    }

    /// Has a call wait for rows, unless too many wait.
    pub(super) fn wait(
        &mut self,
        message: Message,
        user: &UserId,
        call: Call,
        needs: Needs,
    ) -> Option<Slow> {
        match self.loads.take(user) {
            Ok(place) => {
                let waiting = Waiting::Call(message, user.clone(), Box::new(call), place);
                Some(Slow::Load(Load { waiting, needs }))
            }
            Err(rejection) => {
                self.reject(message, rejection);
                None
            }
        }
    }

    /// Answers a call from what was found in the log, or has it wait for rows.
    pub(super) fn answer_scanned(
        &mut self,
        message: Message,
        user: UserId,
        scanned: Box<Scanned>,
        place: Place,
        now: Timestamp,
    ) -> Option<Load> {
        let plan = self.plan_scanned(&user, &scanned, now);
        if let Some(needs) = self.state.take_needs() {
            let waiting = Waiting::Scanned(message, user, scanned, place);
            return Some(Load { waiting, needs });
        }
        match plan {
            Ok(plan) => self.reply(message, Answer::Plan(Box::new(plan.holding(place)))),
            Err(rejection) => self.reject(message, rejection),
        }
        None
    }
}
