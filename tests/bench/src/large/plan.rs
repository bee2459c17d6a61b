//! What a large log is to contain, and the record of it in a directory that is kept.

use std::path::{Path, PathBuf};

use chat::id::SessionId;
use serde_json::{Value, json};

use crate::options::{Options, Shape};

/// The defaults for contacts and open sessions of a log with many events.
const CONTACTS: u64 = 1_000_000;
const OPEN: u64 = 20_000;
/// The most chats with a long history.
const LONG_MAX: u64 = 400;
/// The record's file in a kept directory. It is written last.
const RECORD: &str = "plan.json";
/// Goes up when the same plan gives another log.
const VERSION: u64 = 1;

/// What a large log is to contain.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) shape: Shape,
    /// The number of events. Open sessions take what they need.
    pub(super) events: u64,
    pub(super) contacts: u64,
    /// The number of sessions that are open at the end.
    pub(super) open: u64,
}

/// What is known of a log that was written.
pub(super) struct Record {
    /// The id of its channel.
    pub(super) channel: String,
    /// The sessions with a long history.
    pub(super) long: Vec<SessionId>,
}

impl Plan {
    /// The plans that the command line asks for.
    pub(super) fn all(options: &Options) -> Vec<Self> {
        match options.shape {
            Shape::History => {
                let events = options.events.iter();
                events
                    .map(|events| Self::history(options, *events))
                    .collect()
            }
            Shape::OpenSessions => {
                let open = options.open.unwrap_or(CONTACTS);
                vec![Self {
                    shape: Shape::OpenSessions,
                    events: 0,
                    contacts: open,
                    open,
                }]
            }
        }
    }

    fn history(options: &Options, events: u64) -> Self {
        let contacts = options.contacts.unwrap_or(CONTACTS.min(events / 10));
        let plan = Self {
            shape: Shape::History,
            events,
            contacts,
            open: options.open.unwrap_or(OPEN.min(contacts / 10)),
        };
        let (open, long) = (plan.open, plan.long());
        assert!(
            long < open && 2 * open <= contacts,
            "{long} long chats, {open} open sessions, {contacts} contacts"
        );
        plan
    }

    /// The number of chats with a long history. They are open at the end, too.
    pub(super) fn long(&self) -> u64 {
        match self.shape {
            Shape::History => (self.events / 10_000).clamp(20, LONG_MAX),
            Shape::OpenSessions => 0,
        }
    }

    /// The directory of this log below the one of all kept logs.
    pub(super) fn home(&self, keep: &Path) -> PathBuf {
        let count = match self.shape {
            Shape::History => self.events,
            Shape::OpenSessions => self.open,
        };
        keep.join(format!("{}-{count}", self.shape.name()))
    }

    fn json(&self) -> Value {
        json!({
            "version": VERSION, "shape": self.shape.name(), "events": self.events,
            "contacts": self.contacts, "open": self.open,
        })
    }

    /// Reads what a kept directory has. `None` if the directory does not exist.
    pub(super) fn read_record(&self, home: &Path) -> Option<Record> {
        if !home.exists() {
            return None;
        }
        let text = std::fs::read_to_string(home.join(RECORD));
        let record: Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
        assert!(
            record["plan"] == self.json(),
            "{} has no complete log with these parameters; remove it or name another directory",
            home.display()
        );
        let long = record["long"].as_array().unwrap().iter();
        Some(Record {
            channel: record["channel"].as_str().unwrap().to_owned(),
            long: long
                .map(|id| id.as_str().unwrap().parse().unwrap())
                .collect(),
        })
    }

    pub(super) fn write_record(&self, home: &Path, record: &Record) {
        let long = record.long.iter().map(ToString::to_string);
        let record = json!({
            "plan": self.json(), "channel": record.channel, "long": long.collect::<Vec<_>>(),
        });
        std::fs::write(home.join(RECORD), record.to_string()).unwrap();
    }
}
