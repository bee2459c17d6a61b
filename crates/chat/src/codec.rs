//! The only caller of `rmp-serde`: `MessagePack` maps with named fields.
//!
//! The compact form writes structs by position and silently swaps or loses fields when a struct
//! changes (measured; docs/decisions), so it is never used.

use serde::Serialize;
use serde::de::DeserializeOwned;

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
    /// There is more behind the value, so it is not what was written.
    #[error("{count} bytes stand behind the {wanted}")]
    Trailing {
        /// The Rust type that was wanted.
        wanted: &'static str,
        /// How many.
        count: usize,
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

/// Decodes a value that fills the bytes wholly.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let wanted = std::any::type_name::<T>();
    let mut rest = bytes;
    let value =
        rmp_serde::from_read(&mut rest).map_err(|source| Error::Shape { wanted, source })?;
    if rest.is_empty() {
        Ok(value)
    } else {
        Err(Error::Trailing {
            wanted,
            count: rest.len(),
        })
    }
}
