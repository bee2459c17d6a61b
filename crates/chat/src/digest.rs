//! 16-byte digests: short enough to store in every row, long enough to make collisions impractical.

/// The first 16 bytes of a SHA-256 or an HMAC of it.
pub type Digest = [u8; 16];

/// Truncates a hash to a digest, or pads a shorter hash with zeros.
pub(crate) fn cut(hash: impl AsRef<[u8]>) -> Digest {
    let mut digest = Digest::default();
    let bytes = digest.iter_mut().zip(hash.as_ref());
    bytes.for_each(|(to, from)| *to = *from);
    digest
}
