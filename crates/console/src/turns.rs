//! Turns to hash a password. Made-up names have their own, so that a flood of them does not delay the
//! known ones.

use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroU32;
use std::sync::Arc;

use http_server::{Place, Places};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::nats_server::AUTH_TIMEOUT;

/// The most passwords of known names hashed at once: each takes 19 MiB and a core for about 30 ms.
pub(crate) const KNOWN_MAX: usize = 2;
/// The most passwords of unknown names hashed at once, besides.
const UNKNOWN_MAX: usize = 1;
/// The most unknown names that wait or are hashed, in total and of one address. All of them take less
/// than [`REJECTION_DELAY`](crate::callout::REJECTION_DELAY).
const UNKNOWN_WAITING_MAX: usize = 16;
const UNKNOWN_WAITING_PER_SOURCE_MAX: NonZeroU32 = NonZeroU32::new(8).unwrap();

/// The turns.
pub(crate) struct Turns {
    known: Arc<Semaphore>,
    unknown: Arc<Semaphore>,
    waiting: Places,
}

/// A turn; dropping it ends it.
pub(crate) struct Turn {
    _permit: OwnedSemaphorePermit,
    /// That of a name that does not exist.
    place: Option<Place>,
}

impl Turn {
    /// Whether the name exists.
    pub(crate) const fn is_known(&self) -> bool {
        self.place.is_none()
    }
}

impl Turns {
    pub(crate) fn new() -> Self {
        let share = Some(UNKNOWN_WAITING_PER_SOURCE_MAX);
        Self {
            known: Arc::new(Semaphore::new(KNOWN_MAX)),
            unknown: Arc::new(Semaphore::new(UNKNOWN_MAX)),
            waiting: Places::new(UNKNOWN_WAITING_MAX, share),
        }
    }

    /// Waits for the turn of a name that exists; `None` after [`AUTH_TIMEOUT`].
    pub(crate) async fn known(&self) -> Option<Turn> {
        next(&self.known, None).await
    }

    /// Waits for the turn of a name that does not exist; `None` if too many wait. NATS names hosts
    /// that are no addresses too; they count as one.
    pub(crate) async fn unknown(&self, host: &str) -> Option<Turn> {
        let from = host.parse().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let place = self.waiting.acquire(from)?;
        next(&self.unknown, Some(place)).await
    }
}

async fn next(turns: &Arc<Semaphore>, place: Option<Place>) -> Option<Turn> {
    let permit = tokio::time::timeout(AUTH_TIMEOUT, Arc::clone(turns).acquire_owned()).await;
    Some(Turn {
        _permit: permit.ok()?.ok()?,
        place,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn unknown_names_do_not_delay_known_ones() {
        let turns = Turns::new();
        let running = turns.unknown("10.0.0.1").await.unwrap();
        let mut waiting = tokio::task::JoinSet::new();
        let turns = Arc::new(turns);
        for _ in 0..100 {
            let turns = Arc::clone(&turns);
            waiting.spawn(async move { turns.unknown("10.0.0.1").await.is_some() });
        }
        let mut refused = 0;
        while refused < 93 {
            assert!(
                !waiting.join_next().await.unwrap().unwrap(),
                "none has a turn"
            );
            refused += 1;
        }
        let known = [turns.known().await, turns.known().await];
        assert!(known.iter().all(Option::is_some));
        drop(running);
        assert!(turns.unknown("10.0.0.2").await.is_some());
        assert_eq!(waiting.join_all().await, [true; 7]);
    }
}
