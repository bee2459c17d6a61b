//! Decisions on messengers' inbound requests.

use crate::command::{Decision, Effect, NewEvent, Reply, Request};
use crate::content::Content;
use crate::digest::Digest;
use crate::event::{
    ChatRenamed, EditParked, Event, MessageDeleted, MessageEdited, MessageReceived,
};
use crate::id::{ChannelId, MessageId, SessionId, UserId};
use crate::messenger::{Inbound, InboundMessage};
use crate::model::{ChannelStatus, Direction, OpenedBy};
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::rpc::{Accepted, UserCard};
use crate::rules::{PARKED_AGE_MIN, PARKED_MAX};
use crate::seal::{Indexed, Private};
use crate::state::{Channel, Chat, Message};
use crate::time::Timestamp;
use crate::workspace::channels::unpublished;
use crate::workspace::sessions::{not_active, session_event};
use crate::workspace::{Context, Workspace};

impl Workspace {
    /// Decides a request of a messenger. A signed one that was accepted before has no effect.
    pub(super) fn decide_messenger(
        &self,
        id: ChannelId,
        inbound: &Inbound,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        if let Some(signed) = &request.signed
            && self.is_repeated(id, signed, context.now)?
        {
            return Ok(replied(Reply::Repeated));
        }
        let is_edit = matches!(inbound, Inbound::Edited { .. });
        let mut decision = if is_edit && !request.edit_has_effect {
            Decision::nothing()
        } else {
            self.decide_inbound(id, inbound, request, context)?
        };
        let probe = self.probe_after(id, inbound, context.now);
        decision.events.extend(probe);
        let accepted = request.signed.into_iter();
        let accepted = accepted.map(|signed| NewEvent::new(Stream::Channel(id), None, signed));
        decision.events.extend(accepted);
        Ok(decision)
    }

    fn decide_inbound(
        &self,
        id: ChannelId,
        inbound: &Inbound,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        let channel = self.channel(id).map_err(|_| Reason::ChannelNotFound {
            channel: id.to_string(),
        })?;
        // A repeated message has its first answer, and `disconnect` its effect, whatever the status.
        let is_always_decided = matches!(inbound, Inbound::Message(_) | Inbound::Disconnect);
        if channel.status != ChannelStatus::Active && !is_always_decided {
            return Err(not_active(channel));
        }
        match inbound {
            Inbound::Message(message) => self.accept((id, channel), message, request, context),
            Inbound::Disconnect => Ok(Self::disconnected_by_messenger(id, channel)),
            Inbound::UserInfo { user } => self.user_card(channel, user),
            Inbound::Status {
                message,
                status,
                reason,
            } => self.decide_receipt(id, *message, *status, reason.as_deref(), context.now),
            Inbound::Edited {
                external_message_id,
                text,
            } => self.edit(
                id,
                external_message_id,
                Some(Content::text(text)),
                context.now,
            ),
            Inbound::Deleted {
                external_message_id,
            } => self.edit(id, external_message_id, None, context.now),
            Inbound::Typing {
                external_chat_id,
                external_user_id,
            } => {
                let typing = self.typing(id, external_chat_id, external_user_id);
                Ok(Decision {
                    effects: Vec::from_iter(typing),
                    ..Decision::nothing()
                })
            }
        }
    }

    /// Accepts a message. A repeated one gets the first result, or a conflict if the content differs. A
    /// messenger that sends back what an operator wrote gets that message, without an effect.
    fn accept(
        &self,
        (id, channel): (ChannelId, &Channel),
        message: &InboundMessage,
        request: &Request,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        let external = self.digest(id.as_bytes(), &message.external_message_id);
        let Some(known) = self.find_external(&external) else {
            if let Some(sent) = self.sent_to(id, &message.external_message_id) {
                let accepted = Accepted {
                    echo: true,
                    ..Accepted::of(sent)
                };
                return Ok(replied(Reply::Accepted(accepted)));
            }
            if channel.status != ChannelStatus::Active {
                return Err(not_active(channel));
            }
            return Ok(self.receive((id, channel), (external, message), request, context));
        };
        if ![request.digest, request.former_digest].contains(&known.digest) {
            let message_id = message.external_message_id.clone();
            return Err(Reason::MessageConflict { message_id }.into());
        }
        let accepted = Accepted {
            duplicate: true,
            ..Accepted::of(known)
        };
        Ok(replied(Reply::Accepted(accepted)))
    }

    /// The operator's message with this id, if it was sent on this channel.
    fn sent_to(&self, id: ChannelId, external: &str) -> Option<&Message> {
        let (session, message) = self.message(external.parse().ok()?)?;
        let is_here = self.sessions.get(&session)?.channel == id;
        (is_here && message.direction == Direction::Outbound).then_some(message)
    }

    /// Adds a message to the chat's open session, or opens one.
    fn receive(
        &self,
        (id, channel): (ChannelId, &Channel),
        (external, message): (Digest, &InboundMessage),
        request: &Request,
        context: &mut Context<'_>,
    ) -> Decision {
        let (contact, created) = self.find_contact(id, channel, &message.external_user_id, context);
        let mut events: Vec<NewEvent> = created.into_iter().collect();
        let chat = self.digest(id.as_bytes(), &message.external_chat_id);
        let name = message.external_chat_name.as_deref();
        let name = name
            .filter(|name| !name.trim().is_empty())
            .map(|name| Indexed::new(self.digest(id.as_bytes(), name), name));
        let known = self.chats.get(&(id, chat));
        let session = if let Some(session) = known.and_then(|c| c.open) {
            let renamed = name.and_then(|name| renamed(known?, name));
            let live_chat = Some(channel.live_chat);
            events.extend(renamed.map(|e| NewEvent::new(Stream::Session(session), live_chat, e)));
            session
        } else {
            let session = SessionId::new(context.now, context.chance);
            let chat = Indexed::new(chat, &message.external_chat_id);
            events.push(self.opened(
                (session, id, channel),
                (contact, chat, name),
                (OpenedBy::User, None),
            ));
            session
        };
        let event = MessageReceived {
            message: MessageId::new(context.now, context.chance),
            contact,
            external_message_id: Indexed::new(external, &message.external_message_id),
            content: Private::Clear(message.content.clone()),
            created_at: message.created_at.unwrap_or(context.now),
            reply_to: message
                .reply_to
                .as_deref()
                .and_then(|to| self.resolve(id, to)),
            digest: request.digest,
        };
        let message_id = event.message;
        let live_chat = Some(channel.live_chat);
        let of_session = |event| NewEvent::new(Stream::Session(session), live_chat, event);
        events.push(of_session(Event::from(event)));
        let position = self.position + u64::try_from(events.len()).unwrap_or(0);
        let (parked, unused) = self.parked_events((id, external), message_id, request);
        events.extend(parked.into_iter().map(of_session));
        let accepted = Accepted {
            message_id,
            session_id: session,
            position,
            duplicate: false,
            echo: false,
        };
        Decision {
            events,
            effects: Vec::from_iter(unused.map(|key| Effect::DestroyKeys(vec![key]))),
            reply: Reply::Accepted(accepted),
        }
    }

    /// Returns the parked edit and deletion of this message, and the key of an edit that is not used
    /// because it changes nothing.
    fn parked_events(
        &self,
        of: (ChannelId, Digest),
        message: MessageId,
        request: &Request,
    ) -> (Vec<Event>, Option<u32>) {
        let Some(parked) = self.parked.get(&of) else {
            return (Vec::new(), None);
        };
        let is_used = |_: &u64| request.edit_has_effect;
        let edited = parked.edit.filter(is_used).map(|edit| {
            let parked = Some((edit, parked.key));
            MessageEdited {
                message,
                content: None,
                parked,
            }
            .into()
        });
        let unused = (parked.edit.is_some() && edited.is_none()).then_some(parked.key);
        let deleted = (parked.deleted).then(|| MessageDeleted { message }.into());
        (edited.into_iter().chain(deleted).collect(), unused)
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
    fn edit(
        &self,
        id: ChannelId,
        external: &str,
        content: Option<Content>,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let external = self.digest(id.as_bytes(), external);
        if let Some(message) = self.find_external(&external) {
            let session_id = message.session;
            let session = self.sessions.get(&session_id);
            let (Some(session), None) = (session, message.extra().deleted) else {
                return Ok(Decision::nothing());
            };
            // The key of a forgotten contact is destroyed, so new content cannot be sealed.
            let author = self
                .author(message.id)
                .and_then(|id| self.contacts.get(&id));
            if content.is_some() && author.is_none_or(|a| a.forgotten.is_some()) {
                return Ok(Decision::nothing());
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
            let event = session_event(session_id, session, event);
            return Ok(Decision::new([event], Answer::Done));
        }
        self.parking(id, external, content, now)
    }

    /// Parks an edit until its message arrives. All edits of a message share one key, which is later
    /// added to its author's keys. When too many wait, it drops one whose message will not come any
    /// more, or rejects the new one.
    fn parking(
        &self,
        id: ChannelId,
        external: Digest,
        content: Option<Content>,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let known = self.parked.get(&(id, external));
        let evicted = self.next_to_evict(id).filter(|_| known.is_none());
        if evicted.is_some_and(|(_, parked)| now.since(parked.at) < PARKED_AGE_MIN) {
            let limit = PARKED_MAX as usize;
            return Err(Reason::EditsFull { limit }.into());
        }
        let event = EditParked {
            external_message_id: Indexed::without_text(external),
            key: known.map_or_else(|| self.next_key(), |parked| parked.key),
            text: content.map(Private::Clear),
        };
        let decision = unpublished(id, event);
        Ok(match evicted {
            Some((_, parked)) => decision.then(Effect::DropEdit(parked.key)),
            None => decision,
        })
    }

    /// The signal that a contact is typing, if the chat has an open session.
    fn typing(&self, id: ChannelId, chat: &str, user: &str) -> Option<Effect> {
        let chat = self.digest(id.as_bytes(), chat);
        let session = self.chats.get(&(id, chat))?.open?;
        let contact = self.contact_by_external(id, user)?;
        Some(Effect::Typing(session, contact))
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
        Ok(replied(Reply::User(UserCard { id, username })))
    }
}

/// The event of a chat's name, if it is a new one.
fn renamed(chat: &Chat, name: Indexed) -> Option<ChatRenamed> {
    let old = chat.name.as_ref().map(|(old, _)| old.digest());
    (old != Some(name.digest())).then_some(ChatRenamed { name })
}

/// A reply without an effect.
fn replied(reply: Reply) -> Decision {
    Decision {
        reply,
        ..Decision::nothing()
    }
}
