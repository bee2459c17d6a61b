//! Applies user events.

use crate::event::UserEvent;
use crate::id::UserId;
use crate::record::Record;
use crate::state::{Head, User};
use crate::workspace::{Workspace, users};

impl Workspace {
    pub(super) fn evolve_user(&mut self, id: &UserId, event: UserEvent<'_>, record: &Record) {
        if let UserEvent::UserCreated(e) = event {
            let user = User {
                name: e.name.clone(),
                groups: e.groups.iter().copied().collect(),
                password_hash: e.password_hash.clone(),
                tokens: Vec::new(),
                disabled: false,
                created_at: record.time,
                head: Head::default(),
            };
            self.users.insert(id.clone(), user);
        }
        let Some(user) = self.users.get_mut(id) else {
            return;
        };
        match event {
            UserEvent::UserCreated(_) => {}
            UserEvent::UserUpdated(e) => {
                if let Some(name) = &e.name {
                    user.name.clone_from(name);
                }
                if let Some(groups) = &e.groups {
                    user.groups = groups.iter().copied().collect();
                }
                if let Some(hash) = &e.password_hash {
                    user.password_hash = hash.clone();
                }
            }
            UserEvent::UserDisabled(e) => user.disabled = e.disabled,
            UserEvent::TokenIssued(e) => {
                user.tokens.push(e.hash.clone());
                let over = user.tokens.len().saturating_sub(users::TOKENS_MAX);
                user.tokens.drain(..over);
            }
        }
    }
}
