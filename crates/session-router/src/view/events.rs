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
use chat::workspace::{Caller, Workspace};

use super::list::List;
use super::object::Object;
use super::{Plan, Scan};
use crate::api::EventsAfter;
use crate::feed::{self, FeedItem};
use crate::sealed_log::{SealedLog, decode};

/// The most records that one request reads.
const RECORDS_MAX: u64 = 20_000;
/// The most records of one read.
const READ_MAX: usize = 1_000;
/// The most bytes of one read.
const READ_BYTES_MAX: usize = 512 * 1024;
/// The most bytes of records that are kept.
const FOUND_BYTES_MAX: usize = 1024 * 1024;

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
    records: Vec<Record>,
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
        let (mut records, mut bytes) = (Vec::new(), 0);
        let mut at = self.position;
        while at < last {
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
                if record.is_some() && (records.len() == self.limit || bytes > FOUND_BYTES_MAX) {
                    return Found {
                        records,
                        next: Some(at),
                        head,
                    };
                }
                bytes += record.as_ref().map_or(0, |_| event.bytes.len());
                records.extend(record);
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
    found: Found,
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
        .into_iter()
        .filter(visible)
        .filter_map(|record| feed::item(workspace, &Arc::new(record), public_url))
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
    })
}
