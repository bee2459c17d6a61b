//! What happens to contacts.

use serde::{Deserialize, Serialize};

use crate::content::Profile;
use crate::id::ChannelId;
use crate::seal::Private;

/// See [`crate::event::Event::ContactCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactCreated {
    /// The channel that knows the person.
    pub channel: ChannelId,
    /// The messenger's id of the person.
    pub external_user_id: String,
    /// The number of the key that the person's words are sealed under.
    pub key: u32,
}

/// See [`crate::event::Event::ContactUpdated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactUpdated {
    /// What the messenger said of the person; `None` when it said nothing.
    pub profile: Option<Private<Profile>>,
}

/// See [`crate::event::Event::ContactForgotten`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ContactForgotten {}
