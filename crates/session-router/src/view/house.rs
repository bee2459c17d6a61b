//! Live chats, their canned replies, and users: what is in the state wholly.

use chat::id::{LiveChatId, ReplyId, UserId};
use chat::model::{ChannelStatus, Group};
use chat::rejection::Rejection;
use chat::state::{LiveChat, User};
use chat::time::Timestamp;
use chat::workspace::{Caller, Workspace};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::Plan;
use super::cut;
use super::object::Object;
use crate::api::Page;

/// The most people that are shown beside live chats, in the order of their logins.
const PEOPLE_MAX: usize = 1_000;

/// A live chat as it stands.
#[derive(Clone, Debug)]
pub(crate) struct LiveChatFacts {
    id: LiveChatId,
    name: String,
    members: Vec<UserId>,
    channels: usize,
    created_at: Timestamp,
    deleted: bool,
}

impl LiveChatFacts {
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

    /// The object `liveChat`; `channels` says how many there are.
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

/// A user as it stands.
#[derive(Clone, Debug)]
pub(crate) struct UserFacts {
    id: UserId,
    name: String,
    groups: Vec<Group>,
    disabled: bool,
    created_at: Timestamp,
}

impl UserFacts {
    pub(crate) fn of(id: &UserId, user: &User) -> Self {
        Self {
            id: id.clone(),
            name: user.name.clone(),
            groups: user.groups.iter().copied().collect(),
            disabled: user.disabled,
            created_at: user.created_at,
        }
    }

    /// The object `user`, for administrators.
    pub(crate) fn object(&self) -> Value {
        Object::new()
            .with("id", &self.id)
            .with("name", &self.name)
            .with("groups", &self.groups)
            .with("disabled", self.disabled)
            .with("createdAt", self.created_at)
            .value()
    }

    /// What colleagues see.
    pub(crate) fn card(&self) -> Object {
        Object::new()
            .with("id", &self.id)
            .with("name", &self.name)
            .with("groups", &self.groups)
    }
}

/// `me`: who asks, where messengers reach us if that is an administrator, and the live chats that the caller sees; `next` when not all of them fit, for
/// `live-chats.list`.
pub(super) fn me(workspace: &Workspace, caller: &Caller<'_>, public_url: &str) -> Plan {
    let everything = Page {
        before: None,
        limit: usize::MAX - 1,
    };
    let live_chats = visible(workspace, caller, &everything);
    let user = UserFacts::of(caller.id, caller.user);
    let position = workspace.position;
    let administers = caller.user.is(Group::Administrators);
    let public_url = administers.then(|| public_url.to_owned());
    Plan::new(move |_| {
        let (list, next) = cut::page(live_chats, everything.limit, |l| l.object());
        Object::new()
            .with("id", &user.id)
            .with("name", &user.name)
            .with("groups", &user.groups)
            .with("liveChats", list)
            .with("position", position)
            .with_some("next", next)
            // So that a page of a newer version knows what this one understands.
            .with("signalsEnd", true)
            .with_some("publicUrl", public_url)
            .with("user", user.card())
    })
}

/// `live-chats.list`: those that the caller sees, oldest first, and the people who see them.
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
        .map(|(id, user)| (UserFacts::of(id, user), online(id)))
        .collect();
    Plan::new(move |_| {
        let (list, next) = cut::page(live_chats, limit, |l| l.object());
        let card = |(user, online): &(UserFacts, bool)| user.card().with("online", online).value();
        let people = cut::beside(people.iter().map(card));
        Object::new()
            .with("liveChats", list)
            .with("people", people)
            .with("next", next)
    })
}

fn visible(
    workspace: &Workspace,
    caller: &Caller<'_>,
    page: &Page<LiveChatId>,
) -> Vec<(LiveChatId, LiveChatFacts)> {
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
                LiveChatFacts::with(id, l, channels.get(&id).copied().unwrap_or(0)),
            )
        })
        .collect()
}

/// `users.list`: for administrators, in the order of their logins.
pub(super) fn users(
    workspace: &Workspace,
    caller: &Caller<'_>,
    page: &Page<UserId>,
) -> Result<Plan, Rejection> {
    caller.administers()?;
    let from = page
        .before
        .clone()
        .map_or(Bound::Unbounded, Bound::Excluded);
    let users: Vec<_> = workspace
        .users
        .range((from, Bound::Unbounded))
        .take(page.limit + 1)
        .map(|(id, user)| (id.clone(), UserFacts::of(id, user)))
        .collect();
    let limit = page.limit;
    Ok(Plan::new(move |_| {
        let (list, next) = cut::page(users, limit, |u| u.object());
        Object::new().with("users", list).with("next", next)
    }))
}

/// `replies.list`: the canned replies of a live chat that the caller sees, oldest first.
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
    Ok(Plan::new(move |_| {
        let object = |(reply, r): (ReplyId, chat::state::CannedReply)| canned(id, reply, &r);
        let (list, next) = cut::page(replies, limit, object);
        Object::new().with("replies", list).with("next", next)
    }))
}

/// A canned reply that was made or changed.
pub(super) fn reply(workspace: &Workspace, live_chat: LiveChatId, id: ReplyId) -> Plan {
    let reply = workspace.live_chats.get(&live_chat);
    let reply = reply.and_then(|l| l.replies.get(&id)).cloned();
    Plan::new(move |_| {
        Object::new().with_some("reply", reply.map(|reply| canned(live_chat, id, &reply)))
    })
}

fn canned(live_chat: LiveChatId, id: ReplyId, reply: &chat::state::CannedReply) -> Value {
    Object::new()
        .with("id", id)
        .with("liveChat", live_chat)
        .with("shortcut", &reply.shortcut)
        .with("text", &reply.text)
        .value()
}
