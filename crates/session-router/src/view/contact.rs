//! Contacts.

use chat::content::{Profile, is_avatar};
use chat::event::Event;
use chat::id::{ChannelId, ContactId};
use chat::record::Stream;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use serde_json::Value;

use super::object::Object;
use crate::sealed_log::SealedLog;

/// A copy of a contact's row, with the position of the profile.
#[derive(Clone, Debug)]
pub(crate) struct ContactSnapshot {
    pub(super) id: ContactId,
    channel: ChannelId,
    external_user_id: String,
    key: Option<u32>,
    profile_at: u64,
    first_seen_at: Timestamp,
    forgotten: Option<Timestamp>,
}

impl ContactSnapshot {
    pub(crate) fn of(workspace: &Workspace, id: ContactId) -> Option<Self> {
        let contact = workspace.contacts.get(&id)?;
        Some(Self {
            id,
            channel: contact.channel,
            external_user_id: contact.external_user_id.to_string(),
            key: contact.keys.first().copied(),
            profile_at: contact.profile_at,
            first_seen_at: contact.first_seen_at,
            forgotten: contact.forgotten,
        })
    }

    /// The contact with the profile of an event, whatever came later.
    pub(crate) const fn at(mut self, profile: u64) -> Self {
        self.profile_at = profile;
        self
    }

    /// Reads the profile. Empty for a person who was forgotten.
    pub(super) fn profile(&self, sealed_log: &SealedLog) -> Profile {
        let found = || {
            if self.profile_at == 0 || self.forgotten.is_some() {
                return None;
            }
            let record = sealed_log.record(self.profile_at)?;
            let Event::ContactUpdated(e) = &record.event else {
                return None;
            };
            sealed_log.open(e.profile.as_ref()?, self.key?, &Stream::Contact(self.id))
        };
        found().unwrap_or_default()
    }

    /// The object `contact`.
    pub(crate) fn object(&self, sealed_log: &SealedLog) -> Value {
        self.with(self.profile(sealed_log))
    }

    /// The object `contact` with a profile that was read before.
    pub(super) fn with(&self, profile: Profile) -> Value {
        Object::new()
            .with("id", self.id)
            .with("channel", self.channel)
            .with("externalUserId", &self.external_user_id)
            .with_some("username", profile.username)
            .with_some("phoneNumber", profile.phone_number)
            .with_some("avatar", profile.avatar.filter(|a| is_avatar(a)))
            .with("firstSeenAt", self.first_seen_at)
            .with_some("forgotten", self.forgotten)
            .value()
    }

    /// Whether the id, name or phone number contains a text in lower case.
    pub(super) fn mentions(&self, profile: &Profile, text: &str) -> bool {
        let known = [
            Some(&self.external_user_id),
            profile.username.as_ref(),
            profile.phone_number.as_ref(),
        ];
        known
            .into_iter()
            .flatten()
            .any(|known| known.to_lowercase().contains(text))
    }
}

/// A profile for a list, where pictures would fill the answer.
pub(super) fn without_picture(profile: Profile) -> Profile {
    Profile {
        avatar: None,
        ..profile
    }
}
