//! Events of users.

use serde::{Deserialize, Serialize};

use crate::model::Group;
use crate::seal::Private;
use crate::secret::Secret;

/// See [`crate::event::Event::UserCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserCreated {
    /// The displayed name.
    pub name: String,
    /// The user's groups.
    pub groups: Vec<Group>,
    /// The argon2id hash of the password, sealed under the master key.
    pub password_hash: Private<Secret>,
}

/// See [`crate::event::Event::UserUpdated`]; `None` means unchanged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserUpdated {
    /// The new name.
    pub name: Option<String>,
    /// The new groups.
    pub groups: Option<Vec<Group>>,
    /// The new password's hash, sealed under the master key.
    pub password_hash: Option<Private<Secret>>,
}

/// See [`crate::event::Event::UserDisabled`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UserDisabled {
    /// Whether the user is disabled.
    pub disabled: bool,
}

/// See [`crate::event::Event::TokenIssued`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenIssued {
    /// SHA-256 of the token, sealed under the master key.
    pub hash: Private<Secret>,
}
