//! `sessions.list`: sessions of the live chats that the caller sees, newest first.
//!
//! A search looks at up to [`CANDIDATES_MAX`] sessions a page, so a page may be short or even empty
//! without being the last.

use std::collections::{BTreeMap, BTreeSet};

use chat::id::{ContactId, LiveChatId};
use chat::rejection::Rejection;
use chat::workspace::{Caller, Cursor, View, Workspace};

use super::contact::ContactSnapshot;
use super::list::List;
use super::object::Object;
use super::search::mention;
use super::session::{SessionSnapshot, SessionTexts};
use super::{Plan, cursor};
use crate::api::{Sessions, ViewName};
use crate::sealed_log::SealedLog;

/// The most sessions that a search looks at for one page.
const CANDIDATES_MAX: usize = 1_000;
/// Counts stop here.
const COUNT_MAX: usize = 1_000;

/// A session that may be on the page.
struct Candidate {
    cursor: Cursor,
    session: SessionSnapshot,
    contact: Option<ContactSnapshot>,
}

pub(super) fn plan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &Sessions,
) -> Result<Plan, Rejection> {
    let live_chats = live_chats(workspace, caller, query.live_chat)?;
    let views = views(query.view, caller, &live_chats);
    let most = query.text.as_ref().map_or(query.limit, |_| CANDIDATES_MAX);
    let found = workspace.page(&views, query.before);
    // `mine` is one list, whatever the live chat.
    let mut found = found.filter(|(_, session)| live_chats.contains(&session.live_chat));
    let candidates: Vec<Candidate> = found
        .by_ref()
        .take(most)
        .map(|(cursor, session)| Candidate {
            cursor,
            session: SessionSnapshot::with(workspace, cursor.1, session),
            contact: ContactSnapshot::of(workspace, session.contact),
        })
        .collect();
    let more = found.next().is_some();
    let counts = counts(workspace, caller, &live_chats);
    let (text, limit) = (query.text.clone(), query.limit);
    Ok(Plan::new(move |sealed_log| {
        render(candidates, more, (text.as_deref(), limit), sealed_log).with("counts", counts)
    }))
}

/// The live chats whose sessions are listed.
fn live_chats(
    workspace: &Workspace,
    caller: &Caller<'_>,
    only: Option<LiveChatId>,
) -> Result<BTreeSet<LiveChatId>, Rejection> {
    match only {
        Some(id) => {
            workspace.visible_live_chat(caller, id)?;
            Ok(BTreeSet::from([id]))
        }
        None => Ok(workspace
            .visible_live_chats(caller)
            .map(|(id, _)| id)
            .collect()),
    }
}

fn views(name: ViewName, caller: &Caller<'_>, live_chats: &BTreeSet<LiveChatId>) -> Vec<View> {
    let each = |view: fn(LiveChatId) -> View| live_chats.iter().copied().map(view).collect();
    match name {
        ViewName::Queue => each(View::Queue),
        ViewName::Active => each(View::Active),
        ViewName::Closed => each(View::Closed),
        ViewName::Mine => vec![View::Mine(caller.id.clone())],
    }
}

/// The sizes of the open views, each counted up to [`COUNT_MAX`], and the unread messages of the
/// caller's own sessions.
fn counts(workspace: &Workspace, caller: &Caller<'_>, live_chats: &BTreeSet<LiveChatId>) -> Object {
    let count = |name: ViewName| {
        let views = views(name, caller, live_chats);
        views.iter().fold(0, |sum: usize, view| {
            let one = std::slice::from_ref(view);
            sum + workspace.page(one, None).take(COUNT_MAX - sum).count()
        })
    };
    let mine = [View::Mine(caller.id.clone())];
    let mine: Vec<u32> = workspace
        .page(&mine, None)
        .filter(|(_, session)| live_chats.contains(&session.live_chat))
        .take(COUNT_MAX)
        .map(|(_, session)| session.unread)
        .collect();
    Object::new()
        .with("queue", count(ViewName::Queue))
        .with("active", count(ViewName::Active))
        .with("mine", mine.len())
        .with("unread", mine.iter().map(|n| u64::from(*n)).sum::<u64>())
}

/// Renders the page with the contacts of its sessions.
fn render(
    candidates: Vec<Candidate>,
    more: bool,
    (text, limit): (Option<&str>, usize),
    sealed_log: &SealedLog,
) -> Object {
    let (mut list, mut contacts) = (List::default(), BTreeMap::new());
    let (mut last, mut cut) = (None, false);
    for candidate in candidates {
        let texts = candidate.session.read(sealed_log);
        let contact = candidate.contact.as_ref();
        let person = contact.map(|c| c.read(sealed_log).without_picture());
        let named = |text| person.as_ref().is_some_and(|person| person.mentions(text));
        let wanted = |text| named(text) || mentions(&texts, text);
        if text.is_none_or(wanted) {
            if list.len() == limit || !list.push(candidate.session.with_texts(texts)) {
                cut = true;
                break;
            }
            if let Some((contact, person)) = contact.zip(person) {
                contacts.insert(candidate.session.contact(), contact.with(person));
            }
        }
        last = Some(candidate.cursor);
    }
    let contacts: BTreeMap<ContactId, serde_json::Value> = contacts;
    Object::new()
        .with("sessions", list.values())
        .with("next", last.filter(|_| more || cut).map(cursor))
        .with("contacts", contacts.into_values().collect::<Vec<_>>())
}

fn mentions(texts: &SessionTexts, text: &str) -> bool {
    let known = [
        texts.external_chat_id.as_ref(),
        texts.chat_name.as_ref(),
        texts.last_text.as_ref(),
    ];
    mention(known, text)
}
