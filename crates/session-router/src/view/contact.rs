//! Contacts.

use chat::content::{Profile, is_avatar};
use chat::event::Event;
use chat::id::{ChannelId, ContactId};
use chat::record::Stream;
use chat::seal::Indexed;
use chat::time::Timestamp;
use chat::workspace::Workspace;
use serde_json::Value;

use super::object::Object;
use super::search::mention;
use crate::sealed_log::SealedLog;

/// A copy of a contact's row, with the position of the profile.
#[derive(Clone, Debug)]
pub(crate) struct ContactSnapshot {
    pub(super) id: ContactId,
    channel: ChannelId,
    external_user_id: Indexed,
    key: Option<u32>,
    profile_at: u64,
    first_seen_at: Timestamp,
    forgotten: Option<Timestamp>,
}

/// What of a contact is sealed.
#[derive(Debug)]
pub(super) struct ContactTexts {
    external_user_id: Option<String>,
    profile: Profile,
}

impl ContactSnapshot {
    pub(crate) fn of(workspace: &Workspace, id: ContactId) -> Option<Self> {
        let contact = workspace.contacts.get(&id)?;
        Some(Self {
            id,
            channel: contact.channel,
            external_user_id: contact.external_user_id.clone(),
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

    /// Opens the texts. Empty for a person who was forgotten.
    pub(super) fn read(&self, sealed_log: &SealedLog) -> ContactTexts {
        let open = |key| sealed_log.open_indexed(&self.external_user_id, key);
        ContactTexts {
            external_user_id: self.key.and_then(open),
            profile: self.profile(sealed_log),
        }
    }

    fn profile(&self, sealed_log: &SealedLog) -> Profile {
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
        self.with(self.read(sealed_log))
    }

    /// The object `contact` with texts that were opened before.
    pub(super) fn with(&self, texts: ContactTexts) -> Value {
        let profile = texts.profile;
        Object::new()
            .with("id", self.id)
            .with("channel", self.channel)
            .with("externalUserId", texts.external_user_id.unwrap_or_default())
            .with_some("username", profile.username)
            .with_some("phoneNumber", profile.phone_number)
            .with_some("avatar", profile.avatar.filter(|a| is_avatar(a)))
            .with("firstSeenAt", self.first_seen_at)
            .with_some("forgotten", self.forgotten)
            .value()
    }
}

impl ContactTexts {
    /// The texts for a list, where pictures would fill the answer.
    pub(super) fn without_picture(mut self) -> Self {
        self.profile.avatar = None;
        self
    }

    /// Whether the id, name or phone number contains a folded text.
    pub(super) fn mentions(&self, text: &str) -> bool {
        let known = [
            self.external_user_id.as_ref(),
            self.profile.username.as_ref(),
            self.profile.phone_number.as_ref(),
        ];
        mention(known, text)
    }
}
