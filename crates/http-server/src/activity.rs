//! What a connection is doing: which timeout applies, and whether its place may be given to another.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;

use crate::places::Place;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// It waits for the next request.
    Idle,
    /// The head of a request arrives. A new connection starts here.
    Head,
    /// A request is handled.
    Handling,
    /// The response is sent.
    Responding,
}

/// The activity of one connection. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Activity {
    /// Cancelled when the place is given to another connection, so that this one must end.
    pub(crate) evicted: CancellationToken,
    /// Held for one change, never across an await.
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    place: Option<Place>,
}

impl Activity {
    /// The activity of a new connection; without a place, of one that is refused.
    pub(crate) fn new(place: Option<Place>) -> Self {
        let phase = Phase::Head;
        Self {
            evicted: CancellationToken::new(),
            state: Arc::new(Mutex::new(State { phase, place })),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Changes the phase. Returns false if the connection was idle and its place is given to another.
    pub(crate) fn enter(&self, phase: Phase) -> bool {
        let mut state = self.lock();
        state.phase = phase;
        let Some(place) = &mut state.place else {
            return true;
        };
        if phase == Phase::Idle {
            place.set_idle(self.evicted.clone());
            return true;
        }
        place.set_used()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
