//! Loads rows off the loop, for requests that cannot be decided or answered without them.
//!
//! What a request needs is found by deciding or planning it in vain: [`Workspace::take_needs`] then
//! names the rows. The request waits for them outside the loop, and starts again once they are in
//! memory.
//!
//! [`Workspace::take_needs`]: chat::workspace::Workspace::take_needs

use std::collections::VecDeque;
use std::sync::Arc;

use bus::Message;
use chat::id::UserId;
use chat::rpc::{InboundReply, InboundRequest};
use projections::Store;
use tokio::sync::Semaphore;

use crate::api::Call;
use crate::error::Error;
use crate::quota::Place;
use crate::rows::{self, Loaded, Needs};
use crate::view::Scanned;

/// The most threads that read rows at a time.
const READERS_MAX: usize = 4;
/// The fewest rows or ranges for which another thread is worthwhile.
const NEEDS_MIN: usize = 16;
/// Requests that arrived together, the first ones with their replies.
pub(crate) struct Inbounds {
    pub(crate) message: Message,
    pub(crate) replies: Vec<InboundReply>,
    pub(crate) rest: VecDeque<InboundRequest>,
}

impl Inbounds {
    pub(crate) const fn new(message: Message, rest: VecDeque<InboundRequest>) -> Self {
        Self {
            message,
            replies: Vec::new(),
            rest,
        }
    }
}

/// Who waits for rows.
pub(crate) enum Waiting {
    /// Requests of messengers. Those that arrive later wait, too, so that their order stays.
    Inbound(Inbounds),
    /// A call of a user. Behind a command later calls wait, so that the
    /// commands of a user stay in their order.
    Call(Message, UserId, Box<Call>, Place),
    /// What was found in the log for a call.
    Scanned(Message, UserId, Box<Scanned>, Place),
    /// The notices that are due.
    Notices,
}

impl Waiting {
    /// Whether it is a command of a user.
    pub(crate) fn is_command(&self) -> bool {
        matches!(self, Self::Call(_, _, call, _) if matches!(**call, Call::Command(..)))
    }
}

/// Rows to load, and who waits for them.
pub(crate) struct Load {
    pub(crate) waiting: Waiting,
    pub(crate) needs: Needs,
}

/// A handle to the stored rows, and the turns of those who read them.
#[derive(Clone)]
pub(crate) struct Loader {
    store: Store,
    turns: Arc<Semaphore>,
}

impl Loader {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            turns: Arc::new(Semaphore::new(READERS_MAX)),
        }
    }

    /// Reads rows, several at a time if they are many.
    pub(crate) async fn load(&self, needs: Needs) -> Loaded {
        rows::count("loader", needs.all.len());
        let each = needs.all.len().div_ceil(READERS_MAX).max(NEEDS_MIN);
        let mut parts = Vec::new();
        for part in needs.all.chunks(each) {
            let (part, store) = (part.to_vec(), self.store.clone());
            // The semaphore is never closed.
            let turn = Arc::clone(&self.turns).acquire_owned().await.ok();
            parts.push(tokio::task::spawn_blocking(move || {
                let _turn = turn;
                rows::find_all(&store, part)
            }));
        }
        let mut found = Ok(Vec::new());
        for part in parts {
            let part = part.await.unwrap_or(Err(Error::Died("reading rows")));
            found = found.and_then(|mut all| {
                all.extend(part?);
                Ok(all)
            });
        }
        Loaded { found, needs }
    }
}
