//! The phone as it is watched: by any number of pages, each as fast as it can.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use chat::time::Timestamp;
use futures_util::stream::{self, Stream};
use hyper::body::Frame;
use tokio::sync::watch;

use super::phone::Phone;
use super::tell::Event;
use crate::clock;

/// How often something is said on a stream that has nothing to say: so that an end is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A phone that is watched.
#[derive(Clone)]
pub(super) struct Screen(Arc<Watched>);

struct Watched {
    /// Held for one event or one look.
    phone: Mutex<Phone>,
    /// The revision that the phone is at.
    changed: watch::Sender<u64>,
}

impl Screen {
    pub(super) fn new(phone: Phone) -> Self {
        Self(Arc::new(Watched {
            phone: Mutex::new(phone),
            changed: watch::Sender::new(0),
        }))
    }

    /// Shows what happened.
    pub(super) fn show(&self, event: &Event<'_>, now: Timestamp) {
        let revision = self.phone().see(event, now);
        // No page is told of what changed nothing on it.
        self.0.changed.send_if_modified(|seen| {
            let changed = *seen != revision;
            *seen = revision;
            changed
        });
    }

    /// Looks at the phone.
    pub(super) fn phone(&self) -> MutexGuard<'_, Phone> {
        self.0.phone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Server-sent events, from what the page has seen on. Whoever is slow misses steps in between
    /// and never the last one, so that nothing has to be kept for anybody.
    pub(super) fn stream(
        self,
        seen: Option<&str>,
    ) -> impl Stream<Item = Result<Frame<Bytes>, Infallible>> + use<> {
        let since = self.phone().revision_of(seen);
        let changes = self.0.changed.subscribe();
        stream::unfold((self, changes, since), async |state| {
            let (screen, mut changes, since) = state;
            let (text, seen) = screen.next(&mut changes, since).await?;
            let frame = Frame::data(Bytes::from(text));
            Some((Ok(frame), (screen, changes, Some(seen))))
        })
    }

    /// What to say next, and what has been seen then.
    async fn next(
        &self,
        changes: &mut watch::Receiver<u64>,
        since: Option<u64>,
    ) -> Option<(String, u64)> {
        loop {
            let revision = *changes.borrow_and_update();
            if since.is_none_or(|since| since < revision) {
                let update = self.phone().update(since, clock::now());
                return Some((update.to_string(), update.revision));
            }
            match tokio::time::timeout(KEEP_ALIVE, changes.changed()).await {
                Ok(changed) => changed.ok()?,
                Err(_) => return Some((":\n\n".to_owned(), since.unwrap_or(revision))),
            }
        }
    }
}
