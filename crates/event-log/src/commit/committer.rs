//! Writes submitted frames to the journal.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use crate::commit::state::{Shared, Submitted, fail};
use crate::journal::writer::Journal;

/// Most frames that share a sync.
const FUSED_FRAMES_MAX: usize = 16;
/// A group is closed once it has this many bytes: under half of what may be in sled without a
/// barrier, and twice the 0.2 MB beyond which a larger group gained nothing.
const FUSED_BYTES: usize = 400 * 1024;

pub(crate) struct Committer {
    pub(crate) journal: Journal,
    pub(crate) shared: Arc<Shared>,
    pub(crate) apply: SyncSender<Vec<Submitted>>,
    pub(crate) wake: SyncSender<()>,
}

impl Committer {
    pub(crate) fn run(mut self, submitted: &Receiver<Submitted>) {
        while let Ok(first) = submitted.recv() {
            let group = fuse(first, submitted);
            self.commit(group);
        }
    }

    fn commit(&mut self, mut group: Vec<Submitted>) {
        if self.shared.check().is_err() {
            return fail(group, &self.shared, None);
        }
        match self
            .journal
            .append(group.iter_mut().map(|submitted| &mut submitted.frame))
        {
            Err(error) => {
                self.shared.poison(&error);
                fail(group, &self.shared, Some(error));
            }
            Ok(rolled) => {
                if rolled {
                    // A full channel means that the sealer will look anyway.
                    self.wake.try_send(()).unwrap_or_default();
                }
                if let Err(unsent) = self.apply.send(group) {
                    fail(unsent.0, &self.shared, None);
                }
            }
        }
    }
}

/// Takes what else is waiting, up to the bounds of a group.
fn fuse(first: Submitted, submitted: &Receiver<Submitted>) -> Vec<Submitted> {
    let mut bytes = first.frame.bytes.len();
    let mut group = vec![first];
    while group.len() < FUSED_FRAMES_MAX && bytes < FUSED_BYTES {
        let Ok(next) = submitted.try_recv() else {
            break;
        };
        bytes += next.frame.bytes.len();
        group.push(next);
    }
    group
}
