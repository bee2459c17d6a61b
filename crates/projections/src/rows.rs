use crate::Error;

/// A key and its new value; `None` removes the key. The first byte of a key is the tag of its
/// table.
pub type Row = (Vec<u8>, Option<Vec<u8>>);

/// The tag that no table may have. The store's own rows use it.
pub const RESERVED_TAG: u8 = 0xFF;

/// Maximum size of a key in bytes.
pub const KEY_BYTES_MAX: usize = 1024;

/// Maximum size of a value in bytes, 64 MiB. Rows should stay far below it.
pub const VALUE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Changed rows of both parts. If a key occurs twice in a part, its last value counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows that the owner reads at start, all of them.
    pub resident: Vec<Row>,
    /// Rows that are looked up by key.
    pub cold: Vec<Row>,
}

impl Changes {
    /// Whether there is nothing to write.
    pub const fn is_empty(&self) -> bool {
        self.resident.is_empty() && self.cold.is_empty()
    }

    /// Checks the keys and sizes of all rows.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.resident.iter().chain(&self.cold).try_for_each(check)
    }
}

fn check((key, value): &Row) -> Result<(), Error> {
    let is_reserved = key.first().is_none_or(|tag| *tag == RESERVED_TAG);
    if is_reserved || key.len() > KEY_BYTES_MAX {
        return Err(Error::BadKey { key: key.clone() });
    }
    let bytes = value.as_ref().map_or(0, Vec::len);
    if bytes > VALUE_BYTES_MAX {
        return Err(Error::ValueTooLarge { bytes });
    }
    Ok(())
}

/// Returns the rows in the order of their keys, of each key only the last one.
pub(crate) fn sorted(rows: &[Row]) -> Vec<&Row> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    // The sort is stable, so the last one of a key stays the last one.
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut unique: Vec<&Row> = Vec::with_capacity(sorted.len());
    for row in sorted {
        match unique.last_mut() {
            Some(last) if last.0 == row.0 => *last = row,
            Some(_) | None => unique.push(row),
        }
    }
    unique
}
