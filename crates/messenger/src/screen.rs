//! The phone, shared by any number of pages that watch it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use hyper::body::Frame;
use jiff::Timestamp;
use tokio::sync::watch;

use crate::event::Event;
use crate::phone::Phone;

/// The interval of comments on an idle stream, which detect that the browser has gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A phone and its watchers.
#[derive(Clone)]
pub(crate) struct Screen(Arc<Watched>);

struct Watched {
    /// Locked for one event or one update.
    phone: Mutex<Phone>,
    /// The phone's revision.
    changed: watch::Sender<u64>,
}

impl Screen {
    pub(crate) fn new(phone: Phone) -> Self {
        Self(Arc::new(Watched {
            phone: Mutex::new(phone),
            changed: watch::Sender::new(0),
        }))
    }

    /// Applies an event, and wakes the watchers if it changed something.
    pub(crate) fn show(&self, event: &Event<'_>) {
        let revision = self.phone().apply(event, Timestamp::now());
        self.0.changed.send_if_modified(|seen| {
            let changed = *seen != revision;
            *seen = revision;
            changed
        });
    }

    /// Locks the phone.
    pub(crate) fn phone(&self) -> MutexGuard<'_, Phone> {
        self.0.phone.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Server-sent events that begin after the revision that the page has seen. A slow page skips
    /// intermediate revisions, but not the last one, so nothing is buffered for it.
    pub(crate) fn stream(
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

    /// Waits for the next event of the stream, and returns it with its revision.
    async fn next(
        &self,
        changes: &mut watch::Receiver<u64>,
        since: Option<u64>,
    ) -> Option<(String, u64)> {
        loop {
            let revision = *changes.borrow_and_update();
            if since.is_none_or(|since| since < revision) {
                let update = self.phone().update(since, Timestamp::now());
                return Some((update.to_string(), update.revision));
            }
            match tokio::time::timeout(KEEP_ALIVE, changes.changed()).await {
                Ok(changed) => changed.ok()?,
                Err(_) => return Some((":\n\n".to_owned(), since.unwrap_or(revision))),
            }
        }
    }
}
