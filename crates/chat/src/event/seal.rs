//! Sealing what is private in an event.

use crate::chance::Chance;
use crate::event::{
    Attempt, ContactUpdated, DeliveryChanged, EditParked, Event, MessageEdited, SessionOpened,
    SessionTransferred, UserUpdated,
};
use crate::seal::SealKey;

impl Event {
    /// Seals whatever is private: `key` is the key of the person whose words they are, `master` the
    /// data directory's.
    pub fn seal(
        &mut self,
        key: Option<&SealKey>,
        master: &SealKey,
        context: &[u8],
        chance: &mut Chance,
    ) {
        /// Seals one field when there is a key for it.
        macro_rules! seal {
            ($key:expr, $field:expr) => {
                match $key {
                    Some(key) => $field.seal(key, context, chance),
                    None => $field.withhold(),
                }
            };
        }
        match self {
            Self::UserCreated(e) => seal!(Some(master), e.password_hash),
            Self::UserUpdated(UserUpdated {
                password_hash: Some(hash),
                ..
            }) => seal!(Some(master), hash),
            Self::TokenIssued(e) => seal!(Some(master), e.hash),
            Self::ChannelCreated(e) => seal!(Some(master), e.code),
            Self::CodeRotated(e) => seal!(Some(master), e.code),
            Self::EditParked(EditParked {
                text: Some(text), ..
            }) => seal!(key, text),
            Self::ContactUpdated(ContactUpdated {
                profile: Some(profile),
            }) => seal!(key, profile),
            Self::SessionOpened(SessionOpened {
                chat_name: Some(name),
                ..
            }) => seal!(key, name),
            Self::SessionTransferred(SessionTransferred {
                note: Some(note), ..
            }) => seal!(key, note),
            Self::MessageReceived(e) => seal!(key, e.content),
            Self::MessageSent(e) => seal!(key, e.content),
            Self::MessageEdited(MessageEdited {
                content: Some(content),
                ..
            }) => seal!(key, content),
            Self::NoteAdded(e) => seal!(key, e.content),
            Self::DeliveryChanged(DeliveryChanged {
                attempt:
                    Some(Attempt {
                        answer: Some(answer),
                        ..
                    }),
                ..
            }) => seal!(key, answer),
            _ => {}
        }
    }
}
