//! Building the sled copy anew from the journal.

use std::path::{Path, PathBuf};

use crate::copy::sled_copy::{SLED, how};
use crate::copy::store::{Found, Store};
use crate::disk::durable;
use crate::head::Head;
use crate::journal::chain::Walk;
use crate::journal::segment::Segment;
use crate::start::replay::replay;
use crate::{Error, Options};

/// Where the new copy is built. What a rebuild that was interrupted left here is worth nothing.
const BUILDING: &str = "sled.rebuilding";

/// Builds a whole copy beside the old one, sets the old one aside and puts the new one in its place.
/// The old one is left alone until the new one is complete. Where it is now, if there was one.
pub(crate) fn rebuild(
    dir: &Path,
    options: &Options,
    segments: &[Segment],
    head: Head,
) -> Result<Option<PathBuf>, Error> {
    let building = dir.join(BUILDING);
    durable::remove_dir(&building)?;
    let store = open_new(&building, options)?;
    let walk = Walk::new(segments, Head::EMPTY.position, Some(Head::EMPTY.hash));
    let outcome = replay(walk, &store, Head::EMPTY.position, head)?;
    drop(store);
    if let Err(ranges) = outcome {
        durable::remove_dir(&building)?;
        return Err(Error::JournalDamaged {
            dir: dir.to_path_buf(),
            ranges,
        });
    }
    let place = dir.join(SLED);
    let quarantine = place
        .exists()
        .then(|| durable::quarantine(dir, options.now_micros));
    if let Some(quarantine) = &quarantine {
        durable::rename(&place, quarantine)?;
    }
    durable::rename(&building, &place)?;
    Ok(quarantine)
}

/// Removes what an interrupted rebuild left.
pub(crate) fn remove_unfinished(dir: &Path) -> Result<(), Error> {
    durable::remove_dir(&dir.join(BUILDING))
}

/// Opens a database that was just made here, so that damage is a failing disk.
pub(crate) fn open_new(path: &Path, options: &Options) -> Result<Store, Error> {
    match Store::open(path, how(options))? {
        Found::Open(store) => Ok(store),
        Found::Broken(message) => Err(Error::SledPanicked {
            action: "open",
            path: path.to_path_buf(),
            message,
        }),
    }
}
