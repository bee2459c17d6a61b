//! The only caller of `rmp-serde`: `MessagePack` maps with named fields.
//!
//! The compact form stores structs by position and silently swaps or loses fields when a struct
//! changes (measured; docs/decisions), so the log does not use it. Rows do: they carry a version,
//! and rows of another version are discarded.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, IgnoredAny, Visitor};
use serde::{Deserialize, Serialize};

/// Why bytes cannot be decoded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are not `MessagePack`, or encode a different type.
    #[error("the bytes are not a {wanted}")]
    Shape {
        /// The expected Rust type.
        wanted: &'static str,
        /// The decoder's error.
        #[source]
        source: rmp_serde::decode::Error,
    },
    /// The bytes end early or contain an invalid value.
    #[error("the bytes are truncated or not a valid {wanted}")]
    Truncated {
        /// The expected type.
        wanted: &'static str,
    },
    /// More bytes follow the value.
    #[error("more bytes follow the {wanted}")]
    Trailing {
        /// The expected Rust type.
        wanted: &'static str,
    },
}

/// Encodes a value.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    #[expect(
        clippy::expect_used,
        reason = "our types have no map with keys that MessagePack lacks"
    )]
    rmp_serde::to_vec_named(value).expect("our types can be encoded")
}

/// Encodes a list of encoded values. The result decodes as a `Vec` of the values.
pub fn encode_list(values: &[Vec<u8>]) -> Vec<u8> {
    // `array 32`: a marker and the length in four bytes.
    const MARKER: u8 = 0xdd;
    let length = u32::try_from(values.len()).unwrap_or(u32::MAX);
    let mut list = Vec::with_capacity(5 + values.iter().map(Vec::len).sum::<usize>());
    list.push(MARKER);
    list.extend(length.to_be_bytes());
    for value in values {
        list.extend_from_slice(value);
    }
    list
}

/// Encodes a row of a projection by position, because the router reads all rows at its start.
/// [`decode`] reads it. Fields that may be skipped must come last.
pub(crate) fn encode_row<T: Serialize>(row: &T) -> Vec<u8> {
    #[expect(
        clippy::disallowed_methods,
        reason = "rows have a version, which a test ties to their shape"
    )]
    #[expect(
        clippy::expect_used,
        reason = "our types have no map with keys that MessagePack lacks"
    )]
    rmp_serde::to_vec(row).expect("our types can be encoded")
}

/// Decodes a value that takes up all the bytes; it may borrow from them.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    let wanted = std::any::type_name::<T>();
    let mut rest = rmp_serde::Deserializer::from_read_ref(bytes);
    let value = T::deserialize(&mut rest).map_err(|source| Error::Shape { wanted, source })?;
    // Only at the end of the bytes does reading the next marker fail.
    match IgnoredAny::deserialize(&mut rest) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
        _ => Err(Error::Trailing { wanted }),
    }
}

/// Deserializes a value from its text without copying the text.
pub(crate) struct FromText<T> {
    wanted: &'static str,
    value: PhantomData<T>,
}

impl<T> FromText<T> {
    pub(crate) const fn new(wanted: &'static str) -> Self {
        Self {
            wanted,
            value: PhantomData,
        }
    }
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for FromText<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.wanted)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_encoded_values_decodes_as_a_list_of_values() {
        for values in [vec![], vec!["one".to_owned()], vec!["x".to_owned(); 70_000]] {
            let encoded: Vec<_> = values.iter().map(encode).collect();
            let list = encode_list(&encoded);
            assert_eq!(decode::<Vec<String>>(&list).unwrap(), values);
        }
    }
}
