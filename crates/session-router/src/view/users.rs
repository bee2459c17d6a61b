//! Users.

use std::ops::Bound;

use chat::id::UserId;
use chat::model::Group;
use chat::rejection::Rejection;
use chat::state::User;
use chat::time::Timestamp;
use chat::workspace::{Caller, Workspace};
use serde_json::Value;

use super::object::Object;
use super::{Plan, list};
use crate::api::Page;

/// A copy of a user.
#[derive(Clone, Debug)]
pub(crate) struct UserSnapshot {
    id: UserId,
    name: String,
    groups: Vec<Group>,
    disabled: bool,
    created_at: Timestamp,
}

impl UserSnapshot {
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

    /// The members that colleagues see.
    pub(crate) fn card(&self) -> Object {
        Object::new()
            .with("id", &self.id)
            .with("name", &self.name)
            .with("groups", &self.groups)
    }
}

/// Plans `users.list`, sorted by login.
pub(super) fn users(
    workspace: &Workspace,
    caller: &Caller<'_>,
    page: &Page<UserId>,
) -> Result<Plan, Rejection> {
    caller.require_administrator()?;
    let from = page
        .before
        .clone()
        .map_or(Bound::Unbounded, Bound::Excluded);
    let users: Vec<_> = workspace
        .users
        .range((from, Bound::Unbounded))
        .take(page.limit + 1)
        .map(|(id, user)| (id.clone(), UserSnapshot::of(id, user)))
        .collect();
    let limit = page.limit;
    Ok(Plan::new(move |_| {
        let (list, next) = list::page(users, limit, |u| u.object());
        Object::new().with("users", list).with("next", next)
    }))
}

/// Plans `users.tokens`: the API tokens of a user, or else of the caller, oldest first.
pub(super) fn tokens(
    workspace: &Workspace,
    caller: &Caller<'_>,
    user: Option<&UserId>,
) -> Result<Plan, Rejection> {
    let user = user.unwrap_or(caller.id);
    caller.require_self_or_administrator(user)?;
    let tokens: Vec<_> = (workspace.user(user)?.tokens.iter())
        .map(|token| {
            Object::new()
                .with("id", token.id)
                .with("name", &token.name)
                .with("createdAt", token.created_at)
                .with_some("lastUsedAt", token.used_at)
                .value()
        })
        .collect();
    Ok(Plan::new(move |_| Object::new().with("tokens", tokens)))
}
