//! What happens at start: nothing is believed until the two copies agree.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::copy::sled_copy::{SLED, SledCopy, how};
use crate::copy::store::{Found, Store};
use crate::disk::durable;
use crate::error::Ranges;
use crate::head::Head;
use crate::journal::chain::Walk;
use crate::journal::frame::{self, Parsed};
use crate::journal::sealer;
use crate::journal::segment::{self, JOURNAL, Segment};
use crate::journal::writer::Journal;
use crate::start::journal_end::{Tail, cut, survey};
use crate::start::rebuild;
use crate::start::replay::replay;
use crate::{Error, Options, Range};

/// What opening found and did. Everything but `head` and `created` says that something was wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Where the log ends.
    pub head: Head,
    /// There was no log here before.
    pub created: bool,
    /// Bytes of a write that was cut short before it was acknowledged, and were cut off.
    pub torn_bytes: u64,
    /// Events that sled did not have yet and got from the journal. A few after a crash are ordinary:
    /// sled is made durable once a second.
    pub replayed_events: u64,
    /// sled was not what it should be and was rebuilt.
    pub rebuilt: Option<Rebuilt>,
}

/// How the sled copy was rebuilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// What was wrong with the old one, in words.
    pub reason: String,
    /// Where the old one was put, if there was one. It may be deleted.
    pub quarantine: Option<PathBuf>,
    /// Events in the new one.
    pub events: u64,
}

/// A log that is ready to go on.
pub(crate) struct Parts {
    pub(crate) lock: File,
    pub(crate) journal: Journal,
    pub(crate) journal_dir: PathBuf,
    pub(crate) store: Store,
    pub(crate) copy: SledCopy,
    pub(crate) opened: Opened,
}

pub(crate) fn open(dir: &Path, options: &Options) -> Result<Parts, Error> {
    let journal_dir = dir.join(JOURNAL);
    durable::create_dir(dir)?;
    let lock = durable::lock(dir)?;
    durable::create_dir(&journal_dir)?;
    sealer::remove_unfinished(&journal_dir)?;
    rebuild::remove_unfinished(dir)?;

    let segments = segment::list(&journal_dir)?;
    let had_sled = dir.join(SLED).join("db").exists();
    let found = open_copy(dir, options)?;
    let copy_head = found.as_ref().map_or(Head::EMPTY, |(_, head)| *head);
    let tail = survey(dir, &segments, copy_head.position)?;
    let torn_bytes = cut(tail.torn.as_ref())?;

    let mut opened = Opened {
        head: tail.head,
        created: !had_sled && segments.is_empty(),
        torn_bytes,
        replayed_events: 0,
        rebuilt: None,
    };
    let store = match reconcile(dir, &tail, found, had_sled)? {
        Ok(store) => {
            if copy_head.position < tail.head.position {
                opened.replayed_events = catch_up(dir, &segments, &store, copy_head, tail.head)?;
            }
            store
        }
        Err(reason) => {
            tracing::error!(%reason, "the sled copy is rebuilt from the journal");
            if !had_sled {
                // Opening has just made an empty one; there is nothing to set aside.
                durable::remove_dir(&dir.join(SLED))?;
            }
            let quarantine = rebuild::rebuild(dir, options, &segments, tail.head)?;
            opened.rebuilt = Some(Rebuilt {
                reason,
                quarantine,
                events: tail.head.position,
            });
            rebuild::open_new(&dir.join(SLED), options)?
        }
    };
    let copy = SledCopy::new(store.tree.clone(), &store.path);
    let trimmed = copy.trim(tail.head.position)?;
    if trimmed > 0 {
        tracing::warn!(
            trimmed,
            "sled had the beginning of a frame that the journal does not have"
        );
        store.barrier()?;
    }
    if copy.head()? != tail.head {
        return Err(copy.damaged(tail.head.position));
    }
    let journal = Journal::open(&journal_dir, options, tail.head, segments.last())?;
    tell(&opened);
    Ok(Parts {
        lock,
        journal,
        journal_dir,
        store,
        copy,
        opened,
    })
}

/// Opens sled and reads its end. `Err` inside says what is wrong with it.
pub(crate) fn open_copy(
    dir: &Path,
    options: &Options,
) -> Result<Result<(Store, Head), String>, Error> {
    let store = match Store::open(&dir.join(SLED), how(options))? {
        Found::Open(store) => store,
        Found::Broken(reason) => return Ok(Err(reason)),
    };
    match SledCopy::new(store.tree.clone(), &store.path).head() {
        Ok(head) => Ok(Ok((store, head))),
        Err(error) => Ok(Err(error.to_string())),
    }
}

/// Whether sled is a beginning of the journal. `Err` inside says why it must be rebuilt.
fn reconcile(
    dir: &Path,
    tail: &Tail,
    found: Result<(Store, Head), String>,
    had_sled: bool,
) -> Result<Result<Store, String>, Error> {
    let (store, head) = match found {
        Ok(found) => found,
        Err(reason) => return Ok(Err(reason)),
    };
    let journal = tail.head.position;
    if head.position > journal {
        // It must go on where the journal ends; then the journal lost what was acknowledged.
        let copy = SledCopy::new(store.tree.clone(), &store.path);
        let next = copy.frame_at(journal + 1)?;
        let goes_on = next.is_some_and(|bytes| match frame::parse(&bytes) {
            Parsed::Frame(next) => next.header.previous == tail.head.hash || journal == 0,
            _ => false,
        });
        if !goes_on {
            return Ok(Err(format!(
                "it ends at {}, beyond the journal, and differs",
                head.position
            )));
        }
        let ranges = Ranges(vec![Range {
            first: journal + 1,
            last: head.position,
        }]);
        return Err(Error::JournalDamaged {
            dir: dir.to_path_buf(),
            ranges,
        });
    }
    if head.position == 0 && journal > 0 {
        let empty = if had_sled {
            "it opened empty"
        } else {
            "it was missing"
        };
        return Ok(Err(format!("{empty}, the journal ends at {journal}")));
    }
    if tail.hash_at != Some(head.hash) {
        return Ok(Err(format!(
            "it differs from the journal at position {}",
            head.position
        )));
    }
    Ok(Ok(store))
}

fn catch_up(
    dir: &Path,
    segments: &[Segment],
    store: &Store,
    copy: Head,
    head: Head,
) -> Result<u64, Error> {
    let read = segment::from(segments, copy.position);
    let before = read.first().map_or(0, |segment| segment.first - 1);
    let walk = Walk::new(read, before, None);
    replay(walk, store, copy.position, head)?.map_err(|ranges| Error::JournalDamaged {
        dir: dir.to_path_buf(),
        ranges,
    })
}

fn tell(opened: &Opened) {
    let Opened {
        head,
        torn_bytes,
        replayed_events,
        ..
    } = opened;
    if *torn_bytes > 0 {
        tracing::warn!(
            torn_bytes,
            "a write that was never acknowledged was cut off the journal"
        );
    }
    if *replayed_events > 0 {
        tracing::warn!(replayed_events, "sled was behind the journal and caught up");
    }
    if let Some(Rebuilt {
        reason,
        quarantine,
        events,
    }) = &opened.rebuilt
    {
        let quarantine = quarantine.as_ref().map(|path| path.display().to_string());
        tracing::error!(reason, quarantine, events, "the sled copy was rebuilt");
    }
    tracing::info!(position = head.position, hash = %head.hash, "the log is open");
}

#[cfg(test)]
mod tests;
