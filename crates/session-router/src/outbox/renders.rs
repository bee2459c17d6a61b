//! Renders answers off the queue, in bounded numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use bus::{Message, background};
use bytes::Bytes;
use chat::id::UserId;
use chat::reason::Reason;
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::{Sender, respond};
use crate::api::reply;
use crate::quota::Place;
use crate::sealed_log::SealedLog;
use crate::view::Plan;

/// The most answers that are rendered at once, in total and to queries of one user.
const RENDERS_MAX: usize = 8;
/// See [`RENDERS_MAX`].
const RENDERS_PER_USER_MAX: usize = 2;

/// The answers in progress.
pub(super) struct Renders {
    sender: Sender,
    sealed_log: SealedLog,
    permits: Arc<Semaphore>,
    user_turns: UserTurns,
    tasks: TaskTracker,
}

/// Lets queries of one user wait for each other, so that others do not wait for them.
#[derive(Default)]
struct UserTurns(BTreeMap<UserId, Arc<Semaphore>>);

impl Renders {
    pub(super) fn new(sender: Sender, sealed_log: SealedLog) -> Self {
        Self {
            sender,
            sealed_log,
            permits: Arc::new(Semaphore::new(RENDERS_MAX)),
            user_turns: UserTurns::default(),
            tasks: TaskTracker::new(),
        }
    }

    /// Starts to render and send an answer. Waits for a permit, but not for that of a query: these are
    /// bounded by their places, and do not hold up the queue.
    pub(super) async fn start(&mut self, message: Message, mut plan: Box<Plan>) {
        let place = plan.take_place();
        // A scan has its turn already, which others wait for.
        let is_scan = place.as_ref().is_some_and(Place::has_turn);
        let query = place.as_ref().filter(|_| !is_scan);
        let turns = query.map(|place| self.user_turns.of(place.user()));
        let permits = Arc::clone(&self.permits);
        let permit = match turns {
            Some(_) => None,
            None => Arc::clone(&permits).acquire_owned().await.ok(),
        };
        let (sender, sealed_log) = (self.sender.clone(), self.sealed_log.clone());
        self.tasks.spawn(async move {
            let _place = place;
            let _turn = match turns {
                Some(turns) => turns.acquire_owned().await.ok(),
                None => None,
            };
            let _permit = match permit {
                Some(permit) => Some(permit),
                None => permits.acquire_owned().await.ok(),
            };
            match encoded(plan, sealed_log, is_scan).await {
                Some(payload) => sender.respond(&message, &[], payload).await,
                None => respond(&sender, &message, Err(Reason::InternalError.into())).await,
            }
        });
    }

    /// Waits until all are sent.
    pub(super) async fn end(self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Renders and encodes an answer; `None` if that panicked.
async fn encoded(plan: Box<Plan>, sealed_log: SealedLog, is_scan: bool) -> Option<Bytes> {
    let work = move || Bytes::from(reply::ok(&plan.render(&sealed_log)));
    if is_scan {
        background::run(work).await
    } else {
        tokio::task::spawn_blocking(work).await.ok()
    }
}

impl UserTurns {
    /// The turns of a user. Those of users without a query in progress are dropped.
    fn of(&mut self, user: &UserId) -> Arc<Semaphore> {
        self.0.retain(|_, turns| Arc::strong_count(turns) > 1);
        let turns = self.0.entry(user.clone());
        let turns = turns.or_insert_with(|| Arc::new(Semaphore::new(RENDERS_PER_USER_MAX)));
        Arc::clone(turns)
    }
}
