//! Seals closed segments: replaces each by its compressed form.

use std::fs::File;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::Error;
use crate::disk::durable;
use crate::journal::chunk::ChunkWriter;
use crate::journal::scanner::{Scanner, Step};
use crate::journal::segment::{self, Segment};

/// Seals every raw segment except the last, which is being appended to. Leaves damaged segments
/// alone; `repair` needs them.
pub(crate) fn seal_all(journal: &Path) -> Result<(), Error> {
    let segments = segment::list_files(journal)?;
    let Some((_, closed)) = segments.split_last() else {
        return Ok(());
    };
    for raw in closed.iter().filter(|segment| !segment.is_sealed()) {
        seal(journal, raw)?;
    }
    Ok(())
}

/// Compresses a segment to a temporary file, verifies that, and only then deletes the raw segment.
fn seal(journal: &Path, raw: &Segment) -> Result<(), Error> {
    let temporary = raw.temporary_path();
    let Some((last, digest)) = compress(raw, &temporary)? else {
        tracing::warn!(segment = %raw.path.display(), "segment not sealed: empty or damaged");
        return durable::remove_file(&temporary);
    };
    let compressed = Segment {
        first: raw.first,
        last: Some(last),
        path: temporary,
    };
    if digest_of_frames(&compressed)? != digest {
        tracing::error!(segment = %raw.path.display(), "segment not sealed: copy differs");
        return durable::remove_file(&compressed.path);
    }
    let sealed = Segment::sealed(journal, raw.first, last);
    durable::rename(&compressed.path, &sealed.path)?;
    durable::remove_file(&raw.path)
}

/// Writes and syncs the compressed form. Returns the last position and the SHA-256 of the frames,
/// or `None` if the segment is empty or damaged.
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
                    .push(scanner.frame_bytes(), &mut out)
                    .map_err(Error::io("write", to))?;
            }
            Step::End if expected > raw.first => break,
            Step::Frame(_) | Step::Bad { .. } | Step::End => return Ok(None),
        }
    }
    let digest = writer.finish(&mut out).map_err(Error::io("write", to))?;
    out.sync_all().map_err(Error::io("sync", to))?;
    Ok(Some((expected - 1, digest)))
}

fn digest_of_frames(segment: &Segment) -> Result<[u8; 32], Error> {
    let mut scanner = Scanner::open(segment)?;
    let mut digest = Sha256::new();
    while let Step::Frame(_) = scanner.step()? {
        digest.update(scanner.frame_bytes());
    }
    Ok(digest.finalize().into())
}
