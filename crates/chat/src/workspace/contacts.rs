//! Deciding about contacts: who they are, and that they are forgotten.

use crate::command::{Decision, Effect, NewEvent};
use crate::content::Profile;
use crate::event::{ContactForgotten, ContactUpdated, SessionClosed};
use crate::id::ContactId;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::seal::Private;
use crate::workspace::{Caller, Workspace};

/// The most sessions that are closed one by one when a person is forgotten: an event each, in one
/// frame. Nobody has more open at once by the rules; what would be over is closed by the fold.
const SESSIONS_CLOSED_MAX: usize = 100;

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
        caller.administers()?;
        let contact = self.contact(id)?;
        if contact.forgotten.is_some() {
            // The keys are destroyed once more: asking again mends what a crash may have left.
            return Ok(Decision::repeated(Answer::Contact(id))
                .then(Effect::DestroyKeys(contact.keys.clone())));
        }
        let open = contact
            .sessions
            .iter()
            .rev()
            .filter_map(|id| Some((*id, self.sessions.get(id)?)));
        let mut events: Vec<NewEvent> = open
            .filter(|(_, session)| session.is_open())
            .take(SESSIONS_CLOSED_MAX)
            .map(|(id, session)| NewEvent {
                stream: Stream::Session(id),
                live_chat: Some(session.live_chat),
                event: SessionClosed {
                    reason: Some("the person was forgotten".to_owned()),
                }
                .into(),
            })
            .collect();
        events.push(NewEvent {
            stream: Stream::Contact(id),
            live_chat: self.channels.get(&contact.channel).map(|c| c.live_chat),
            event: ContactForgotten {}.into(),
        });
        Ok(Decision::of(events, Answer::Contact(id))
            .then(Effect::DestroyKeys(contact.keys.clone())))
    }
}
