//! What the role is started with.

use std::path::PathBuf;
use std::sync::Arc;

use chat::command::NewUser;
use chat::rules::Rules;
use chat::seal::SealKey;

/// What the session-router is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data directory: the log is in `log/`, the keys in `keys`, the projections in
    /// `projections/`.
    pub data: PathBuf,
    /// The data directory's master key.
    pub master: Arc<SealKey>,
    /// What is in front of `/api/messengers/…` for messengers.
    pub public_url: String,
    /// The retry schedule and the time to live of deliveries.
    pub rules: Rules,
    /// Whether an acknowledgement waits for the disk. `false` is for experiments only.
    pub sync: bool,
    /// The administrator that `switchboard init` made; used only while there is no user.
    pub first_administrator: Option<NewUser>,
}

/// At most so many frames are being made durable while the next is applied. More would only make
/// frames smaller and replies later.
pub(crate) const FRAMES_MAX: usize = 2;
/// A batch takes at most so many requests before it is handed to the log.
pub(crate) const BATCH_MAX: usize = 256;
/// A frame takes at most so many bytes of several events, with room for one more decision.
pub(crate) const FRAME_BYTES: usize = 160 * 1024;
/// Attempts under way at once, over all channels.
pub(crate) const ATTEMPTS_MAX: usize = 256;
/// Attempts at messages under way at once, of one channel.
pub(crate) const CHANNEL_ATTEMPTS_MAX: usize = 32;
/// The same once half of all places are taken.
pub(crate) const CHANNEL_SHARE_MAX: usize = 4;
/// Notices under way at once, of one channel: they are many, and nobody waits for them.
pub(crate) const CHANNEL_NOTICES_MAX: usize = 4;
/// Verifications, password hashes and scans under way at once; past it callers are told to wait.
pub(crate) const SIDE_JOBS_MAX: usize = 64;
/// Replies and feed events that wait for NATS; past it they are dropped and counted: callers ask
/// again, and consoles catch up.
pub(crate) const OUTBOX_MAX: usize = 16_384;
/// The same for answers whose texts are yet to be read.
pub(crate) const RENDERS_WAITING_MAX: usize = 4_096;
/// How long attempts under way may take while the role stops; one that takes longer is made again
/// after the restart, under the same id. With what follows it stays under the 11 s that the process
/// gives its roles.
pub(crate) const STOP_MAX: std::time::Duration = std::time::Duration::from_secs(7);
/// How long what is decided may take to leave for a NATS that does not take it, while the role stops.
pub(crate) const OUTBOX_STOP_MAX: std::time::Duration = std::time::Duration::from_secs(2);
/// While it is busy the role keeps at most so many events without writing the rows that they changed:
/// writing costs more than folding, and a start folds so many again in about a second.
pub(crate) const ROWS_EVENTS_MAX: u64 = 100_000;
/// How often coalesced counts are recorded and the disk looked at, and whether rows are due.
pub(crate) const TICK: std::time::Duration = std::time::Duration::from_secs(1);
/// A console that spoke within this time counts as online.
pub(crate) const ONLINE: std::time::Duration = std::time::Duration::from_mins(2);
