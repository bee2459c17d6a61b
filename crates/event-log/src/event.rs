/// An event to append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Position of the previous event of the same stream; 0 for the first. Must be lower than the
    /// event's own position.
    pub link: u64,
    /// The event's content, opaque to the log. At most [`EVENT_BYTES_MAX`](crate::EVENT_BYTES_MAX).
    pub bytes: Vec<u8>,
}

/// An event read from the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its position in the log: 1, 2, 3 … without a gap.
    pub position: u64,
    /// Position of the previous event of the same stream; 0 for the first.
    pub link: u64,
    /// Time of its frame, microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// The event's content.
    pub bytes: Vec<u8>,
}

/// An event borrowed from a read buffer, so that scanning millions of events allocates nothing. The
/// fields are those of [`StoredEvent`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRef<'a> {
    /// Its position in the log.
    pub position: u64,
    /// Position of the previous event of the same stream; 0 for the first.
    pub link: u64,
    /// Time of its frame, microseconds since 1970-01-01 UTC.
    pub time_micros: i64,
    /// The event's content.
    pub bytes: &'a [u8],
}

impl EventRef<'_> {
    /// Copies the event out of the buffer.
    pub fn to_stored(self) -> StoredEvent {
        StoredEvent {
            position: self.position,
            link: self.link,
            time_micros: self.time_micros,
            bytes: self.bytes.to_vec(),
        }
    }
}
