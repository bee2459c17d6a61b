/// Default of [`Options::cache_bytes`], 64 MiB.
pub const CACHE_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// How to open a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Size in bytes of the cache of blocks, which includes those of indexes and Bloom filters.
    /// Rows that are not yet in tables need more: 8 MiB for each part, and again that much for each
    /// buffer that is being written to a table, of which there are at most four.
    pub cache_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: CACHE_BYTES_DEFAULT,
        }
    }
}
