//! Decisions on sessions. A chat has at most one open session.

use crate::command::{Decision, NewEvent, Person, SessionCommand};
use crate::content::{Content, TEXT_CHARS_MAX};
use crate::event::{
    ContactCreated, NoteAdded, SessionAssigned, SessionClosed, SessionOpened, SessionReopened,
    SessionTransferred,
};
use crate::id::{ChannelId, ContactId, MessageId, SessionId, UserId};
use crate::messenger::inbound::EXTERNAL_ID_BYTES_MAX;
use crate::model::{ChannelStatus, OpenedBy, SessionStatus};
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::seal::{Indexed, Private};
use crate::state::{Channel, ChatKey, Session};
use crate::workspace::users::wrong_length;
use crate::workspace::{Caller, Context, Workspace};

/// The most sessions that one decision closes with an event each, which is what one frame holds.
/// [`Workspace::evolve`] closes the rest.
pub(super) const ENDED_MAX: usize = 100;

impl Workspace {
    pub(super) fn decide_session(
        &self,
        caller: &Caller<'_>,
        command: &SessionCommand,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        caller.require_operator()?;
        match command {
            SessionCommand::Take(id) => self.decide_take(caller, *id),
            SessionCommand::Transfer { session, to, note } => {
                let (to, note) = (to.as_ref(), note.as_deref());
                self.decide_transfer(caller, *session, to, note, context)
            }
            SessionCommand::Close(id) => {
                let session = self.open_session(caller, *id)?;
                check_assigned(caller, session)?;
                Ok(changed(*id, session, SessionClosed::new(None)))
            }
            SessionCommand::Reopen { session, queue } => {
                self.decide_reopen(caller, *session, *queue)
            }
            SessionCommand::Create {
                channel,
                person,
                text,
            } => self.decide_create(caller, *channel, person, text.as_deref(), context),
        }
    }

    /// Assigns a session to the caller. Supervisors may take it from another operator.
    fn decide_take(&self, caller: &Caller<'_>, id: SessionId) -> Result<Decision, Rejection> {
        let session = self.open_session(caller, id)?;
        match &session.operator {
            Some(operator) if operator == caller.id => Ok(Decision::unchanged(Answer::Session(id))),
            Some(operator) if !caller.user.sees_all() => {
                let name = self
                    .users
                    .get(operator)
                    .map_or(operator.as_str(), |u| u.name.as_str());
                let name = name.to_owned();
                Err(Rejection::from(Reason::AlreadyAssigned { name })
                    .with("operator", operator.to_string()))
            }
            _ => Ok(changed(id, session, taken(caller.id, session))),
        }
    }

    fn decide_reopen(
        &self,
        caller: &Caller<'_>,
        id: SessionId,
        queue: bool,
    ) -> Result<Decision, Rejection> {
        let session = self.visible_session(caller, id)?;
        self.check_not_open(&session.chat())?;
        self.channel(session.channel)?;
        self.check_remembered(session)?;
        let operator = (!queue).then(|| caller.id.clone());
        Ok(changed(id, session, SessionReopened { operator }))
    }

    fn decide_transfer(
        &self,
        caller: &Caller<'_>,
        id: SessionId,
        to: Option<&UserId>,
        note: Option<&str>,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        let session = self.open_session(caller, id)?;
        check_assigned(caller, session)?;
        if note.is_some_and(|n| n.chars().count() > TEXT_CHARS_MAX) {
            return Err(wrong_length("/note", 0, TEXT_CHARS_MAX, "characters"));
        }
        if let Some(to) = to.filter(|to| !self.is_staff(to, session.live_chat)) {
            let user = to.to_string();
            return Err(Reason::NotStaff { user }.into());
        }
        if to == session.operator.as_ref() {
            return Ok(Decision::unchanged(Answer::Session(id)));
        }
        let mut events = Vec::new();
        if let Some(note) = note.filter(|n| !n.trim().is_empty()) {
            events.push(session_event(
                id,
                session,
                note_added(caller.id, note, context),
            ));
        }
        let event = SessionTransferred {
            operator: to.cloned(),
            note: None,
            reason: None,
        };
        events.push(session_event(id, session, event));
        Ok(Decision::new(events, Answer::Session(id)))
    }

    fn decide_create(
        &self,
        caller: &Caller<'_>,
        channel_id: ChannelId,
        person: &Person,
        text: Option<&str>,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        let channel = self.channel(channel_id)?;
        self.visible_live_chat(caller, channel.live_chat)?;
        if channel.status != ChannelStatus::Active {
            return Err(not_active(channel));
        }
        if !channel.may_initiate() {
            return Err(Reason::CannotInitiate.into());
        }
        let (chat, contact, mut events) = self.find_person(channel_id, channel, person, context)?;
        let key = (channel_id, chat.digest());
        self.check_not_open(&key)?;
        let id = SessionId::new(context.now, context.chance);
        events.push(self.opened(
            (id, channel_id, channel),
            (contact, chat, None),
            (OpenedBy::Operator, Some(caller.id.clone())),
        ));
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            let content = (Content::text(text), None);
            let sent = self.message_sent((channel, &key), caller, content, context)?;
            let live_chat = Some(channel.live_chat);
            events.push(NewEvent::new(Stream::Session(id), live_chat, sent));
        }
        Ok(Decision::new(events, Answer::Session(id)))
    }

    /// Returns the external chat id and the contact of a person, and the event that creates a new contact.
    fn find_person(
        &self,
        channel_id: ChannelId,
        channel: &Channel,
        person: &Person,
        context: &mut Context<'_>,
    ) -> Result<(Indexed, ContactId, Vec<NewEvent>), Rejection> {
        match person {
            Person::Contact(id) => {
                let contact = self.contact(*id)?;
                if contact.channel != channel_id {
                    return Err(Reason::ContactOfAnotherChannel.into());
                }
                if contact.forgotten.is_some() {
                    return Err(Reason::ContactForgotten.into());
                }
                let chat = self.own_chat(*id, contact)?;
                Ok((chat.renewed(), *id, Vec::new()))
            }
            Person::External { chat, user } => {
                for (pointer, id) in [("/externalChatId", chat), ("/externalUserId", user)] {
                    if !(1..=EXTERNAL_ID_BYTES_MAX).contains(&id.len()) {
                        return Err(wrong_length(pointer, 1, EXTERNAL_ID_BYTES_MAX, "bytes"));
                    }
                }
                let (contact, created) = self.find_contact(channel_id, channel, user, context);
                let chat = Indexed::new(self.digest(channel_id.as_bytes(), chat), chat);
                Ok((chat, contact, created.into_iter().collect()))
            }
        }
    }

    /// Finds a contact by the messenger's user id, or returns the event that creates it.
    pub(super) fn find_contact(
        &self,
        channel_id: ChannelId,
        channel: &Channel,
        external_user_id: &str,
        context: &mut Context<'_>,
    ) -> (ContactId, Option<NewEvent>) {
        let external = self.digest(channel_id.as_bytes(), external_user_id);
        if let Some(id) = self.contact_ids.get(&external.into()) {
            return (*id, None);
        }
        let id = ContactId::new(context.now, context.chance);
        let event = ContactCreated {
            channel: channel_id,
            external_user_id: Indexed::new(external, external_user_id),
            key: self.next_key(),
        };
        let live_chat = Some(channel.live_chat);
        let event = NewEvent::new(Stream::Contact(id), live_chat, event);
        (id, Some(event))
    }

    /// Returns the event that opens a session, linked to the chat's previous session.
    pub(super) fn opened(
        &self,
        (id, channel_id, channel): (SessionId, ChannelId, &Channel),
        (contact, chat, name): (ContactId, Indexed, Option<Indexed>),
        (opened_by, operator): (OpenedBy, Option<UserId>),
    ) -> NewEvent {
        let key = (channel_id, chat.digest());
        let event = SessionOpened {
            channel: channel_id,
            contact,
            external_chat_id: chat,
            chat_name: None,
            name,
            opened_by,
            operator,
            previous: self.chats.get(&key).and_then(|c| c.last),
        };
        NewEvent::new(Stream::Session(id), Some(channel.live_chat), event)
    }

    /// Checks that a chat has no open session.
    fn check_not_open(&self, chat: &ChatKey) -> Result<(), Rejection> {
        let Some(open) = self.chats.get(chat).and_then(|c| c.open) else {
            return Ok(());
        };
        Err(Rejection::from(Reason::SessionAlreadyOpen).with("sessionId", open.to_string()))
    }

    /// Returns an open session that the caller may see.
    pub(super) fn open_session(
        &self,
        caller: &Caller<'_>,
        id: SessionId,
    ) -> Result<&Session, Rejection> {
        let session = self.visible_session(caller, id)?;
        if session.is_open() {
            return Ok(session);
        }
        Err(Reason::SessionClosed.into())
    }
}

/// The event that assigns a session to a user.
pub(super) fn taken(by: &UserId, session: &Session) -> SessionAssigned {
    SessionAssigned {
        operator: by.clone(),
        from: session.operator.clone(),
    }
}

/// Returns the events that close the open ones of these sessions.
pub(super) fn closings<'a>(
    sessions: impl Iterator<Item = (SessionId, &'a Session)>,
    reason: &Reason,
) -> Vec<NewEvent> {
    let close =
        |(id, session)| session_event(id, session, SessionClosed::new(Some(reason.clone())));
    sessions
        .filter(|(_, session)| session.is_open())
        .take(ENDED_MAX)
        .map(close)
        .collect()
}

/// Checks that the caller has the session, or is a supervisor or administrator.
pub(super) fn check_assigned(caller: &Caller<'_>, session: &Session) -> Result<(), Rejection> {
    if session.operator.as_ref() == Some(caller.id) || caller.user.sees_all() {
        return Ok(());
    }
    let reason = match (&session.operator, session.status) {
        (Some(operator), _) => Reason::SessionOfAnother {
            user: operator.to_string(),
        },
        (None, SessionStatus::Queued) => Reason::SessionNotTaken,
        (None, SessionStatus::Assigned | SessionStatus::Closed) => Reason::SessionUnassigned,
    };
    Err(reason.into())
}

/// The rejection for a channel that is not active.
pub(super) fn not_active(channel: &Channel) -> Rejection {
    let reason = Reason::ChannelNotActive {
        status: channel.status.as_str().to_owned(),
        since: channel.since.to_string(),
    };
    Rejection::from(reason).with("channelStatus", channel.status.as_str())
}

pub(super) fn changed(
    id: SessionId,
    session: &Session,
    event: impl Into<crate::event::Event>,
) -> Decision {
    Decision::new([session_event(id, session, event)], Answer::Session(id))
}

pub(super) fn session_event(
    id: SessionId,
    session: &Session,
    event: impl Into<crate::event::Event>,
) -> NewEvent {
    NewEvent::new(Stream::Session(id), Some(session.live_chat), event)
}

/// A note for colleagues.
pub(super) fn note_added(operator: &UserId, text: &str, context: &mut Context<'_>) -> NoteAdded {
    NoteAdded {
        message: MessageId::new(context.now, context.chance),
        operator: operator.clone(),
        content: Private::Clear(Content::text(text)),
    }
}
