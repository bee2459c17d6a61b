//! Size limits that callers must respect.

/// Maximum number of events in a frame. Copying this many takes little time compared
/// with the sync.
pub const FRAME_EVENTS_MAX: usize = 256;

/// Maximum payload in bytes of a frame with several events, 200 KiB. In simulated power cuts sled
/// lost nothing with writes of 0.2 MB and lost data with writes of 0.5 MB. A single event may be
/// larger.
pub const FRAME_BYTES_MAX: usize = 200 * 1024;

/// Maximum size of an event in bytes, 1 MiB: four times the largest accepted request body (256
/// KiB), which leaves room for the envelope and encryption.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;
