//! Rebuilds the sled copy from the journal.

use std::path::{Path, PathBuf};

use crate::copy::sled_copy::SLED;
use crate::copy::store::Store;
use crate::disk::durable;
use crate::journal::chain::ChainReader;
use crate::journal::segment::Segment;
use crate::start::replay::{Target, replay};
use crate::{Error, Options};

/// Directory of the unfinished copy. Deleted at start.
const BUILDING: &str = "sled.rebuilding";

/// Builds a complete copy up to position `end`, then moves the old one to a quarantine directory
/// and puts the new one in its place. Returns the quarantine directory if there was an old copy.
pub(crate) fn rebuild(
    dir: &Path,
    options: &Options,
    segments: &[Segment],
    end: u64,
) -> Result<Option<PathBuf>, Error> {
    let building = dir.join(BUILDING);
    durable::remove_dir(&building)?;
    let store = open_new(&building, options)?;
    let target = Target::Merged {
        file_bytes: options.merge_bytes,
    };
    let chain = ChainReader::from_start(segments);
    let replayed = replay(dir, chain, (&store, target), (0, end));
    drop(store);
    if replayed.is_err() {
        durable::remove_dir(&building)?;
    }
    replayed?;
    let sled = dir.join(SLED);
    let quarantine = sled
        .exists()
        .then(|| durable::quarantine_path(dir, options.now_micros));
    if let Some(quarantine) = &quarantine {
        durable::rename(&sled, quarantine)?;
    }
    durable::rename(&building, &sled)?;
    Ok(quarantine)
}

/// Deletes the directory of an interrupted rebuild.
pub(crate) fn remove_unfinished(dir: &Path) -> Result<(), Error> {
    durable::remove_dir(&dir.join(BUILDING))
}

/// Opens a database that this process just created. Damage means that the disk fails.
pub(crate) fn open_new(path: &Path, options: &Options) -> Result<Store, Error> {
    Store::open(path, options)?.map_err(|message| Error::SledPanicked {
        action: "open",
        path: path.to_path_buf(),
        message,
    })
}
