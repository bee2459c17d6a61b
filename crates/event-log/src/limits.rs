//! Sizes that callers must respect.

/// Most events in one frame. Design, section 5: a commit group stays small enough that its latency
/// is that of the sync, not of the copying.
pub const FRAME_EVENTS_MAX: usize = 256;

/// Most payload bytes in one frame of several events, 200 KiB: groups of 0.2 MB lost nothing in the
/// simulated power cuts where groups of 0.5 MB did. A single event may be larger.
pub const FRAME_BYTES_MAX: usize = 200 * 1024;

/// Most bytes in one event, 1 MiB: four times the largest body that is taken in (256 KiB), which
/// leaves room for its envelope and sealing.
pub const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// Longest row, key and value together, 64 MiB. It is far more than a row should have, which is read
/// and written as a whole: where one row does not fit, nobody can start any more.
pub const PROJECTION_VALUE_BYTES_MAX: usize = 64 * 1024 * 1024;
