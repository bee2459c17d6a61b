//! Decisions on messengers' inbound requests.

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
use crate::workspace::channels::unpublished;
use crate::workspace::sessions::{not_active, session_event};
use crate::workspace::{Context, Workspace, external_digest};

impl Workspace {
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

    /// Returns the first result for a repeated message, or a conflict if the content differs.
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

    /// Adds a message to the chat's open session, or opens one.
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
        let live_chat = Some(channel.live_chat);
        let of_session = |event| NewEvent::new(Stream::Session(session), live_chat, event);
        events.push(of_session(Event::from(event)));
        let position = self.position + u64::try_from(events.len()).unwrap_or(0);
        events.extend(
            self.parked_events(id, &message.external_message_id, message_id)
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

    /// Returns the parked edit and deletion of this message.
    fn parked_events(
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

    /// Finds a message of the channel by the messenger's id or by Switchboard's.
    fn resolve(&self, id: ChannelId, reference: &str) -> Option<MessageId> {
        if let Some((_, message)) = self.message_by_external(id, reference) {
            return Some(message.id);
        }
        let message = reference.parse().ok()?;
        let (session, _) = self.message(message)?;
        (self.sessions.get(&session)?.channel == id).then_some(message)
    }

    /// Edits a message, or deletes it if `content` is `None`.
    fn edit(&self, id: ChannelId, external: &str, content: Option<Content>) -> Decision {
        if let Some((session_id, message)) = self.message_by_external(id, external) {
            let session = self.sessions.get(&session_id);
            let (Some(session), None) = (session, message.extra().deleted) else {
                return Decision::nothing();
            };
            // The key of a forgotten contact is destroyed, so new content cannot be sealed.
            let author = self
                .author(message.id)
                .and_then(|id| self.contacts.get(&id));
            if content.is_some() && author.is_none_or(|a| a.forgotten.is_some()) {
                return Decision::nothing();
            }
            let message = message.id;
            let event: Event = match content.map(Private::Clear) {
                None => MessageDeleted { message }.into(),
                content => MessageEdited {
                    message,
                    content,
                    parked: None,
                }
                .into(),
            };
            return Decision::new([session_event(session_id, session, event)], Answer::Done);
        }
        self.parking(id, external, content)
    }

    /// Parks an edit until its message arrives. All edits of a message share one key, which is later
    /// added to its author's keys.
    fn parking(&self, id: ChannelId, external: &str, content: Option<Content>) -> Decision {
        let known = self.parked.get(&(id, external_digest(id, external)));
        let event = EditParked {
            external_message_id: external.to_owned(),
            key: known.map_or_else(|| self.next_key(), |parked| parked.key),
            text: content.map(Private::Clear),
        };
        let decision = unpublished(id, event);
        match self.next_to_evict(id).filter(|_| known.is_none()) {
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
