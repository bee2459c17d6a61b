//! `contacts.list`: contacts of the live chats that the caller sees, newest first.
//!
//! A page looks at a bounded number of contacts, so it may be short or even empty without being the
//! last.

use std::collections::BTreeSet;

use chat::id::{ChannelId, ContactId};
use chat::rejection::Rejection;
use chat::workspace::{Caller, Workspace};

use super::Plan;
use super::contact::ContactSnapshot;
use super::list::List;
use super::object::Object;
use crate::api::Contacts;
use crate::sealed_log::SealedLog;

/// The most contacts that a page looks at.
const LOOKED_AT_MAX: usize = 10_000;
/// The most profiles that a search reads.
const CANDIDATES_MAX: usize = 1_000;

pub(super) fn plan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &Contacts,
) -> Result<Plan, Rejection> {
    if let Some(id) = query.channel {
        workspace.visible_live_chat(caller, workspace.channel(id)?.live_chat)?;
    }
    // Collected first, so that the loop looks each contact up in a set.
    let channels = workspace.channels.iter();
    let seen: BTreeSet<ChannelId> = channels
        .filter(|(id, _)| query.channel.is_none_or(|wanted| wanted == **id))
        .filter(|(_, c)| workspace.visible_live_chat(caller, c.live_chat).is_ok())
        .map(|(id, _)| *id)
        .collect();
    let most = query.text.as_ref().map_or(query.limit, |_| CANDIDATES_MAX);
    let [first, last] = [[0; 16], [0xff; 16]].map(ContactId::from_bytes);
    let mut rows = workspace.contacts.back(first, query.before.unwrap_or(last));
    let (mut candidates, mut looked_at) = (Vec::new(), None);
    for (id, contact) in rows.by_ref().take(LOOKED_AT_MAX) {
        looked_at = Some(*id);
        if seen.contains(&contact.channel) {
            candidates.extend(ContactSnapshot::of(workspace, *id));
        }
        if candidates.len() == most {
            break;
        }
    }
    let next = rows.next().and(looked_at);
    let (text, limit) = (query.text.clone(), query.limit);
    Ok(Plan::new(move |sealed_log| {
        render(&candidates, next, (text.as_deref(), limit), sealed_log)
    }))
}

fn render(
    candidates: &[ContactSnapshot],
    next: Option<ContactId>,
    (text, limit): (Option<&str>, usize),
    sealed_log: &SealedLog,
) -> Object {
    let (mut list, mut next, mut last) = (List::default(), next, None);
    for contact in candidates {
        let texts = contact.read(sealed_log).without_picture();
        if text.is_none_or(|text| texts.mentions(text))
            && (list.len() == limit || !list.push(contact.with(texts)))
        {
            next = last;
            break;
        }
        last = Some(contact.id);
    }
    Object::new()
        .with("contacts", list.values())
        .with("next", next)
}
