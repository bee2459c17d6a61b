//! The role that owns a workspace: it decides commands, answers queries, schedules deliveries, and is
//! the only writer of the log.
//!
//! One loop ([`run()`]) takes requests, applies them to the state in memory, and appends the events to
//! the log as one frame. Nothing leaves before its frame is durable; meanwhile the next batch is
//! applied. If the log fails, the role stops, and a restart replays.

mod append;
mod batch;
mod open;
mod router;
mod run;
mod state;

mod api;
mod feed;
mod outbox;
mod view;

mod attempt;
mod notices;
mod side_jobs;
mod verify;

mod audience;
mod clock;
mod config;
mod error;
mod keyring;
mod presence;
mod projections;
mod sealed_log;
mod tokens;
mod unsent;

pub use config::Config;
pub use error::Error;
pub use keyring::KeyringError;
pub use run::run;

/// The description of the role for the NATS micro-service protocol (ADR-32).
fn service_info(subjects: &chat::subject::Subjects) -> bus::ServiceInfo {
    let endpoint = |name: &str, subject: String| bus::Endpoint {
        name: name.to_owned(),
        subject,
        queue: None,
    };
    bus::ServiceInfo {
        name: "switchboard-session-router".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        description: "The one writer of a workspace".to_owned(),
        endpoints: vec![
            endpoint("roles", subjects.all_questions()),
            endpoint("api", subjects.all_api()),
        ],
        started: clock::now(),
    }
}
