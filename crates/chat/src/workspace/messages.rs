//! Deciding about messages: what messengers' users and operators write.

use crate::command::{Decision, Effect, MessageCommand, NewEvent, Reply};
use crate::content::{Content, FILES_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX, URL_BYTES_MAX};
use crate::event::{
    EditParked, MessageDeleted, MessageEdited, MessageRead, MessageReceived, MessageSent, NoteAdded,
};
use crate::id::{ChannelId, MessageId, SessionId, UserId};
use crate::messenger::{Inbound, InboundMessage};
use crate::noun::{ChannelStatus, Direction, OpenedBy};
use crate::record::{Answer, Stream};
use crate::rejection::{Code, Rejection};
use crate::role::{Accepted, UserCard};
use crate::rules::{LANE_MAX, PARKED_MAX};
use crate::seal::Private;
use crate::state::{Channel, Message, Session};
use crate::workspace::sessions::{changed, check_assigned, not_active, of};
use crate::workspace::{Caller, Context, Workspace, external_digest};

impl Workspace {
    /// What a messenger says.
    pub(super) fn decide_inbound(
        &self,
        id: ChannelId,
        inbound: &Inbound,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        let channel = self.channel(id).map_err(|_| {
            Rejection::new(
                Code::ChannelNotFound,
                format!("there is no channel {id}, or it was deleted"),
            )
        })?;
        if let Inbound::Message(message) = inbound
            && let Some(known) = self.repeated(id, message)
        {
            return known;
        }
        if let Inbound::Disconnect = inbound {
            return Ok(self.decide_disconnected_by_messenger(id, channel));
        }
        if channel.status != ChannelStatus::Active {
            return Err(not_active(channel));
        }
        match inbound {
            Inbound::Message(message) => Ok(self.receive(id, channel, message, context)),
            Inbound::Disconnect => Ok(Decision::nothing()),
            Inbound::UserInfo { user } => self.user_card(channel, user),
            Inbound::Status {
                message,
                status,
                reason,
            } => self.decide_receipt(id, *message, *status, reason.as_deref(), context.now),
            Inbound::Edited {
                external_message_id,
                text,
            } => self.edit(id, channel, external_message_id, Some(Content::text(text))),
            Inbound::Deleted {
                external_message_id,
            } => self.edit(id, channel, external_message_id, None),
            Inbound::Typing {
                external_chat_id,
                external_user_id,
            } => Ok(Decision::nothing().then(Effect::Typing(
                id,
                external_chat_id.clone(),
                external_user_id.clone(),
            ))),
        }
    }

    /// The first result again, when the message came before; a conflict when it was another.
    fn repeated(
        &self,
        id: ChannelId,
        message: &InboundMessage,
    ) -> Option<Result<Decision, Rejection>> {
        let (session, known) = self.message_by_external(id, &message.external_message_id)?;
        if known.digest != message.digest() {
            let words = format!(
                "message {:?} was accepted with other content; use messageEdited to change it",
                message.external_message_id
            );
            return Some(Err(Rejection::new(Code::MessageConflict, words)));
        }
        let accepted = Accepted {
            message_id: known.id,
            session_id: session,
            position: known.position,
            duplicate: true,
        };
        Some(Ok(Decision {
            reply: Reply::Accepted(accepted),
            ..Decision::nothing()
        }))
    }

    /// A message of a messenger's user joins the chat's open session, or opens one.
    fn receive(
        &self,
        id: ChannelId,
        channel: &Channel,
        message: &InboundMessage,
        context: &mut Context<'_>,
    ) -> Decision {
        let (contact, created) = self.find_contact(id, channel, &message.external_user_id, context);
        let mut events: Vec<NewEvent> = created.into_iter().collect();
        let chat = message.external_chat_id.as_str();
        let open = self.chats.get(&(id, chat.into())).and_then(|c| c.open);
        let session = open.unwrap_or_else(|| {
            let session = SessionId::new(context.now, context.chance);
            let name = message.external_chat_name.clone().filter(|n| !n.is_empty());
            events.push(self.opened(
                (session, id, channel),
                (contact, chat, name),
                (OpenedBy::User, None),
            ));
            session
        });
        let event = MessageReceived {
            message: MessageId::new(context.now, context.chance),
            contact,
            external_message_id: message.external_message_id.clone(),
            content: Private::Clear(message.content.clone()),
            created_at: message.created_at.unwrap_or(context.now),
            reply_to: message
                .reply_to
                .as_deref()
                .and_then(|to| self.resolve(id, to)),
            digest: message.digest(),
        };
        let message_id = event.message;
        let of_session = |event| NewEvent {
            stream: Stream::Session(session),
            live_chat: Some(channel.live_chat),
            event,
        };
        events.push(of_session(event.into()));
        let position = self.position + u64::try_from(events.len()).unwrap_or(0);
        events.extend(
            self.take_up_parked(id, &message.external_message_id, message_id)
                .map(of_session),
        );
        let accepted = Accepted {
            message_id,
            session_id: session,
            position,
            duplicate: false,
        };
        Decision {
            events,
            effects: Vec::new(),
            reply: Reply::Accepted(accepted),
        }
    }

    /// The edits and the deletion that waited for this message.
    fn take_up_parked(
        &self,
        id: ChannelId,
        external: &str,
        message: MessageId,
    ) -> impl Iterator<Item = crate::event::Event> + use<> {
        let parked = self.parked.get(&external_digest(id, external));
        let edited = parked.and_then(|p| p.edit).map(|place| {
            MessageEdited {
                message,
                content: None,
                parked: Some(place),
            }
            .into()
        });
        let deleted = parked
            .filter(|p| p.deleted)
            .map(|_| MessageDeleted { message }.into());
        edited.into_iter().chain(deleted)
    }

    /// The message that a messenger means: by its own id, or by ours.
    fn resolve(&self, id: ChannelId, reference: &str) -> Option<MessageId> {
        if let Some((_, message)) = self.message_by_external(id, reference) {
            return Some(message.id);
        }
        let message = reference.parse().ok()?;
        let (session, _) = self.message(message)?;
        (self.sessions.get(&session)?.channel == id).then_some(message)
    }

    /// An author changes a message (`content`) or takes it back (`None`).
    fn edit(
        &self,
        id: ChannelId,
        channel: &Channel,
        external: &str,
        content: Option<Content>,
    ) -> Result<Decision, Rejection> {
        if let Some((session_id, message)) = self.message_by_external(id, external) {
            let session = self.sessions.get(&session_id);
            let (Some(session), None) = (session, message.deleted) else {
                return Ok(Decision::nothing());
            };
            let event = match content {
                Some(content) => of(
                    session_id,
                    session,
                    MessageEdited {
                        message: message.id,
                        content: Some(Private::Clear(content)),
                        parked: None,
                    },
                ),
                None => of(
                    session_id,
                    session,
                    MessageDeleted {
                        message: message.id,
                    },
                ),
            };
            return Ok(Decision::of(vec![event], Answer::Done));
        }
        if channel.parked >= PARKED_MAX {
            let words =
                format!("{PARKED_MAX} edits wait for their messages already; send those first");
            return Err(Rejection::new(Code::RateLimited, words));
        }
        let event = EditParked {
            external_message_id: external.to_owned(),
            key: self.next_key(),
            text: content.map(Private::Clear),
        };
        let event = NewEvent {
            stream: Stream::Channel(id),
            live_chat: None,
            event: event.into(),
        };
        Ok(Decision::of(vec![event], Answer::Done))
    }

    fn user_card(&self, channel: &Channel, user: &str) -> Result<Decision, Rejection> {
        let known = user
            .parse::<UserId>()
            .ok()
            .filter(|id| channel.operators.contains(id));
        let found = known.and_then(|id| Some((self.users.get(&id)?.name.clone(), id)));
        let Some((username, id)) = found else {
            let words = format!("no operator {user:?} wrote to this channel");
            return Err(Rejection::new(Code::NotFound, words));
        };
        Ok(Decision {
            reply: Reply::User(UserCard { id, username }),
            ..Decision::nothing()
        })
    }

    pub(super) fn decide_message(
        &self,
        caller: &Caller<'_>,
        command: &MessageCommand,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        caller.works()?;
        match command {
            MessageCommand::Send {
                session,
                content,
                reply_to,
            } => {
                let found = self.open_session(caller, *session)?;
                check_assigned(caller, found)?;
                if let Some(to) = reply_to {
                    self.check_quoted(found, *to)?;
                }
                let channel = self.channel(found.channel)?;
                let event = self.sent(
                    (*session, channel),
                    caller.id,
                    content.clone(),
                    *reply_to,
                    context,
                )?;
                Ok(self.written(event))
            }
            MessageCommand::Note { session, text } => {
                let found = self.visible_session(caller, *session)?;
                self.check_remembered(found)?;
                check_content(&Content::text(text), None)?;
                let event = NoteAdded {
                    message: MessageId::new(context.now, context.chance),
                    operator: caller.id.clone(),
                    content: Private::Clear(Content::text(text)),
                };
                Ok(self.written(of(*session, found, event)))
            }
            MessageCommand::Read { session, up_to } => self.decide_read(caller, *session, *up_to),
            MessageCommand::Retry(message) => self.decide_retry(caller, *message, context),
        }
    }

    fn decide_read(
        &self,
        caller: &Caller<'_>,
        id: SessionId,
        up_to: MessageId,
    ) -> Result<Decision, Rejection> {
        let session = self.visible_session(caller, id)?;
        check_assigned(caller, session)?;
        let last = self
            .message(up_to)
            .filter(|(of, _)| *of == id)
            .map(|(_, message)| message.position);
        let Some(last) = last else {
            return Err(Rejection::invalid(
                "/upTo",
                format!("the session has no message {up_to}"),
            ));
        };
        let inbound = |m: &&Message| m.direction == Direction::Inbound;
        let after = self
            .messages(id)
            .rev()
            .filter(inbound)
            .take_while(|m| m.position > last)
            .count();
        if u32::try_from(after).unwrap_or(u32::MAX) >= session.unread {
            return Ok(Decision::repeated(Answer::Session(id)));
        }
        Ok(changed(id, session, MessageRead { message: up_to }))
    }

    /// The event of an operator's message, once everything about it is checked.
    pub(super) fn sent(
        &self,
        (session, channel): (SessionId, &Channel),
        operator: &UserId,
        content: Content,
        reply_to: Option<MessageId>,
        context: &mut Context<'_>,
    ) -> Result<NewEvent, Rejection> {
        check_content(&content, channel.capabilities.max_text_length)?;
        if let Some(known) = self.sessions.get(&session) {
            self.check_remembered(known)?;
            let waiting = self.chats.get(&known.chat()).map_or(0, |c| c.lane.len());
            if waiting >= LANE_MAX {
                let words =
                    format!("{LANE_MAX} messages of this chat wait for their delivery; wait too");
                return Err(Rejection::new(Code::Unavailable, words));
            }
        }
        let event = MessageSent {
            message: MessageId::new(context.now, context.chance),
            operator: operator.clone(),
            content: Private::Clear(content),
            reply_to,
            expires_at: context.now.plus(context.rules.time_to_live),
        };
        let live_chat = Some(channel.live_chat);
        Ok(NewEvent {
            stream: Stream::Session(session),
            live_chat,
            event: event.into(),
        })
    }

    /// A message may answer one of its own chat only.
    fn check_quoted(&self, session: &Session, quoted: MessageId) -> Result<(), Rejection> {
        let of = self
            .message(quoted)
            .and_then(|(id, _)| self.sessions.get(&id));
        if of.is_some_and(|of| {
            of.channel == session.channel && of.external_chat_id == session.external_chat_id
        }) {
            return Ok(());
        }
        Err(Rejection::invalid(
            "/replyTo",
            format!("the chat has no message {quoted}"),
        ))
    }

    /// Nothing is written to a person who was forgotten: there is no key for it.
    fn check_remembered(&self, session: &Session) -> Result<(), Rejection> {
        match self.contacts.get(&session.contact) {
            Some(contact) if contact.forgotten.is_none() => Ok(()),
            _ => Err(Rejection::new(
                Code::ContactForgotten,
                "this person was forgotten",
            )),
        }
    }

    /// One written message, answered with its id and position.
    fn written(&self, event: NewEvent) -> Decision {
        let message = match &event.event {
            crate::event::Event::MessageSent(e) => e.message,
            crate::event::Event::NoteAdded(e) => e.message,
            _ => return Decision::of(vec![event], Answer::Done),
        };
        Decision::of(vec![event], Answer::Message(message, self.position + 1))
    }
}

fn check_content(content: &Content, chars_max: Option<u32>) -> Result<(), Rejection> {
    if content.is_empty()
        || content
            .text
            .as_ref()
            .is_some_and(|t| t.trim().is_empty() && content.files.is_empty())
    {
        return Err(Rejection::invalid(
            "/text",
            "a text or at least one file is required",
        ));
    }
    let own = chars_max
        .and_then(|n| usize::try_from(n).ok())
        .filter(|n| *n > 0)
        .unwrap_or(TEXT_CHARS_MAX);
    let chars_max = own.min(TEXT_CHARS_MAX);
    if content
        .text
        .as_ref()
        .is_some_and(|t| t.chars().count() > chars_max)
    {
        return Err(Rejection::new(
            Code::TooLarge,
            format!("/text is over {chars_max} characters; split it"),
        ));
    }
    if content.files.len() > FILES_MAX {
        return Err(Rejection::new(
            Code::TooLarge,
            format!("/files has more than {FILES_MAX} files"),
        ));
    }
    for (i, file) in content.files.iter().enumerate() {
        if file.name.is_empty() || file.name.chars().count() > NAME_CHARS_MAX {
            return Err(Rejection::invalid(
                &format!("/files/{i}/name"),
                "must have 1 to 255 characters",
            ));
        }
        if file.url.is_empty() || file.url.len() > URL_BYTES_MAX {
            return Err(Rejection::invalid(
                &format!("/files/{i}/URL"),
                "must have 1 to 2048 bytes",
            ));
        }
    }
    Ok(())
}
