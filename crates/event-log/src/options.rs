/// Default size in bytes from which a segment is closed, 64 MiB: about 200,000 chat events. A
/// segment compresses in a second and replays quickly, and a busy year makes only hundreds of
/// files.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// Default of [`Options::cache_bytes`].
const CACHE_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;

/// Default of [`Options::merge_bytes`]: about 30,000 chat events, some 8 MiB on the disk.
const MERGE_BYTES_DEFAULT: u64 = 16 * 1024 * 1024;

/// How to open a log. [`Options::new`] returns the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether to call `fdatasync` before acknowledging. `false` loses acknowledged events in a
    /// power cut; the crash harness uses it to prove that it detects the loss.
    pub sync: bool,
    /// Size in bytes from which a journal segment is closed. Frames are never split, so a segment
    /// may exceed it by one batch of frames.
    pub segment_bytes: u64,
    /// Cache size passed to sled, in bytes. sled 0.34 may exceed it.
    pub cache_bytes: u64,
    /// Length in bytes of the rows that are merged into one compressed file. Below 2 GiB. sled
    /// keeps up to a quarter more than this, and up to four times as much in a flood of writes.
    pub merge_bytes: u64,
    /// The current time, microseconds since 1970-01-01 UTC. Only used to name quarantine
    /// directories (`quarantine-<time>`).
    pub now_micros: i64,
}

impl Options {
    /// Durable, segments of [`SEGMENT_BYTES_DEFAULT`], 64 MiB of cache.
    pub fn new(now_micros: i64) -> Self {
        Self {
            sync: true,
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            cache_bytes: CACHE_BYTES_DEFAULT,
            merge_bytes: MERGE_BYTES_DEFAULT,
            now_micros,
        }
    }
}
