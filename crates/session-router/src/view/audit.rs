//! `audit.list`: what administrators changed, newest first.

use chat::id::UserId;
use chat::record::{Actor, Record, Stream};
use chat::rejection::Rejection;
use chat::workspace::{Caller, Workspace};
use serde_json::Value;

use super::Plan;
use super::change::change;
use super::list::List;
use super::object::Object;
use crate::api::Audit;
use crate::sealed_log::SealedLog;

/// The most records that a filter looks at for one page.
const CANDIDATES_MAX: usize = 1_000;

pub(super) fn plan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &Audit,
) -> Result<Plan, Rejection> {
    caller.require_administrator()?;
    let filtered = query.user.is_some() || query.stream.is_some();
    let most = if filtered {
        CANDIDATES_MAX
    } else {
        query.limit
    };
    let before = query.before.unwrap_or(u64::MAX);
    let mut newest = workspace.audit.range(..before).rev();
    let positions: Vec<u64> = newest.by_ref().take(most).map(|(at, ())| *at).collect();
    let more = newest.next().is_some();
    let query = query.clone();
    Ok(Plan::new(move |sealed_log| {
        render(&positions, more, &query, sealed_log)
    }))
}

fn render(positions: &[u64], more: bool, query: &Audit, sealed_log: &SealedLog) -> Object {
    let (mut list, mut last, mut cut) = (List::default(), None, false);
    for position in positions {
        let record = sealed_log.record(*position);
        let wanted = record.filter(|r| is_wanted(r, query.user.as_ref(), query.stream.as_ref()));
        if let Some(record) = wanted
            && (list.len() == query.limit || !list.push(item(&record, sealed_log)))
        {
            cut = true;
            break;
        }
        last = Some(*position);
    }
    Object::new()
        .with("audit", list.values())
        .with("next", last.filter(|_| more || cut))
}

fn is_wanted(record: &Record, user: Option<&UserId>, stream: Option<&Stream>) -> bool {
    let by = |user: &UserId| matches!(&record.by, Actor::User(by) if by == user);
    user.is_none_or(by) && stream.is_none_or(|stream| record.stream == *stream)
}

/// One entry. `user` is present if a user did it; `by` can also be the messenger or the system.
fn item(record: &Record, sealed_log: &SealedLog) -> Value {
    let user = match &record.by {
        Actor::User(user) => Some(user),
        Actor::Messenger | Actor::System => None,
    };
    Object::new()
        .with("position", record.position)
        .with("time", record.time)
        .with_some("user", user)
        .with("by", record.by.to_string())
        .with("stream", &record.stream)
        .with("event", record.event.kind())
        .with("data", change(record, sealed_log))
        .value()
}
