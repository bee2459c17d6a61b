//! Deciding about what messengers say.

use crate::command::{Decision, Effect, NewEvent, Reply};
use crate::content::Content;
use crate::digest::Digest;
use crate::event::{EditParked, Event, MessageDeleted, MessageEdited, MessageReceived};
use crate::id::{ChannelId, MessageId, SessionId, UserId};
use crate::messenger::{Inbound, InboundMessage};
use crate::model::{ChannelStatus, OpenedBy};
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::rpc::{Accepted, UserCard};
use crate::seal::Private;
use crate::state::Channel;
use crate::workspace::sessions::{not_active, of};
use crate::workspace::{Context, Workspace, external_digest};

impl Workspace {
    /// What a messenger says.
    pub(super) fn decide_inbound(
        &self,
        (id, digest): (ChannelId, Digest),
        inbound: &Inbound,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        let channel = self.channel(id).map_err(|_| Reason::ChannelNotFound {
            channel: id.to_string(),
        })?;
        if let Inbound::Message(message) = inbound
            && let Some(known) = self.repeated((id, digest), message)
        {
            return known;
        }
        if let Inbound::Disconnect = inbound {
            return Ok(Self::disconnected_by_messenger(id, channel));
        }
        if channel.status != ChannelStatus::Active {
            return Err(not_active(channel));
        }
        match inbound {
            Inbound::Message(message) => Ok(self.receive((id, digest), channel, message, context)),
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
            } => Ok(self.edit(id, external_message_id, Some(Content::text(text)))),
            Inbound::Deleted {
                external_message_id,
            } => Ok(self.edit(id, external_message_id, None)),
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
        (id, digest): (ChannelId, Digest),
        message: &InboundMessage,
    ) -> Option<Result<Decision, Rejection>> {
        let (session, known) = self.message_by_external(id, &message.external_message_id)?;
        if known.digest != digest {
            let message_id = message.external_message_id.clone();
            return Some(Err(Reason::MessageConflict { message_id }.into()));
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
        (id, digest): (ChannelId, Digest),
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
            digest,
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
    ) -> impl Iterator<Item = Event> + use<> {
        let parked = self.parked.get(&(id, external_digest(id, external)));
        let edited = parked.and_then(|p| {
            let event = MessageEdited {
                message,
                content: None,
                parked: Some((p.edit?, p.key)),
            };
            Some(event.into())
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
    fn edit(&self, id: ChannelId, external: &str, content: Option<Content>) -> Decision {
        if let Some((session_id, message)) = self.message_by_external(id, external) {
            let session = self.sessions.get(&session_id);
            let (Some(session), None) = (session, message.extra().deleted) else {
                return Decision::nothing();
            };
            // There is no key any more for the words of somebody who was forgotten.
            let author = self
                .author(message.id)
                .and_then(|id| self.contacts.get(&id));
            if content.is_some() && author.is_none_or(|a| a.forgotten.is_some()) {
                return Decision::nothing();
            }
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
            return Decision::of(vec![event], Answer::Done);
        }
        self.parking(id, external, content)
    }

    /// An edit that waits for its message. All of a message are sealed under one key, which its
    /// author will own.
    fn parking(&self, id: ChannelId, external: &str, content: Option<Content>) -> Decision {
        let known = self.parked.get(&(id, external_digest(id, external)));
        let event = EditParked {
            external_message_id: external.to_owned(),
            key: known.map_or_else(|| self.next_key(), |parked| parked.key),
            text: content.map(Private::Clear),
        };
        let event = NewEvent {
            stream: Stream::Channel(id),
            live_chat: None,
            event: event.into(),
        };
        let decision = Decision::of(vec![event], Answer::Done);
        match self.gives_way(id).filter(|_| known.is_none()) {
            Some((_, key)) => decision.then(Effect::DestroyKeys(vec![key])),
            None => decision,
        }
    }

    fn user_card(&self, channel: &Channel, user: &str) -> Result<Decision, Rejection> {
        let known = user
            .parse::<UserId>()
            .ok()
            .filter(|id| channel.operators.contains(id));
        let found = known.and_then(|id| Some((self.users.get(&id)?.name.clone(), id)));
        let Some((username, id)) = found else {
            let user = user.to_owned();
            return Err(Reason::NoSuchOperator { user }.into());
        };
        Ok(Decision {
            reply: Reply::User(UserCard { id, username }),
            ..Decision::nothing()
        })
    }
}
