use std::fs::File;
use std::path::{Path, PathBuf};

use crate::copy::sled_copy::{SLED, SledCopy};
use crate::copy::store::Store;
use crate::disk::durable;
use crate::error::Range;
use crate::head::Head;
use crate::journal::chain::ChainReader;
use crate::journal::frame;
use crate::journal::segment::{self, JOURNAL, Segment};
use crate::journal::writer::JournalWriter;
use crate::start::journal_end::{self, JournalEnd};
use crate::start::rebuild;
use crate::start::replay::{Target, replay};
use crate::{Error, Options};

/// What opening a log found and did. Fields other than `head` and `created` report irregularities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The end of the log.
    pub head: Head,
    /// There was no log before.
    pub created: bool,
    /// Bytes of a torn write that were truncated. They were never acknowledged.
    pub torn_bytes: u64,
    /// Events that sled lacked and got from the journal. A few are normal after a crash, because
    /// sled is synced only once a second.
    pub replayed_events: u64,
    /// Set if the sled copy was missing or damaged and was rebuilt.
    pub rebuilt: Option<Rebuilt>,
}

/// A rebuild of the sled copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// What was wrong with the old copy.
    pub reason: String,
    /// The new location of the old copy, if there was one. It may be deleted.
    pub quarantine: Option<PathBuf>,
    /// Events in the new copy.
    pub events: u64,
}

/// What [`EventLog`](crate::EventLog) is made of.
pub(crate) struct OpenParts {
    pub(crate) lock: File,
    pub(crate) journal: JournalWriter,
    pub(crate) journal_dir: PathBuf,
    pub(crate) store: Store,
    pub(crate) copy: SledCopy,
    pub(crate) opened: Opened,
}

/// A store and the end of its frames, or the reason to rebuild it.
type CopyFound = Result<(Store, Head), String>;

pub(crate) fn open(dir: &Path, options: &Options) -> Result<OpenParts, Error> {
    let journal_dir = dir.join(JOURNAL);
    durable::create_dir(dir)?;
    let lock = durable::lock(dir)?;
    durable::create_dir(&journal_dir)?;
    segment::remove_temporary(&journal_dir)?;
    rebuild::remove_unfinished(dir)?;

    let segments = segment::list(&journal_dir)?;
    let had_sled = dir.join(SLED).join("db").exists();
    let found = open_copy(dir, options)?;
    let copy_end = found.as_ref().map_or(0, |(_, head)| head.position);
    let end = journal_end::find(dir, &segments, copy_end)?;
    let mut opened = Opened {
        head: end.head,
        created: !had_sled && segments.is_empty(),
        torn_bytes: end.truncate_torn_write()?,
        replayed_events: 0,
        rebuilt: None,
    };
    let store = match check_copy(dir, &end, found, had_sled)? {
        Ok(store) => {
            if copy_end < end.head.position {
                let chain = ChainReader::starting_at(&segments, copy_end);
                let missing = (copy_end, end.head.position);
                opened.replayed_events = replay(dir, chain, (&store, Target::Sled), missing)?;
            }
            store
        }
        Err(reason) => {
            let rebuilt = rebuild_copy(
                dir,
                options,
                &segments,
                (end.head.position, had_sled, reason),
            )?;
            opened.rebuilt = Some(rebuilt);
            rebuild::open_new(&dir.join(SLED), options)?
        }
    };
    let copy = SledCopy::new(&store);
    let trimmed = copy.trim(end.head.position)?;
    if trimmed > 0 {
        tracing::warn!(
            trimmed,
            "deleted sled rows of a frame that is not in the journal"
        );
        store.barrier()?;
    }
    if copy.head()? != end.head {
        return Err(copy.damaged(end.head.position));
    }
    let journal = JournalWriter::open(&journal_dir, options, end.head, segments.last())?;
    log_opened(&opened);
    Ok(OpenParts {
        lock,
        journal,
        journal_dir,
        store,
        copy,
        opened,
    })
}

/// Opens sled and reads its end. The inner error is the reason to rebuild it.
pub(crate) fn open_copy(dir: &Path, options: &Options) -> Result<CopyFound, Error> {
    let store = Store::open(&dir.join(SLED), options)?;
    Ok(store.and_then(|store| match SledCopy::new(&store).head() {
        Ok(head) => Ok((store, head)),
        Err(error) => Err(error.to_string()),
    }))
}

/// Rebuilds the sled copy from the journal, for this reason.
fn rebuild_copy(
    dir: &Path,
    options: &Options,
    segments: &[Segment],
    (events, had_sled, reason): (u64, bool, String),
) -> Result<Rebuilt, Error> {
    tracing::error!(reason, "rebuilding the sled copy from the journal");
    if !had_sled {
        // The attempt to open it created an empty one, which needs no quarantine.
        durable::remove_dir(&dir.join(SLED))?;
    }
    Ok(Rebuilt {
        reason,
        quarantine: rebuild::rebuild(dir, options, segments, events)?,
        events,
    })
}

/// Checks that sled contains the journal's frames, or the first of them. The inner error is the
/// reason to rebuild it.
fn check_copy(
    dir: &Path,
    end: &JournalEnd,
    found: CopyFound,
    had_sled: bool,
) -> Result<Result<Store, String>, Error> {
    let (store, head) = match found {
        Ok(found) => found,
        Err(reason) => return Ok(Err(reason)),
    };
    let (position, journal) = (head.position, end.head.position);
    if position > journal {
        // If sled continues where the journal ends, the journal lost acknowledged events.
        let bytes = SledCopy::new(&store).frame_at(journal + 1)?;
        let next = bytes.as_deref().and_then(frame::parse_valid);
        if next.is_some_and(|next| next.header.previous == end.head.hash || journal == 0) {
            let lost = Range {
                first: journal + 1,
                last: position,
            };
            return Err(Error::journal_damaged(dir, lost));
        }
        return Ok(Err(format!(
            "it ends at position {position}, after the journal, and differs from it"
        )));
    }
    Ok(if position == 0 && journal > 0 {
        let state = if had_sled {
            "opened empty"
        } else {
            "is missing"
        };
        Err(format!(
            "it {state}, but the journal ends at position {journal}"
        ))
    } else if end.hash_at_copy_end != Some(head.hash) {
        Err(format!(
            "it differs from the journal at position {position}"
        ))
    } else {
        Ok(store)
    })
}

fn log_opened(opened: &Opened) {
    let Opened {
        head,
        created: _,
        torn_bytes,
        replayed_events,
        rebuilt,
    } = opened;
    if *torn_bytes > 0 {
        tracing::warn!(
            torn_bytes,
            "truncated a torn write, which was never acknowledged"
        );
    }
    if *replayed_events > 0 {
        tracing::warn!(
            replayed_events,
            "replayed the journal to sled, which was behind"
        );
    }
    if let Some(Rebuilt {
        reason,
        quarantine,
        events,
    }) = rebuilt
    {
        let quarantine = quarantine.as_ref().map(|path| path.display().to_string());
        tracing::error!(reason, quarantine, events, "rebuilt the sled copy");
    }
    tracing::info!(position = head.position, hash = %head.hash, "opened the event log");
}

#[cfg(test)]
mod tests;
