//! `me`: the caller and their live chats.

use chat::model::Group;
use chat::time::Timestamp;
use chat::workspace::{Caller, Workspace};

use super::users::UserSnapshot;
use super::{Plan, list, live_chats};
use crate::api::Page;

/// Plans `me`. `next` is present if not all live chats fit: the rest is in `live-chats.list`.
pub(super) fn plan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    now: Timestamp,
    public_url: &str,
) -> Plan {
    let everything = Page {
        before: None,
        limit: usize::MAX - 1,
    };
    let live_chats = live_chats::visible(workspace, caller, &everything);
    let user = UserSnapshot::of(caller.id, caller.user);
    let position = workspace.position;
    let administers = caller.user.is(Group::Administrators);
    let public_url = administers.then(|| public_url.to_owned());
    Plan::new(move |_| {
        let (list, next) = list::page(live_chats, everything.limit, |l| l.object());
        user.card()
            .with("liveChats", list)
            .with("position", position)
            .with("time", now)
            .with_some("next", next)
            // Announces that `typing` and `viewing` accept `ended`.
            .with("signalsEnd", true)
            .with_some("publicUrl", public_url)
            .with("user", user.card())
    })
}
