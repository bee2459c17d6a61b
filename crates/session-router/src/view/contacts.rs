//! `contacts.list`: people of the messengers whose live chats the caller sees, the newest first.
//!
//! Like a search for sessions, a page looks at so many people and no more: it may be short, even
//! empty, and not be the last.

use std::collections::BTreeSet;
use std::ops::Bound;

use chat::id::{ChannelId, ContactId};
use chat::rejection::Rejection;
use chat::workspace::{Caller, Workspace};

use super::Plan;
use super::contact::{ContactFacts, without_picture};
use super::cut::List;
use super::object::Object;
use crate::api::Contacts;
use crate::library::Library;

/// So many people a page looks at, whoever sees them.
const LOOKED_AT_MAX: usize = 20_000;
/// So many a search reads the profile of.
const CANDIDATES_MAX: usize = 2_000;

pub(super) fn plan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &Contacts,
) -> Result<Plan, Rejection> {
    if let Some(id) = query.channel {
        workspace.visible_live_chat(caller, workspace.channel(id)?.live_chat)?;
    }
    // Found once: the loop waits while so many people are looked at.
    let channels = workspace.channels.iter();
    let seen: BTreeSet<ChannelId> = channels
        .filter(|(id, _)| query.channel.is_none_or(|wanted| wanted == **id))
        .filter(|(_, c)| workspace.visible_live_chat(caller, c.live_chat).is_ok())
        .map(|(id, _)| *id)
        .collect();
    let most = query.text.as_ref().map_or(query.limit, |_| CANDIDATES_MAX);
    let before = query.before.map_or(Bound::Unbounded, Bound::Excluded);
    let mut rows = workspace.contacts.range((Bound::Unbounded, before)).rev();
    let (mut candidates, mut looked_at) = (Vec::new(), None);
    for (id, contact) in rows.by_ref().take(LOOKED_AT_MAX) {
        looked_at = Some(*id);
        if seen.contains(&contact.channel) {
            candidates.extend(ContactFacts::of(workspace, *id));
        }
        if candidates.len() == most {
            break;
        }
    }
    let next = rows.next().and(looked_at);
    let (text, limit) = (query.text.clone(), query.limit);
    Ok(Plan::new(move |library| {
        render(&candidates, next, (text.as_deref(), limit), library)
    }))
}

fn render(
    candidates: &[ContactFacts],
    next: Option<ContactId>,
    (text, limit): (Option<&str>, usize),
    library: &Library,
) -> Object {
    let (mut list, mut next, mut last) = (List::default(), next, None);
    for contact in candidates {
        let profile = without_picture(contact.profile(library));
        if text.is_none_or(|text| contact.mentions(&profile, text))
            && (list.len() == limit || !list.push(contact.with(profile)))
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
