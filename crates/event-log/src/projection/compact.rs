//! Compaction: drops obsolete rows, so that a projection file has at most about twice the size of
//! its rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::os::unix::fs::FileExt;

use crate::head::Head;
use crate::projection::block::{
    BlockReader, BlockWriter, FILE_HEADER_BYTES, ROW_HEADER_BYTES, RowRef, encode_file_header,
    read_array, take_row,
};

/// Copies the current rows of a file, which ended at `compacted_end` when it was last compacted, to
/// a new one. Returns the length of the new file.
///
/// Keys before `compacted_end` are unique, so only the keys after it are kept in memory: the offset
/// of the last row by a hash of the key. If two keys have the same hash, an obsolete row may be
/// copied too.
pub(super) fn copy(
    from: &File,
    (compacted_end, end): (u64, u64),
    checkpoint: Head,
    to: &File,
) -> io::Result<u64> {
    let mut last_rows = BTreeMap::new();
    for_each_row(from, (compacted_end, end), |at, row| {
        last_rows.insert(hash(row.key), at);
        Ok(())
    })?;
    let mut out = BlockWriter::new(to, FILE_HEADER_BYTES as u64);
    for_each_row(from, (FILE_HEADER_BYTES as u64, end), |at, row| {
        let obsolete = match last_rows.get(&hash(row.key)) {
            Some(last) if *last == at => row.value.is_none(),
            Some(last) => has_key(from, *last, row.key)?,
            None => false,
        };
        if obsolete {
            return Ok(());
        }
        out.push(row.key, row.value)
    })?;
    let length = out.finish(Some(checkpoint))?;
    to.write_all_at(&encode_file_header(length), 0)?;
    Ok(length)
}

/// Calls `visit` with the offset of every row and the row.
fn for_each_row(
    file: &File,
    (start, end): (u64, u64),
    mut visit: impl FnMut(u64, RowRef<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let mut blocks = BlockReader::new(file, start, end);
    while let Some((mut at, mut rows)) = blocks.next()? {
        while let Some(row) = take_row(&mut rows) {
            visit(at, row)?;
            at += row.bytes as u64;
        }
    }
    Ok(())
}

/// Whether the row at this offset has this key.
fn has_key(file: &File, at: u64, key: &[u8]) -> io::Result<bool> {
    let length = read_array(file, at)?.map(u16::from_le_bytes);
    if length.map(usize::from) != Some(key.len()) {
        return Ok(false);
    }
    let mut found = vec![0; key.len()];
    file.read_exact_at(&mut found, at + ROW_HEADER_BYTES as u64)?;
    Ok(found == key)
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(key);
    hasher.finish()
}
