/// A segment is closed once it is this long; a frame is never split, so it may end up longer by one
/// group of frames. 64 MiB is about 200,000 chat events: small enough to compress in a second and to
/// read again when sled is behind, large enough that a year of a busy desk is hundreds of files.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// What sled may keep in memory. It is a wish: sled 0.34 does not bound itself by it.
const CACHE_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// How to open a log. Every field is public and none is optional; [`Options::new`] gives the values
/// to use unless there is a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether an acknowledgement waits for `fdatasync`. `false` loses acknowledged events in a
    /// power cut; it exists so that the crash harness can prove that it would notice.
    pub sync: bool,
    /// Length in bytes at which a journal segment is closed.
    pub segment_bytes: u64,
    /// What sled is asked to keep in memory, in bytes.
    pub cache_bytes: u64,
    /// The time of opening, microseconds since 1970-01-01 UTC. Names what is set aside
    /// (`quarantine-<time>`); nothing else depends on it.
    pub now_micros: i64,
}

impl Options {
    /// Durable, segments of [`SEGMENT_BYTES_DEFAULT`], 64 MiB of cache.
    pub fn new(now_micros: i64) -> Self {
        Self {
            sync: true,
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            cache_bytes: CACHE_BYTES_DEFAULT,
            now_micros,
        }
    }
}
