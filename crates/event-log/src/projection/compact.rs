//! Leaving out what was replaced, so that a projection file stays within about twice its rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::os::unix::fs::FileExt;

use crate::projection::block::{
    BlockWriter, Blocks, Checkpoint, FILE_HEADER_BYTES, RowRef, file_header, take_row,
};

/// Copies the rows that count from one file, of `made` bytes when it was made and `end` now, to a new
/// one; how long that is.
///
/// Rows of when the file was made are unique. So only those behind are remembered: by a short hash of
/// the key, the place of the last row that has it. Two keys of one hash cost a row that is kept
/// although it was replaced, and nothing else.
pub(super) fn copy(
    from: &File,
    (made, end): (u64, u64),
    checkpoint: Checkpoint,
    to: &File,
) -> io::Result<u64> {
    let mut last = BTreeMap::new();
    each(from, (made, end), |at, row| {
        last.insert(hash(row.key), at);
        Ok(())
    })?;
    let mut out = BlockWriter::new(to, FILE_HEADER_BYTES as u64);
    each(from, (FILE_HEADER_BYTES as u64, end), |at, row| {
        let replaced = match last.get(&hash(row.key)) {
            Some(last) if *last == at => row.value.is_none(),
            Some(last) => has_key(from, *last, row.key)?,
            None => false,
        };
        if replaced {
            return Ok(());
        }
        out.push(row.key, row.value)
    })?;
    let length = out.finish(Some(checkpoint))?;
    to.write_all_at(&file_header(length), 0)?;
    Ok(length)
}

/// Calls `visit` with every row and its place.
fn each(
    file: &File,
    (from, end): (u64, u64),
    mut visit: impl FnMut(u64, RowRef<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut blocks = Blocks::new(file, from, end);
    while let Some((mut at, mut rows)) = blocks.next()? {
        while let Some(row) = take_row(&mut rows) {
            visit(at, row)?;
            at += row.bytes as u64;
        }
    }
    Ok(())
}

/// Whether the row at this place has this key.
fn has_key(file: &File, at: u64, key: &[u8]) -> io::Result<bool> {
    let mut length = [0; 2];
    file.read_exact_at(&mut length, at)?;
    if usize::from(u16::from_le_bytes(length)) != key.len() {
        return Ok(false);
    }
    let mut found = vec![0; key.len()];
    // Behind the lengths of key and value.
    file.read_exact_at(&mut found, at + 6)?;
    Ok(found == key)
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key);
    hasher.finish()
}
