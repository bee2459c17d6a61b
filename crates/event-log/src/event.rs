/// An event as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Position of the previous event of the same stream; 0 for a stream's first. Must be lower
    /// than the event's own position.
    pub link: u64,
    /// The event itself, opaque here. At most [`EVENT_BYTES_MAX`](crate::EVENT_BYTES_MAX).
    pub bytes: Vec<u8>,
}

/// An event as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its place in the log, from 1, without gaps.
    pub position: u64,
    /// Position of the previous event of the same stream; 0 for a stream's first.
    pub link: u64,
    /// Time of the frame it was committed in, microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// The event itself.
    pub bytes: Vec<u8>,
}

/// An event borrowed from the buffer it was read into: what a scan hands out, so that reading
/// millions of them allocates nothing. The fields mean what they mean in [`StoredEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRef<'a> {
    /// Its place in the log.
    pub position: u64,
    /// Position of the previous event of the same stream; 0 for a stream's first.
    pub link: u64,
    /// Time of its frame, microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// The event itself.
    pub bytes: &'a [u8],
}

impl EventRef<'_> {
    /// Copies the event out of its buffer.
    pub fn to_stored(self) -> StoredEvent {
        StoredEvent {
            position: self.position,
            link: self.link,
            time_micros: self.time_micros,
            bytes: self.bytes.to_vec(),
        }
    }
}
