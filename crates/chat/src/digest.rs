//! 16-byte digests: short enough for every row, long enough that nobody finds two texts with one.

/// The first 16 bytes of a SHA-256 or an HMAC of it.
pub type Digest = [u8; 16];

/// Cuts a hash to a digest. A shorter hash is filled up with zeros.
pub(crate) fn cut(hash: impl AsRef<[u8]>) -> Digest {
    let mut digest = Digest::default();
    let bytes = digest.iter_mut().zip(hash.as_ref());
    bytes.for_each(|(to, from)| *to = *from);
    digest
}
