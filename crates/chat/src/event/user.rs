//! Events of users.

use serde::{Deserialize, Serialize};

use crate::id::TokenId;
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

/// See [`crate::event::Event::UserDisabled`]. Disabling revokes the user's API tokens.
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
    /// The token's id; `None` in older events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<TokenId>,
    /// The token's name; `None` in older events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// See [`crate::event::Event::TokenRevoked`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenRevoked {
    /// The token.
    pub token: TokenId,
    /// Its name, for the audit trail.
    pub name: String,
}

/// See [`crate::event::Event::TokenUsed`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TokenUsed {
    /// The token.
    pub token: TokenId,
}
