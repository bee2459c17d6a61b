//! The configuration of the role, and its limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chat::command::NewUser;
use chat::rules::Rules;
use chat::seal::SealKey;

/// The configuration of the session router.
#[derive(Clone, Debug)]
pub struct Config {
    /// The data directory: the log is in `log/`, the keys in `keys`, the projections in
    /// `projections/`.
    pub data: PathBuf,
    /// The name of this machine, which another session router shows.
    pub host: String,
    /// The data directory's master key.
    pub master: Arc<SealKey>,
    /// The URL before `/api/messengers/…`, as messengers reach it.
    pub public_url: String,
    /// The retry schedule and the time to live of deliveries.
    pub rules: Rules,
    /// Whether an acknowledgement waits for `fsync`. `false` loses data at a power failure.
    pub sync: bool,
    /// How long a check of the whole log for damage takes, after which the next begins. Zero: no checks.
    pub scrub_round: Duration,
    /// The administrator that `switchboard init` made. Ignored if there is a user.
    pub first_administrator: Option<NewUser>,
}

/// The most frames in flight while the next is applied. More would make frames smaller and replies
/// later.
pub(crate) const FRAMES_MAX: usize = 2;
/// The most requests that one turn of the loop takes.
pub(crate) const BATCH_MAX: usize = 256;
/// The size at which a frame is closed, in bytes: it leaves room for one more decision.
pub(crate) const FRAME_BYTES: usize = 160 * 1024;
/// The most password hashes at once, in total and of one user. Beyond it callers get `unavailable`.
pub(crate) const HASHES_MAX: usize = 64;
/// See [`HASHES_MAX`].
pub(crate) const HASHES_PER_USER_MAX: usize = 32;
/// The most scans at once, in total and of one user, including those that wait for their turn. Beyond
/// it callers get `unavailable`. A user has several pages open, all of which catch up after a restart.
/// Behind one such user, the scans of others wait for four rounds of [`SCANS_RUNNING_MAX`] at most.
pub(crate) const SCANS_MAX: usize = 64;
/// See [`SCANS_MAX`].
pub(crate) const SCANS_PER_USER_MAX: usize = 8;
/// The most scans that hold memory, from the first read of the log until the answer is handed to NATS:
/// each up to about 12 MiB (`view::events::FOUND_BYTES_MAX` decoded, and a full answer as a tree and as
/// text). More would only compete with the path of messages for the processors.
pub(crate) const SCANS_RUNNING_MAX: usize = 2;
/// The most other queries whose answers are not sent yet, in total and of one user. Beyond it callers
/// get `unavailable`. A page that loads has about ten.
pub(crate) const QUERIES_MAX: usize = 1_024;
/// See [`QUERIES_MAX`].
pub(crate) const QUERIES_PER_USER_MAX: usize = 64;
/// The most verifications of messengers at once that users requested, in total and of one user. They
/// may take 10 s each. Beyond it callers get `unavailable`.
pub(crate) const VERIFICATIONS_MAX: usize = 128;
/// See [`VERIFICATIONS_MAX`].
pub(crate) const VERIFICATIONS_PER_USER_MAX: usize = 64;
/// The most replies, and the most feed events, that wait for NATS. Beyond it they are dropped and
/// counted: callers retry, and consoles catch up.
pub(crate) const OUTBOX_MAX: usize = 16_384;
/// The room in these queues below which no more requests are taken. The frames in flight and the next
/// one release less: a frame has 256 events and what its last request adds, an inbound batch of 128.
pub(crate) const OUTBOX_ROOM: usize = 4_096;
/// The most answers that wait to be rendered.
pub(crate) const RENDERS_WAITING_MAX: usize = 4_096;
/// How long attempts in flight may take while the role stops. One that takes longer is repeated after
/// the restart, under the same id. Together with [`OUTBOX_STOP_MAX`] this is less than the 11 s that
/// the process gives its roles.
pub(crate) const STOP_MAX: Duration = Duration::from_secs(7);
/// How long sending the last replies may take while the role stops.
pub(crate) const OUTBOX_STOP_MAX: Duration = Duration::from_secs(2);
/// The most events whose changed rows are not written while the role is busy, besides those since the
/// last tick. Rows that are not written stay in memory, and a start after a kill replays their events.
pub(crate) const ROWS_EVENTS_MAX: u64 = 25_000;
/// How often counts are recorded, the disk is checked, and changed rows are considered.
pub(crate) const TICK: Duration = Duration::from_secs(1);
/// A user who sent a request within this time is online, if the console role does not report who is
/// connected.
pub(crate) const ONLINE: Duration = Duration::from_mins(2);
