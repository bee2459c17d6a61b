//! Deciding about sessions: at most one open per chat, ever.

use crate::command::{Decision, NewEvent, Person, SessionCommand};
use crate::content::{Content, TEXT_CHARS_MAX};
use crate::event::{
    ContactCreated, NoteAdded, SessionAssigned, SessionClosed, SessionOpened, SessionTransferred,
};
use crate::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::messenger::inbound::EXTERNAL_ID_BYTES_MAX;
use crate::model::{ChannelStatus, OpenedBy, SessionStatus};
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::seal::Private;
use crate::state::{Channel, Session};
use crate::workspace::users::wrong_length;
use crate::workspace::{Caller, Context, Workspace};

/// The most things that one decision ends one by one, an event each: they are one frame. What is
/// over ends in the fold.
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
            SessionCommand::Create {
                channel,
                person,
                text,
            } => self.decide_create(caller, *channel, person, text.as_deref(), context),
        }
    }

    fn decide_take(&self, caller: &Caller<'_>, id: SessionId) -> Result<Decision, Rejection> {
        let session = self.open_session(caller, id)?;
        match &session.operator {
            None => Ok(changed(
                id,
                session,
                SessionAssigned {
                    operator: caller.id.clone(),
                },
            )),
            Some(operator) if operator == caller.id => Ok(Decision::repeated(Answer::Session(id))),
            // Whoever has it left, or lost the right: nobody has to wait for that.
            Some(operator) if !self.staffs(operator, session.live_chat) => {
                let operator = caller.id.clone();
                Ok(changed(id, session, SessionAssigned { operator }))
            }
            Some(operator) => {
                let name = self
                    .users
                    .get(operator)
                    .map_or(operator.as_str(), |u| u.name.as_str());
                let name = name.to_owned();
                Err(Rejection::from(Reason::AlreadyAssigned { name })
                    .with("operator", operator.to_string()))
            }
        }
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
        if let Some(to) = to.filter(|to| !self.staffs(to, session.live_chat)) {
            let user = to.to_string();
            return Err(Reason::NotStaff { user }.into());
        }
        if to == session.operator.as_ref() {
            return Ok(Decision::repeated(Answer::Session(id)));
        }
        let mut events = Vec::new();
        if let Some(note) = note.filter(|n| !n.trim().is_empty()) {
            // A note like any other: whoever gets the session reads it in the history.
            let event = NoteAdded {
                message: MessageId::new(context.now, context.chance),
                operator: caller.id.clone(),
                content: Private::Clear(Content::text(note)),
            };
            events.push(of(id, session, event));
        }
        let event = SessionTransferred {
            operator: to.cloned(),
            note: None,
        };
        events.push(of(id, session, event));
        Ok(Decision::of(events, Answer::Session(id)))
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
        if let Some(open) = self
            .chats
            .get(&(channel_id, chat.as_str().into()))
            .and_then(|c| c.open)
        {
            let rejection = Rejection::from(Reason::SessionAlreadyOpen);
            return Err(rejection.with("sessionId", open.to_string()));
        }
        let id = SessionId::new(context.now, context.chance);
        events.push(self.opened(
            (id, channel_id, channel),
            (contact, &chat, None),
            (OpenedBy::Operator, Some(caller.id.clone())),
        ));
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            let (chat, content) = ((channel_id, chat.as_str().into()), Content::text(text));
            events.push(self.sent((id, channel, &chat), caller.id, (content, None), context)?);
        }
        Ok(Decision::of(events, Answer::Session(id)))
    }

    /// The chat and the contact that an operator means; a stranger is made known.
    fn find_person(
        &self,
        channel_id: ChannelId,
        channel: &Channel,
        person: &Person,
        context: &mut Context<'_>,
    ) -> Result<(String, ContactId, Vec<NewEvent>), Rejection> {
        match person {
            Person::Contact(id) => {
                let contact = self.contact(*id)?;
                if contact.channel != channel_id {
                    return Err(Reason::ContactOfAnotherChannel.into());
                }
                if contact.forgotten.is_some() {
                    return Err(Reason::ContactForgotten.into());
                }
                let last = contact.sessions.last().and_then(|s| self.sessions.get(s));
                let chat = last.map_or_else(
                    || contact.external_user_id.to_string(),
                    |s| s.external_chat_id.to_string(),
                );
                Ok((chat, *id, Vec::new()))
            }
            Person::External { chat, user } => {
                for (pointer, id) in [("/externalChatId", chat), ("/externalUserId", user)] {
                    if !(1..=EXTERNAL_ID_BYTES_MAX).contains(&id.len()) {
                        return Err(wrong_length(pointer, 1, EXTERNAL_ID_BYTES_MAX, "bytes"));
                    }
                }
                let (contact, created) = self.find_contact(channel_id, channel, user, context);
                Ok((chat.clone(), contact, created.into_iter().collect()))
            }
        }
    }

    /// The contact with a messenger's user id, and the event that makes it when it is new.
    pub(super) fn find_contact(
        &self,
        channel_id: ChannelId,
        channel: &Channel,
        external_user_id: &str,
        context: &mut Context<'_>,
    ) -> (ContactId, Option<NewEvent>) {
        if let Some(id) = self.contact_by_external(channel_id, external_user_id) {
            return (id, None);
        }
        let id = ContactId::new(context.now, context.chance);
        let event = ContactCreated {
            channel: channel_id,
            external_user_id: external_user_id.to_owned(),
            key: self.next_key(),
        };
        let live_chat = Some(channel.live_chat);
        (
            id,
            Some(NewEvent {
                stream: Stream::Contact(id),
                live_chat,
                event: event.into(),
            }),
        )
    }

    /// The event that opens a session, linked to the one before it on the chat.
    pub(super) fn opened(
        &self,
        (id, channel_id, channel): (SessionId, ChannelId, &Channel),
        (contact, chat, chat_name): (ContactId, &str, Option<String>),
        (opened_by, operator): (OpenedBy, Option<UserId>),
    ) -> NewEvent {
        let event = SessionOpened {
            channel: channel_id,
            contact,
            external_chat_id: chat.to_owned(),
            chat_name: chat_name.map(Private::Clear),
            opened_by,
            operator,
            previous: self
                .chats
                .get(&(channel_id, chat.into()))
                .and_then(|c| c.last),
        };
        NewEvent {
            stream: Stream::Session(id),
            live_chat: Some(channel.live_chat),
            event: event.into(),
        }
    }

    /// Whether a user may work on the sessions of a live chat.
    fn staffs(&self, user: &UserId, live_chat: LiveChatId) -> bool {
        self.caller(user).is_ok_and(|c| {
            c.require_operator().is_ok() && self.visible_live_chat(&c, live_chat).is_ok()
        })
    }

    /// A session that the caller may see and that is not closed.
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

/// The events that close sessions, those that are open.
pub(super) fn closings<'a>(
    sessions: impl Iterator<Item = (SessionId, &'a Session)>,
    reason: &Reason,
) -> Vec<NewEvent> {
    let close = |(id, session)| of(id, session, SessionClosed::new(Some(reason.clone())));
    sessions
        .filter(|(_, session)| session.is_open())
        .take(ENDED_MAX)
        .map(close)
        .collect()
}

/// Only who has the session, and supervisors.
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

/// The channel is not active.
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
    Decision::of(vec![of(id, session, event)], Answer::Session(id))
}

pub(super) fn of(
    id: SessionId,
    session: &Session,
    event: impl Into<crate::event::Event>,
) -> NewEvent {
    NewEvent {
        stream: Stream::Session(id),
        live_chat: Some(session.live_chat),
        event: event.into(),
    }
}
