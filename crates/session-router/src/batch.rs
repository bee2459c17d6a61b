//! Batches of decided events, one for each frame of the log, with the outputs that are released once
//! they are durable.

use bus::Message;
use event_log::NewEvent;

use crate::config::FRAME_BYTES;
use crate::feed::FeedItem;
use crate::outbox::Answer;
use crate::side_jobs::SideJob;

/// An output that is held until all events decided before it are durable.
pub(crate) enum Release {
    /// Answers a request.
    Reply(Message, Answer),
    /// Publishes something that is not stored: subject and payload.
    Publish(String, Vec<u8>),
    /// Publishes an event.
    Feed(Box<FeedItem>),
    /// Starts a side job.
    Start(SideJob),
    /// Destroys keys of contacts.
    DestroyKeys(Vec<u32>),
}

/// The events of one frame, and the releases that depend on it.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) events: Vec<NewEvent>,
    pub(crate) releases: Vec<Release>,
    bytes: usize,
}

impl Batch {
    fn fits(&self, events: &[NewEvent], bytes: usize) -> bool {
        self.events.is_empty()
            || (self.events.len() + events.len() <= event_log::FRAME_EVENTS_MAX
                && self.bytes + bytes <= FRAME_BYTES)
    }
}

/// The batch being filled, and the full ones before it.
#[derive(Default)]
pub(crate) struct Batches {
    current: Batch,
    /// Oldest first.
    full: Vec<Batch>,
}

impl Batches {
    /// Adds the events of one decision, which are never split between frames.
    pub(crate) fn append(&mut self, events: Vec<NewEvent>) {
        let bytes = events.iter().map(|e| e.bytes.len()).sum();
        if !self.current.fits(&events, bytes) {
            self.full.push(std::mem::take(&mut self.current));
        }
        self.current.bytes += bytes;
        self.current.events.extend(events);
    }

    /// Adds a release that depends on the events so far.
    pub(crate) fn release(&mut self, release: Release) {
        self.current.releases.push(release);
    }

    /// Adds several releases.
    pub(crate) fn release_all(&mut self, releases: impl IntoIterator<Item = Release>) {
        self.current.releases.extend(releases);
    }

    /// Whether a frame is full: it goes to the log before more requests are taken.
    pub(crate) const fn has_full_frame(&self) -> bool {
        !self.full.is_empty()
    }

    /// Takes all batches, oldest first. The last may have no events.
    pub(crate) fn take(&mut self) -> Vec<Batch> {
        let mut batches = std::mem::take(&mut self.full);
        batches.push(std::mem::take(&mut self.current));
        batches
    }
}
