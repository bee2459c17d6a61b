//! Writes submitted frames to the journal.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};

use crate::Error;
use crate::commit::state::{Batch, Shared, Submitted};
use crate::journal::writer::JournalWriter;

/// Maximum number of frames that share a sync.
const BATCH_FRAMES_MAX: usize = 16;
/// Size from which a batch is closed, less than half of the unsynced bytes that sled may hold.
/// Batches above 0.2 MB gained nothing.
const BATCH_BYTES: usize = 400 * 1024;

pub(crate) struct Committer {
    pub(crate) journal: JournalWriter,
    pub(crate) shared: Arc<Shared>,
    pub(crate) batches: SyncSender<Batch>,
    pub(crate) wake_sealer: SyncSender<()>,
}

impl Committer {
    pub(crate) fn run(mut self, submitted: &Receiver<Submitted>) {
        while let Ok(first) = submitted.recv() {
            self.commit(collect_batch(first, submitted));
        }
    }

    fn commit(&mut self, mut batch: Batch) {
        if self.shared.check().is_err() {
            return self.shared.fail(batch, None);
        }
        if let Err(error) = self.write(&mut batch) {
            self.shared.poison(&error);
            return self.shared.fail(batch, Some(error));
        }
        if let Err(unsent) = self.batches.send(batch) {
            self.shared.fail(unsent.0, None);
        }
    }

    fn write(&mut self, batch: &mut Batch) -> Result<(), Error> {
        let closed_segment = self.journal.roll_if_full()?;
        self.journal
            .append(batch.iter_mut().map(|submitted| &mut submitted.frame))?;
        if closed_segment {
            // If the channel is full, the sealer is about to run anyway.
            self.wake_sealer.try_send(()).unwrap_or_default();
        }
        Ok(())
    }
}

/// Adds frames that are already queued, up to the limits of a batch.
fn collect_batch(first: Submitted, submitted: &Receiver<Submitted>) -> Batch {
    let mut bytes = first.frame.bytes.len();
    let mut batch = vec![first];
    while batch.len() < BATCH_FRAMES_MAX && bytes < BATCH_BYTES {
        let Ok(next) = submitted.try_recv() else {
            break;
        };
        bytes += next.frame.bytes.len();
        batch.push(next);
    }
    batch
}
