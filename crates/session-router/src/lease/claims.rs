//! Who may serve the workspace: decided by the claims that arrive, without I/O.
//!
//! NATS delivers a router's claims to all routers, including the sender, in the order in which it
//! routed them. A router that gets its own claim back has therefore been given every claim that NATS
//! routed before.

use std::time::Duration;

use chat::rpc::{LeaseClaim, LeaseOwner, Standing};

/// How often a router sends its claim.
pub(crate) const RENEWAL: Duration = Duration::from_millis(150);
/// How long a claim that came back allows its sender to serve, counted from when it was sent: five
/// renewals.
pub(crate) const LEASE: Duration = Duration::from_millis(750);
/// How long a router that wants to serve waits for others. Longer than [`LEASE`]: a router that is
/// paused, or cut off, no longer serves when this one begins.
const WAIT: Duration = Duration::from_millis(850);

/// The claims of one router.
#[derive(Debug)]
pub(crate) struct Claims {
    me: LeaseOwner,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    /// Waits until no other router has objected for [`WAIT`].
    Waiting {
        standing: Standing,
        /// When the first of its claims came back.
        since: Option<Duration>,
    },
    /// Serves until this time.
    Held(Duration),
    /// Another router has precedence. Final.
    Lost(LeaseOwner),
}

impl Claims {
    pub(crate) const fn new(me: LeaseOwner) -> Self {
        let state = State::Waiting {
            standing: Standing::Starting,
            since: None,
        };
        Self { me, state }
    }

    /// The claim to send at this time; `None` after the lease was lost.
    pub(crate) fn next(&mut self, now: Duration) -> Option<LeaseClaim> {
        self.expire(now);
        Some(LeaseClaim {
            owner: self.me.clone(),
            standing: self.standing()?,
            sent_us: u64::try_from(now.as_micros()).unwrap_or(u64::MAX),
        })
    }

    /// Handles a claim that arrived. Returns whether to answer it with one's own.
    pub(crate) fn handle(&mut self, claim: &LeaseClaim, now: Duration) -> bool {
        self.expire(now);
        let Some(standing) = self.standing() else {
            return false;
        };
        if claim.owner.id == self.me.id {
            self.returned(Duration::from_micros(claim.sent_us), now);
            return false;
        }
        let theirs = (claim.standing, claim.owner.since, claim.owner.id);
        let ours = (standing, self.me.since, self.me.id);
        if theirs < ours {
            self.state = State::Lost(claim.owner.clone());
            return false;
        }
        true
    }

    /// When the lease ends, if it is held.
    pub(crate) const fn held_until(&self) -> Option<Duration> {
        match self.state {
            State::Held(until) => Some(until),
            State::Waiting { .. } | State::Lost(_) => None,
        }
    }

    /// The router that has precedence.
    pub(crate) const fn lost_to(&self) -> Option<&LeaseOwner> {
        match &self.state {
            State::Lost(owner) => Some(owner),
            State::Waiting { .. } | State::Held(_) => None,
        }
    }

    const fn standing(&self) -> Option<Standing> {
        match self.state {
            State::Held(_) => Some(Standing::Holder),
            State::Waiting { standing, .. } => Some(standing),
            State::Lost(_) => None,
        }
    }

    /// One's own claim came back.
    fn returned(&mut self, sent: Duration, now: Duration) {
        let until = sent + LEASE;
        match &mut self.state {
            State::Held(end) => *end = until.max(*end),
            State::Waiting {
                since: Some(since), ..
            } => {
                // Claims that NATS kept for a while do not count.
                if sent >= *since + WAIT && until > now {
                    self.state = State::Held(until);
                }
            }
            State::Waiting { since, .. } => *since = Some(now),
            State::Lost(_) => {}
        }
    }

    /// Ends a lease that was not renewed in time.
    fn expire(&mut self, now: Duration) {
        if matches!(self.state, State::Held(until) if now >= until) {
            self.state = State::Waiting {
                standing: Standing::Former,
                since: None,
            };
        }
    }
}

#[cfg(test)]
mod tests;
