//! Live chats and their canned replies.

use chat::id::{LiveChatId, ReplyId, UserId};
use chat::model::ChannelStatus;
use chat::record::Stream;
use chat::rejection::Rejection;
use chat::state::{CannedReply, LiveChat};
use chat::time::Timestamp;
use chat::workspace::{Caller, Workspace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::object::Object;
use super::users::UserSnapshot;
use super::{Plan, list};
use crate::api::Page;
use crate::sealed_log::SealedLog;

/// The most people in the answer of `live-chats.list`.
const PEOPLE_MAX: usize = 1_000;

/// A copy of a live chat.
#[derive(Clone, Debug)]
pub(crate) struct LiveChatSnapshot {
    id: LiveChatId,
    name: String,
    members: Vec<UserId>,
    channels: usize,
    created_at: Timestamp,
    deleted: bool,
}

impl LiveChatSnapshot {
    /// A live chat, deleted or not.
    pub(crate) fn of(workspace: &Workspace, id: LiveChatId) -> Option<Self> {
        let live_chat = workspace.live_chats.get(&id)?;
        Some(Self::with(id, live_chat, workspace.channels_of(id).count()))
    }

    fn with(id: LiveChatId, live_chat: &LiveChat, channels: usize) -> Self {
        Self {
            id,
            name: live_chat.name.clone(),
            members: live_chat.members.iter().cloned().collect(),
            channels,
            created_at: live_chat.created_at,
            deleted: live_chat.deleted,
        }
    }

    /// The object `liveChat`.
    pub(crate) fn object(&self) -> Value {
        Object::new()
            .with("id", self.id)
            .with("name", &self.name)
            .with("members", &self.members)
            .with("channels", self.channels)
            .with("createdAt", self.created_at)
            .with_some("deleted", self.deleted.then_some(true))
            .value()
    }
}

/// Plans `live-chats.list`, oldest first, with the people who see them.
pub(super) fn live_chats(
    workspace: &Workspace,
    caller: &Caller<'_>,
    page: &Page<LiveChatId>,
    online: &dyn Fn(&UserId) -> bool,
) -> Plan {
    let (live_chats, limit) = (visible(workspace, caller, page), page.limit);
    let members: BTreeSet<&UserId> = (live_chats.iter().take(limit))
        .flat_map(|(_, live_chat)| &live_chat.members)
        .collect();
    let people = workspace
        .users
        .iter()
        .filter(|(id, user)| !user.disabled && (user.sees_all() || members.contains(id)));
    let people: Vec<_> = (people.take(PEOPLE_MAX))
        .map(|(id, user)| (UserSnapshot::of(id, user), online(id)))
        .collect();
    Plan::new(move |_| {
        let (list, next) = list::page(live_chats, limit, |l| l.object());
        let card =
            |(user, online): &(UserSnapshot, bool)| user.card().with("online", online).value();
        let people = list::related(people.iter().map(card));
        Object::new()
            .with("liveChats", list)
            .with("people", people)
            .with("next", next)
    })
}

/// A page of the live chats that the caller sees, plus one.
pub(super) fn visible(
    workspace: &Workspace,
    caller: &Caller<'_>,
    page: &Page<LiveChatId>,
) -> Vec<(LiveChatId, LiveChatSnapshot)> {
    let mut channels: BTreeMap<LiveChatId, usize> = BTreeMap::new();
    let all = workspace.channels.iter();
    for (_, channel) in all.filter(|(_, c)| c.status != ChannelStatus::Deleted) {
        *channels.entry(channel.live_chat).or_default() += 1;
    }
    workspace
        .visible_live_chats(caller)
        .filter(|(id, _)| page.before.is_none_or(|before| *id > before))
        .take(page.limit + 1)
        .map(|(id, l)| {
            (
                id,
                LiveChatSnapshot::with(id, l, channels.get(&id).copied().unwrap_or(0)),
            )
        })
        .collect()
}

/// Plans `replies.list`, oldest first.
pub(super) fn replies(
    workspace: &Workspace,
    caller: &Caller<'_>,
    id: LiveChatId,
    page: &Page<ReplyId>,
) -> Result<Plan, Rejection> {
    let live_chat = workspace.visible_live_chat(caller, id)?;
    let from = page.before.map_or(Bound::Unbounded, Bound::Excluded);
    let replies: Vec<_> = live_chat
        .replies
        .range((from, Bound::Unbounded))
        .take(page.limit + 1)
        .map(|(reply, r)| (*reply, (*reply, r.clone())))
        .collect();
    let limit = page.limit;
    Ok(Plan::new(move |sealed_log| {
        let object = |(reply, r): (ReplyId, CannedReply)| canned(id, reply, &r, sealed_log);
        let (list, next) = list::page(replies, limit, object);
        Object::new().with("replies", list).with("next", next)
    }))
}

/// Plans the answer to a change of a canned reply.
pub(super) fn reply(workspace: &Workspace, live_chat: LiveChatId, id: ReplyId) -> Plan {
    let reply = workspace.live_chats.get(&live_chat);
    let reply = reply.and_then(|l| l.replies.get(&id)).cloned();
    Plan::new(move |sealed_log| {
        let reply = reply.map(|reply| canned(live_chat, id, &reply, sealed_log));
        Object::new().with_some("reply", reply)
    })
}

fn canned(
    live_chat: LiveChatId,
    id: ReplyId,
    reply: &CannedReply,
    sealed_log: &SealedLog,
) -> Value {
    let shortcut = sealed_log.open_indexed_with_master_key(&reply.shortcut);
    let text = sealed_log.open_with_master_key(&reply.text, &Stream::LiveChat(live_chat));
    Object::new()
        .with("id", id)
        .with("liveChat", live_chat)
        .with("shortcut", shortcut.unwrap_or_default())
        .with("text", text.unwrap_or_default())
        .value()
}
