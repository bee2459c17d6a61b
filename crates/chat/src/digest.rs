//! 16-byte digests: short enough to store in every row, long enough to make collisions impractical.

/// The first 16 bytes of a SHA-256 or an HMAC of it.
pub type Digest = [u8; 16];

/// Truncates a hash of at least 16 bytes.
pub(crate) fn truncate(hash: impl AsRef<[u8]>) -> Digest {
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}
