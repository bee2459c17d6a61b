//! Decisions on contacts.

use crate::command::{Decision, Effect, NewEvent};
use crate::content::Profile;
use crate::event::{ContactForgotten, ContactUpdated};
use crate::id::ContactId;
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::seal::Private;
use crate::workspace::sessions::closings;
use crate::workspace::{Caller, Workspace};

impl Workspace {
    /// Decides a messenger's answer to a profile request.
    pub(super) fn decide_profile(
        &self,
        id: ContactId,
        profile: Option<&Profile>,
    ) -> Result<Decision, Rejection> {
        let contact = self.contact(id)?;
        if contact.forgotten.is_some() {
            return Ok(Decision::nothing());
        }
        let known = profile.filter(|p| **p != Profile::default());
        let event = ContactUpdated {
            profile: known.cloned().map(Private::Clear),
            is_empty: profile.is_some() && known.is_none(),
        };
        let live_chat = self
            .channels
            .get(&contact.channel)
            .map(|c| c.live_chat)
            .filter(|_| known.is_some());
        let event = NewEvent::new(Stream::Contact(id), live_chat, event);
        Ok(Decision::new([event], Answer::Contact(id)))
    }

    /// Erases a contact's messages and profile: closes open sessions and destroys the keys.
    pub(super) fn decide_forget(
        &self,
        caller: &Caller<'_>,
        id: ContactId,
    ) -> Result<Decision, Rejection> {
        caller.require_administrator()?;
        self.forget(id)
    }

    /// Ends a person's open sessions and destroys the keys.
    pub(super) fn forget(&self, id: ContactId) -> Result<Decision, Rejection> {
        let contact = self.contact(id)?;
        if contact.forgotten.is_some() {
            // Destroy the keys again: a crash may have prevented it the first time.
            return Ok(Decision::unchanged(Answer::Contact(id))
                .then(Effect::DestroyKeys(contact.keys.clone())));
        }
        let sessions = contact.sessions.iter().rev();
        let sessions = sessions.filter_map(|id| Some((*id, self.sessions.get(id)?)));
        let mut events = closings(sessions, &Reason::ContactForgotten);
        let live_chat = self.channels.get(&contact.channel).map(|c| c.live_chat);
        events.push(NewEvent::new(
            Stream::Contact(id),
            live_chat,
            ContactForgotten {},
        ));
        Ok(Decision::new(events, Answer::Contact(id))
            .then(Effect::DestroyKeys(contact.keys.clone())))
    }
}
