//! Users.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::TokenId;
use crate::model::Group;
use crate::seal::Private;
use crate::secret::Secret;
use crate::state::Head;
use crate::time::Timestamp;

/// A person with a login.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct User {
    /// The displayed name.
    pub name: String,
    /// The groups, which give the rights.
    pub groups: BTreeSet<Group>,
    /// The argon2id hash of the password, sealed under the master key.
    pub password_hash: Private<Secret>,
    /// The API tokens, oldest first. Disabling the user revokes them.
    pub tokens: Vec<Token>,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// When the user was created.
    pub created_at: Timestamp,
    /// The end of its stream.
    pub head: Head,
}

/// An API token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Its id, which is not secret.
    pub id: TokenId,
    /// Its name.
    pub name: String,
    /// Its SHA-256, sealed under the master key.
    pub hash: Private<Secret>,
    /// When it was issued.
    pub created_at: Timestamp,
    /// Its last recorded use: see [`TOKEN_USE_INTERVAL`](crate::rules::TOKEN_USE_INTERVAL).
    pub used_at: Option<Timestamp>,
}

impl User {
    /// Whether the user is in a group.
    pub fn is(&self, group: Group) -> bool {
        self.groups.contains(&group)
    }

    /// Whether the user sees every live chat.
    pub fn sees_all(&self) -> bool {
        self.is(Group::Administrators) || self.is(Group::Supervisors)
    }

    /// Whether the user may change sessions.
    pub fn works(&self) -> bool {
        self.sees_all() || self.is(Group::Operators)
    }
}
