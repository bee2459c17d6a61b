//! The role that owns a workspace: it decides commands, answers queries, schedules deliveries, and is
//! the only writer of the log.
//!
//! One loop ([`run()`]) takes requests, applies them to the state in memory, and appends the events to
//! the log as one frame. Nothing leaves before its frame is durable; meanwhile the next batch is
//! applied. If the log fails, the role stops, and a restart replays.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod append;
mod batch;
mod lease;
mod loader;
mod open;
mod router;
mod rows;
mod run;
mod state;

mod api;
mod feed;
mod outbox;
mod view;

mod attempt;
mod external;
mod notices;
mod side_jobs;
mod slots;
mod verify;

mod audience;
mod channels;
mod clock;
mod config;
mod egress;
mod error;
mod keyring;
mod known_codes;
mod log_writer;
mod presence;
mod projections;
mod quota;
mod recovery;
mod reset_password;
mod scrub;
mod sealed_log;
mod seed;
mod tokens;
mod unsent;

pub use channels::channels;
pub use config::Config;
pub use error::Error;
pub use keyring::KeyringError;
pub use log_writer::LogWriter;
pub use recovery::{Remains, accept_loss, examine};
pub use reset_password::reset_password;
pub use run::run;

/// The description of the role for the NATS micro-service protocol (ADR-32).
fn service_info(subjects: &chat::subject::Subjects) -> bus::ServiceInfo {
    bus::ServiceInfo::of_role(
        "switchboard-session-router",
        "The one writer of a workspace",
    )
    .endpoint("roles", subjects.all_questions(), None)
    .endpoint("api", subjects.all_api(), None)
}
