//! The only caller of `rmp-serde`: `MessagePack` maps with named fields.
//!
//! The compact form writes structs by position and silently swaps or loses fields when a struct
//! changes (measured; docs/decisions), so nothing that is kept is written in it. Rows are not kept:
//! they carry a version, and rows of another are thrown away.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use serde::de::{self, IgnoredAny, Visitor};
use serde::{Deserialize, Serialize};

/// Bytes that are not the wanted value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The bytes are no `MessagePack`, or of another shape.
    #[error("the bytes are not a {wanted}")]
    Shape {
        /// The Rust type that was wanted.
        wanted: &'static str,
        /// What the decoder says.
        #[source]
        source: rmp_serde::decode::Error,
    },
    /// The bytes end too early, or hold what cannot be.
    #[error("the bytes are not a whole {wanted}")]
    Cut {
        /// What was wanted.
        wanted: &'static str,
    },
    /// There is more behind the value, so it is not what was written.
    #[error("more stands behind the {wanted}")]
    Trailing {
        /// The Rust type that was wanted.
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

/// Encodes a list of values that are encoded already, such as a `Vec` of them would be.
pub fn encode_list(values: &[Vec<u8>]) -> Vec<u8> {
    // `array 32`: a marker, and the length in four bytes.
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

/// Encodes a row of the projections by position: a start reads all of them. [`decode`] reads it back.
/// The fields that may be left out of a row must be its last.
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

/// Decodes a value that fills the bytes wholly; it may borrow from them.
pub fn decode<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Error> {
    let wanted = std::any::type_name::<T>();
    let mut rest = rmp_serde::Deserializer::from_read_ref(bytes);
    let value = T::deserialize(&mut rest).map_err(|source| Error::Shape { wanted, source })?;
    // Only where the bytes end there is not even the beginning of a next value.
    match IgnoredAny::deserialize(&mut rest) {
        Err(rmp_serde::decode::Error::InvalidMarkerRead(_)) => Ok(value),
        _ => Err(Error::Trailing { wanted }),
    }
}

/// Reads a value that is written as its text, without a copy of the text.
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
    fn a_list_of_encoded_values_is_read_as_a_list_of_values() {
        for values in [vec![], vec!["one".to_owned()], vec!["x".to_owned(); 70_000]] {
            let encoded: Vec<_> = values.iter().map(encode).collect();
            let list = encode_list(&encoded);
            assert_eq!(decode::<Vec<String>>(&list).unwrap(), values);
        }
    }
}
