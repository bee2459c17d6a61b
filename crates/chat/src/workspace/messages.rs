//! Decisions on operators' messages.

use crate::command::{Decision, MessageCommand};
use crate::content::{Content, FILES_MAX, NAME_CHARS_MAX, TEXT_CHARS_MAX, URL_BYTES_MAX};
use crate::event::{MessageRead, MessageSent};
use crate::id::{MessageId, SessionId};
use crate::model::SessionStatus;
use crate::reason::Reason;
use crate::record::Answer;
use crate::rejection::Rejection;
use crate::rules::LANE_MAX;
use crate::seal::Private;
use crate::state::{Channel, ChatKey, Session};
use crate::workspace::sessions::{changed, check_assigned, note_added, session_event, taken};
use crate::workspace::users::wrong_length;
use crate::workspace::{Caller, Context, Workspace};

impl Workspace {
    pub(super) fn decide_message(
        &self,
        caller: &Caller<'_>,
        command: &MessageCommand,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        caller.require_operator()?;
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
                self.check_remembered(found)?;
                let chat = (channel, &found.chat());
                let event =
                    self.message_sent(chat, caller, (content.clone(), *reply_to), context)?;
                let message = event.message;
                let mut events = vec![session_event(*session, found, event)];
                // A supervisor who answers a queued session takes it.
                if found.status == SessionStatus::Queued {
                    events.insert(0, session_event(*session, found, taken(caller.id, found)));
                }
                let position = self.position + u64::try_from(events.len()).unwrap_or(0);
                Ok(Decision::new(events, Answer::Message(message, position)))
            }
            MessageCommand::Note { session, text } => {
                let found = self.visible_session(caller, *session)?;
                self.check_remembered(found)?;
                check_content(&Content::text(text), None)?;
                let event = note_added(caller.id, text, context);
                let answer = Answer::Message(event.message, self.position + 1);
                Ok(Decision::new(
                    [session_event(*session, found, event)],
                    answer,
                ))
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
            let message_id = up_to.to_string();
            return Err(Reason::NotInSession { message_id }.into());
        };
        let after = self.written(id).take_while(|m| m.position > last).count();
        if u32::try_from(after).unwrap_or(u32::MAX) >= session.unread {
            return Ok(Decision::unchanged(Answer::Session(id)));
        }
        Ok(changed(id, session, MessageRead { message: up_to }))
    }

    /// Checks an operator's message and returns its event.
    pub(super) fn message_sent(
        &self,
        (channel, chat): (&Channel, &ChatKey),
        caller: &Caller<'_>,
        (content, reply_to): (Content, Option<MessageId>),
        context: &mut Context<'_>,
    ) -> Result<MessageSent, Rejection> {
        check_content(&content, channel.capabilities.max_text_length)?;
        self.check_lane(chat)?;
        Ok(MessageSent {
            message: MessageId::new(context.now, context.chance),
            operator: caller.id.clone(),
            content: Private::Clear(content),
            reply_to,
            expires_at: context.now.plus(context.rules.time_to_live),
            operator_name: Some(caller.user.name.clone()),
        })
    }

    /// Checks that a chat has fewer than [`LANE_MAX`] pending messages.
    pub(super) fn check_lane(&self, chat: &ChatKey) -> Result<(), Rejection> {
        if self.lane_len(chat) < LANE_MAX {
            return Ok(());
        }
        Err(Reason::LaneFull { limit: LANE_MAX }.into())
    }

    /// Returns the number of a chat's pending messages.
    pub(super) fn lane_len(&self, chat: &ChatKey) -> usize {
        self.chats.get(chat).map_or(0, |c| c.lane.len())
    }

    /// Checks that a quoted message belongs to the same chat.
    fn check_quoted(&self, session: &Session, quoted: MessageId) -> Result<(), Rejection> {
        let of = self
            .message(quoted)
            .and_then(|(id, _)| self.sessions.get(&id));
        if of.is_some_and(|of| of.chat() == session.chat()) {
            return Ok(());
        }
        Err(Reason::NotInChat {
            message_id: quoted.to_string(),
        }
        .into())
    }

    /// Checks that the contact is not forgotten: without its key, a message cannot be sealed.
    pub(super) fn check_remembered(&self, session: &Session) -> Result<(), Rejection> {
        match self.contacts.get(&session.contact) {
            Some(contact) if contact.forgotten.is_none() => Ok(()),
            _ => Err(Reason::ContactForgotten.into()),
        }
    }
}

fn check_content(content: &Content, chars_max: Option<u32>) -> Result<(), Rejection> {
    if content.is_empty()
        || content
            .text
            .as_ref()
            .is_some_and(|t| t.trim().is_empty() && content.files.is_empty())
    {
        return Err(Reason::ContentRequired.into());
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
        let pointer = "/text".to_owned();
        let limit = chars_max;
        return Err(Reason::TextTooLong { pointer, limit }.into());
    }
    if content.files.len() > FILES_MAX {
        let pointer = "/files".to_owned();
        let limit = FILES_MAX;
        return Err(Reason::TooManyFiles { pointer, limit }.into());
    }
    for (i, file) in content.files.iter().enumerate() {
        if file.name.is_empty() || file.name.chars().count() > NAME_CHARS_MAX {
            let pointer = format!("/files/{i}/name");
            return Err(wrong_length(&pointer, 1, NAME_CHARS_MAX, "characters"));
        }
        if file.url.is_empty() || file.url.len() > URL_BYTES_MAX {
            let pointer = format!("/files/{i}/URL");
            return Err(wrong_length(&pointer, 1, URL_BYTES_MAX, "bytes"));
        }
    }
    Ok(())
}
