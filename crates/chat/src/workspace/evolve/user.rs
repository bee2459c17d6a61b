//! Applies user events.

use crate::event::UserEvent;
use crate::id::{TokenId, UserId};
use crate::record::Record;
use crate::rules::{TOKEN_NAME, TOKENS_MAX};
use crate::state::{Head, Token, User};
use crate::workspace::Workspace;

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
            UserEvent::UserDisabled(e) => {
                user.disabled = e.disabled;
                if e.disabled {
                    user.tokens.clear();
                }
            }
            UserEvent::TokenIssued(e) => {
                let derived = || TokenId::of_event(record.time, record.position);
                user.tokens.push(Token {
                    id: e.token.unwrap_or_else(derived),
                    name: e.name.clone().unwrap_or_else(|| TOKEN_NAME.to_owned()),
                    hash: e.hash.clone(),
                    created_at: record.time,
                    used_at: None,
                });
                // In older versions a token beyond the limit evicted the oldest.
                let over = user.tokens.len().saturating_sub(TOKENS_MAX);
                user.tokens.drain(..over);
            }
            UserEvent::TokenRevoked(e) => user.tokens.retain(|token| token.id != e.token),
            UserEvent::TokenUsed(e) => {
                let used = user.tokens.iter_mut().find(|token| token.id == e.token);
                if let Some(token) = used {
                    token.used_at = Some(record.time);
                }
            }
        }
    }
}
