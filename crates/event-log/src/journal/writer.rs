//! Appends frames to the journal.
//!
//! Segments grow by appending; they are not preallocated. With commits of 31 KB a sync took 375 us
//! when appending, 324 us into preallocated blocks and 234 us into blocks already filled with
//! zeros. Preallocation would write everything twice and would hide the journal's end, which
//! identifies a torn write. Sharing a sync between frames gains more.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::disk::durable;
use crate::head::Head;
use crate::journal::frame::EncodedFrame;
use crate::journal::segment::Segment;
use crate::{Error, Options};

/// Appends to the last segment.
pub(crate) struct JournalWriter {
    dir: PathBuf,
    file: File,
    path: PathBuf,
    written: u64,
    segment_bytes: u64,
    sync: bool,
    head: Head,
}

impl JournalWriter {
    /// Continues after `head`: in `last` if that is a raw segment, which must end there, or in a
    /// new segment.
    pub(crate) fn open(
        dir: &Path,
        options: &Options,
        head: Head,
        last: Option<&Segment>,
    ) -> Result<Self, Error> {
        let raw = last.filter(|segment| !segment.is_sealed());
        let path = match raw {
            Some(segment) => segment.path.clone(),
            None => Segment::raw(dir, head.position + 1).path,
        };
        let (file, written) = open_segment(dir, &path, raw.is_none())?;
        Ok(Self {
            dir: dir.to_path_buf(),
            file,
            path,
            written,
            segment_bytes: options.segment_bytes,
            sync: options.sync,
            head,
        })
    }

    /// Starts a new segment if the current one is full. Returns whether it did, so that the closed
    /// segment can be sealed.
    pub(crate) fn roll_if_full(&mut self) -> Result<bool, Error> {
        let full = self.written >= self.segment_bytes;
        if full {
            let path = Segment::raw(&self.dir, self.head.position + 1).path;
            (self.file, self.written) = open_segment(&self.dir, &path, true)?;
            self.path = path;
        }
        Ok(full)
    }

    /// Appends frames in order and syncs once.
    ///
    /// Nothing may be appended after an error: the content of the disk is unknown, and a second
    /// `fsync` does not report the error of the first.
    pub(crate) fn append<'a>(
        &mut self,
        frames: impl Iterator<Item = &'a mut EncodedFrame>,
    ) -> Result<(), Error> {
        let durable = self.head.position;
        for frame in frames {
            frame.link(self.head.hash, durable);
            self.file
                .write_all(&frame.bytes)
                .map_err(Error::io("append to", &self.path))?;
            self.written += frame.bytes.len() as u64;
            self.head = Head {
                position: frame.header.last(),
                hash: frame.hash,
            };
        }
        if self.sync {
            self.file
                .sync_data()
                .map_err(Error::io("sync", &self.path))?;
        }
        Ok(())
    }

    /// Replaces the file by one that fails.
    #[cfg(test)]
    pub(crate) fn with_file(self, file: File) -> Self {
        Self { file, ..self }
    }
}

fn open_segment(dir: &Path, path: &Path, create: bool) -> Result<(File, u64), Error> {
    let file = OpenOptions::new()
        .append(true)
        .create_new(create)
        .open(path)
        .map_err(Error::io("open", path))?;
    file.sync_all().map_err(Error::io("sync", path))?;
    durable::sync_dir(dir)?;
    let written = file
        .metadata()
        .map_err(Error::io("get the length of", path))?
        .len();
    Ok((file, written))
}
