//! Damage of a journal that the library ignores.
//!
//! The library treats an unreadable entry as the end of a journal. In the newest journal that is
//! an unfinished write, and the store loses only its newest rows. In an older one it is a gap: the
//! rows of later journals would be used without the ones before them.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::Error;

/// Size of the pieces in which the end of a journal is searched.
const PIECE_BYTES: usize = 64 * 1024;

/// The journals before the newest one. Their files stay open, because the library removes them when
/// their rows are in tables.
pub(crate) struct Older(Vec<(File, u64)>);

impl Older {
    /// Notes where the journals in `dir` end. Call it before the library opens them.
    pub(crate) fn find(dir: &Path) -> Result<Self, Error> {
        let failed = |error| Error::io("read", dir)(error);
        let mut numbers = Vec::new();
        for entry in fs::read_dir(dir).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let number = name.to_str().and_then(|name| name.strip_suffix(".jnl"));
            numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        let is_next = |(a, b): (&u64, &u64)| a.checked_add(1) == Some(*b);
        if !numbers.iter().zip(numbers.iter().skip(1)).all(is_next) {
            return Err(Error::damaged("open it", dir, "a journal is missing"));
        }
        numbers.pop();
        let end = |number: u64| {
            let file = File::open(dir.join(format!("{number}.jnl")))?;
            let end = content_end(&file)?;
            Ok((file, end))
        };
        let older: io::Result<_> = numbers.into_iter().map(end).collect();
        Ok(Self(older.map_err(failed)?))
    }

    /// Fails if the library cut off a part of them. Call it after the library opened them.
    pub(crate) fn check(&self, dir: &Path) -> Result<(), Error> {
        for (file, end) in &self.0 {
            let length = file.metadata().map_err(Error::io("read", dir))?.len();
            if length < *end {
                return Err(Error::damaged("open it", dir, "a journal is damaged"));
            }
        }
        Ok(())
    }
}

/// Returns the end of the content of a journal. Zeros follow it, as the library allocates space in
/// advance. The last byte of a batch is not zero.
fn content_end(file: &File) -> io::Result<u64> {
    let mut end = file.metadata()?.len();
    let mut piece = vec![0; PIECE_BYTES];
    while end > 0 {
        let start = end.saturating_sub(PIECE_BYTES as u64);
        let length = usize::try_from(end - start).unwrap_or(PIECE_BYTES);
        let piece = piece.get_mut(..length).unwrap_or_default();
        file.read_exact_at(piece, start)?;
        if let Some(last) = piece.iter().rposition(|byte| *byte != 0) {
            return Ok(start + last as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
