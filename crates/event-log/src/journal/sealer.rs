//! Compresses closed segments in the background.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::Error;
use crate::disk::durable;
use crate::journal::chunk::ChunkWriter;
use crate::journal::scanner::{Scanner, Step};
use crate::journal::segment::{self, Segment, UNFINISHED};

/// Seals every raw segment but the last, which is being appended to. One that is damaged is left as
/// it is, for `repair`.
pub(crate) fn seal_all(journal: &Path) -> Result<(), Error> {
    let segments = segment::list_all(journal)?;
    let Some((_, closed)) = segments.split_last() else {
        return Ok(());
    };
    for raw in closed.iter().filter(|segment| !segment.is_sealed()) {
        seal(journal, raw)?;
    }
    Ok(())
}

/// Removes what a sealing that was interrupted left behind.
pub(crate) fn remove_unfinished(journal: &Path) -> Result<(), Error> {
    for entry in fs::read_dir(journal).map_err(Error::io("list", journal))? {
        let path = entry.map_err(Error::io("list", journal))?.path();
        if path.to_str().is_some_and(|path| path.ends_with(UNFINISHED)) {
            durable::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Compresses beside the raw segment, reads that back, and only then removes the raw one.
fn seal(journal: &Path, raw: &Segment) -> Result<(), Error> {
    let mut temporary = raw.path.clone().into_os_string();
    temporary.push(UNFINISHED);
    let temporary = PathBuf::from(temporary);
    let Some((last, digest)) = compress(raw, &temporary)? else {
        tracing::warn!(segment = %raw.path.display(), "left unsealed: empty or damaged");
        return durable::remove_file(&temporary);
    };
    if digest_of(&temporary, raw.first, last)? != digest {
        tracing::error!(segment = %raw.path.display(), "left unsealed: reads back differently");
        return durable::remove_file(&temporary);
    }
    durable::rename(&temporary, &Segment::sealed(journal, raw.first, last).path)?;
    durable::remove_file(&raw.path)
}

/// Writes and syncs the sealed form. The last position and the digest of the raw bytes, or `None`
/// where the segment is empty or damaged.
fn compress(raw: &Segment, to: &Path) -> Result<Option<(u64, [u8; 32])>, Error> {
    let mut scanner = Scanner::open(raw)?;
    let mut out = File::create(to).map_err(Error::io("create", to))?;
    let mut writer = ChunkWriter::new().map_err(Error::io("compress to", to))?;
    let mut expected = raw.first;
    loop {
        match scanner.step()? {
            Step::Frame(header) if header.first == expected => {
                expected = header.last() + 1;
                writer
                    .push(scanner.frame().bytes, &mut out)
                    .map_err(Error::io("write", to))?;
            }
            Step::End if expected > raw.first => break,
            _ => return Ok(None),
        }
    }
    let digest = writer.finish(&mut out).map_err(Error::io("write", to))?;
    out.sync_all().map_err(Error::io("sync", to))?;
    Ok(Some((expected - 1, digest)))
}

/// The digest of all frames of a sealed file, as [`compress`] computes it.
fn digest_of(path: &Path, first: u64, last: u64) -> Result<[u8; 32], Error> {
    let segment = Segment {
        first,
        last: Some(last),
        path: path.to_path_buf(),
    };
    let mut scanner = Scanner::open(&segment)?;
    let mut digest = Sha256::new();
    while let Step::Frame(_) = scanner.step()? {
        digest.update(scanner.frame().bytes);
    }
    Ok(digest.finalize().into())
}
