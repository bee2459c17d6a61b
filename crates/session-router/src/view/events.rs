//! `events.after`: the events after a position.
//!
//! The log is searched first, off the loop, for events that the caller may see; then the loop adds the
//! objects. An event of the past looks as it did on the feed, with one difference: what it changed is
//! as it was then, and everything else about its objects is current. A message has its last text,
//! a session its present count of unread messages.

use std::collections::BTreeSet;
use std::sync::Arc;

use chat::id::LiveChatId;
use chat::model::Group;
use chat::record::Record;
use chat::subject;
use chat::time::Timestamp;
use chat::workspace::{Caller, Workspace};

use super::list::List;
use super::object::Object;
use super::{Plan, Scan};
use crate::api::EventsAfter;
use crate::feed::{self, FeedItem};
use crate::sealed_log::{SealedLog, decode};

/// The most records that one request reads.
const RECORDS_MAX: u64 = 10_000;
/// The most bytes of records that one request reads.
const SCANNED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// The most records of one read.
const READ_MAX: usize = 1_000;
/// The most bytes of one read.
const READ_BYTES_MAX: usize = 256 * 1024;
/// The most bytes of records that are kept. A full answer has about as many.
const FOUND_BYTES_MAX: usize = 512 * 1024;

/// The search.
#[derive(Debug)]
pub(crate) struct After {
    /// The position before the first record.
    position: u64,
    /// The position of the state that the rights are from.
    until: u64,
    live_chats: BTreeSet<LiveChatId>,
    /// Positions in the audit trail that the caller may see.
    audit: BTreeSet<u64>,
    limit: usize,
}

/// The result.
#[derive(Debug)]
pub(crate) struct Found {
    records: Vec<Arc<Record>>,
    /// The next position to search after.
    next: Option<u64>,
    /// The head of the log.
    head: u64,
}

/// Prepares `events.after`.
pub(super) fn scan(workspace: &Workspace, caller: &Caller<'_>, query: &EventsAfter) -> Scan {
    let live_chats = workspace
        .visible_live_chats(caller)
        .map(|(id, _)| id)
        .filter(|id| query.live_chat.is_none_or(|wanted| wanted == *id))
        .collect();
    let audits = caller.user.is(Group::Administrators) && query.live_chat.is_none();
    let from = query.position.saturating_add(1);
    let last = query.position.saturating_add(RECORDS_MAX);
    let audit = workspace.audit.range(from..=last.max(from));
    let audit = audit.filter(|_| audits).map(|(at, ())| *at).collect();
    Scan::Events(After {
        position: query.position,
        until: workspace.position,
        live_chats,
        audit,
        limit: query.limit,
    })
}

impl After {
    pub(super) fn run(self, sealed_log: &SealedLog) -> Found {
        // Later events may be in live chats that the caller may not see: the rights are of `until`.
        let head = self.until.min(sealed_log.reader.head().position);
        let last = head.min(self.position.saturating_add(RECORDS_MAX));
        let (mut records, mut bytes, mut scanned) = (Vec::new(), 0, 0);
        let mut at = self.position;
        while at < last && scanned < SCANNED_BYTES_MAX {
            let stored = match sealed_log.reader.read(at + 1, READ_MAX, READ_BYTES_MAX) {
                Ok(stored) => stored,
                Err(error) => {
                    tracing::error!(position = at + 1, error = %error, "cannot read the log");
                    break;
                }
            };
            if stored.is_empty() {
                break;
            }
            for event in stored {
                if event.position > last {
                    break;
                }
                let record = decode(event.position, &event.bytes);
                let record = record.filter(|record| self.may_see(record));
                let size = event.bytes.len();
                let is_full = records.len() == self.limit || bytes + size > FOUND_BYTES_MAX;
                if record.is_some() && is_full && !records.is_empty() {
                    return Found {
                        records,
                        next: Some(at),
                        head,
                    };
                }
                scanned += size;
                bytes += record.as_ref().map_or(0, |_| size);
                records.extend(record.map(Arc::new));
                at = event.position;
            }
        }
        Found {
            records,
            next: (at < head).then_some(at),
            head,
        }
    }

    fn may_see(&self, record: &Record) -> bool {
        let of = |id| self.live_chats.contains(&id);
        record.live_chat.is_some_and(of) || self.audit.contains(&record.position)
    }
}

/// Plans the answer of `events.after`. Rights that were lost meanwhile are respected.
pub(crate) fn plan_events(
    workspace: &Workspace,
    caller: &Caller<'_>,
    (found, now): (&Found, Timestamp),
    public_url: &str,
    subjects: &subject::Subjects,
) -> Plan {
    let visible = |record: &Record| {
        let live_chat = record.live_chat;
        caller.user.is(Group::Administrators)
            || live_chat.is_some_and(|id| workspace.visible_live_chat(caller, id).is_ok())
    };
    let items: Vec<FeedItem> = found
        .records
        .iter()
        .filter(|record| visible(record))
        .filter_map(|record| feed::item(workspace, record, public_url))
        .collect();
    let (next, head, subjects) = (found.next, found.head, subjects.clone());
    let webhook = super::webhook_for(caller);
    Plan::new(move |sealed_log| {
        let (mut list, mut next) = (List::default(), next);
        let mut last = None;
        for item in items {
            let position = item.position();
            if !list.push(item.event(sealed_log, &subjects, webhook)) {
                next = last;
                break;
            }
            last = Some(position);
        }
        Object::new()
            .with("events", list.values())
            .with("next", next)
            .with("position", head)
            .with("time", now)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::tests::shell::Shell;

    /// A log of large messages, and small ones after them.
    fn fixture(large: usize, small: usize) -> Shell {
        let mut shell = Shell::new();
        shell.user("eve", "operators");
        let live_chat = shell.live_chat("Desk", &[]);
        let channel = shell.channel(&live_chat, "https://chat.example/hook");
        let text = "🦓".repeat(10_000);
        let texts = std::iter::repeat_n(text.as_str(), large);
        for text in texts.chain(std::iter::repeat_n("hello", small)) {
            shell.writes(channel, "chat", "ada", text);
        }
        shell
    }

    /// The limit of the requests.
    const LIMIT: usize = 250;

    fn after(shell: &Shell, login: &str, position: u64) -> Found {
        let id = login.parse().unwrap();
        let caller = shell.workspace().caller(&id).unwrap();
        let query = EventsAfter {
            position,
            live_chat: None,
            limit: LIMIT,
        };
        let Scan::Events(after) = scan(shell.workspace(), &caller, &query) else {
            panic!("another scan")
        };
        after.run(&shell.sealed_log)
    }

    #[test]
    fn a_scan_keeps_a_bounded_number_of_records_and_bytes() {
        let shell = fixture(20, 260);
        let (mut position, mut most) = (Some(0), (0, 0));
        let mut seen = Vec::new();
        while let Some(from) = position {
            let found = after(&shell, "root", from);
            let size: usize = found.records.iter().map(|r| r.encode().len()).sum();
            assert!(size <= FOUND_BYTES_MAX && found.records.len() <= LIMIT);
            most = (most.0.max(size), most.1.max(found.records.len()));
            seen.extend(found.records.iter().map(|record| record.position));
            position = found.next;
        }
        assert!(most.0 > FOUND_BYTES_MAX / 2 && most.1 == LIMIT, "{most:?}");
        assert!(seen.is_sorted() && seen.len() > 280, "nothing is left out");
    }

    #[test]
    fn a_scan_reads_a_bounded_number_of_bytes_for_a_caller_who_may_see_none_of_them() {
        let shell = fixture(230, 0);
        let (mut position, mut scans) = (0, 0);
        while let Some(next) = after(&shell, "eve", position).next {
            let read = shell
                .sealed_log
                .reader
                .read(position + 1, 1_000, usize::MAX);
            let read = read.unwrap().into_iter().filter(|e| e.position <= next);
            let size: usize = read.map(|event| event.bytes.len()).sum();
            assert!(size <= SCANNED_BYTES_MAX + READ_BYTES_MAX, "{size}");
            (position, scans) = (next, scans + 1);
        }
        assert!(scans > 0, "one request reads the whole log");
    }

    #[test]
    fn searches_have_the_limits_of_scans() {
        let mut shell = Shell::new();
        let user = "root".parse().unwrap();
        let mut is_scan = |method: &str, body: serde_json::Value| {
            let call = crate::api::parse(&user, method, body.to_string().as_bytes(), shell.now);
            shell.ok("root", method, &body);
            matches!(call, Ok(crate::api::Call::LogQuery(_)))
        };
        for (method, body, scan) in [
            ("events.after", json!({ "position": 0 }), true),
            ("deliveries.list", json!({}), true),
            ("contacts.list", json!({}), true),
            ("sessions.list", json!({ "text": "x" }), true),
            ("sessions.list", json!({}), false),
            ("audit.list", json!({ "user": "root" }), true),
            ("audit.list", json!({ "stream": "user-root" }), true),
            ("audit.list", json!({}), false),
            ("me", json!({}), false),
        ] {
            assert_eq!(is_scan(method, body.clone()), scan, "{method} {body}");
        }
    }
}
