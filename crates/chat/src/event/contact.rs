//! Events of contacts.

use serde::{Deserialize, Serialize};

use crate::content::Profile;
use crate::id::ChannelId;
use crate::seal::{Indexed, Private};

/// See [`crate::event::Event::ContactCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactCreated {
    /// The channel that the person writes to.
    pub channel: ChannelId,
    /// The messenger's id of the person, sealed under `key`.
    pub external_user_id: Indexed,
    /// The number of the key that seals the person's content.
    pub key: u32,
}

/// See [`crate::event::Event::ContactUpdated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactUpdated {
    /// The profile; `None` if the messenger did not return one.
    pub profile: Option<Private<Profile>>,
    /// Whether the messenger returned a profile without any member.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_empty: bool,
}

/// See [`crate::event::Event::ContactForgotten`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactForgotten {}
