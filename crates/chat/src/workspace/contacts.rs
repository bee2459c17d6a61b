//! Deciding about contacts: who they are, and that they are forgotten.

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
    /// What a messenger said of a person, or that it said nothing.
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
        };
        let live_chat = self
            .channels
            .get(&contact.channel)
            .map(|c| c.live_chat)
            .filter(|_| known.is_some());
        let event = NewEvent {
            stream: Stream::Contact(id),
            live_chat,
            event: event.into(),
        };
        Ok(Decision::of(vec![event], Answer::Contact(id)))
    }

    /// Erases a person's words and profile for good: the open sessions end, and the keys go.
    pub(super) fn decide_forget(
        &self,
        caller: &Caller<'_>,
        id: ContactId,
    ) -> Result<Decision, Rejection> {
        caller.require_administrator()?;
        let contact = self.contact(id)?;
        if contact.forgotten.is_some() {
            // The keys are destroyed once more: asking again mends what a crash may have left.
            return Ok(Decision::repeated(Answer::Contact(id))
                .then(Effect::DestroyKeys(contact.keys.clone())));
        }
        let sessions = contact.sessions.iter().rev();
        let sessions = sessions.filter_map(|id| Some((*id, self.sessions.get(id)?)));
        let mut events = closings(sessions, &Reason::ContactForgotten);
        events.push(NewEvent {
            stream: Stream::Contact(id),
            live_chat: self.channels.get(&contact.channel).map(|c| c.live_chat),
            event: ContactForgotten {}.into(),
        });
        Ok(Decision::of(events, Answer::Contact(id))
            .then(Effect::DestroyKeys(contact.keys.clone())))
    }
}
