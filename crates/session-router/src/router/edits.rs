//! Edits of messengers, compared with the text of their message, which is sealed in the log.

use chat::content::{Content, is_changed_by_edit};
use chat::event::Event;
use chat::id::ChannelId;
use chat::messenger::Inbound;
use chat::model::ChannelStatus;
use chat::rejection::Rejection;

use super::Router;
use crate::view::message::MessageSnapshot;

impl Router {
    /// Whether the edit that a request is, or that waits for the message that it is, changes the message.
    /// Edits of an inactive channel are not looked at: the core rejects them.
    pub(super) fn edit_has_effect(
        &mut self,
        channel: ChannelId,
        inbound: &Inbound,
    ) -> Result<bool, Rejection> {
        let known = self.state.workspace().channels.get(&channel);
        if known.is_none_or(|c| c.status != ChannelStatus::Active) {
            return Ok(true);
        }
        match inbound {
            Inbound::Edited {
                external_message_id: external,
                text,
            } => {
                if let Some(present) = self.content(channel, external)? {
                    return is_changed_by_edit(&present, text);
                }
                let is_text = is_changed_by_edit(&Content::text(""), text)?;
                Ok(is_text && self.parked_text(channel, external).as_ref() != Some(text))
            }
            Inbound::Message(message) => {
                let edited = self.parked_text(channel, &message.external_message_id);
                let is_changed = |text: String| is_changed_by_edit(&message.content, &text);
                Ok(edited.is_none_or(|text| is_changed(text).unwrap_or(false)))
            }
            Inbound::Deleted { .. }
            | Inbound::Disconnect
            | Inbound::Status { .. }
            | Inbound::Typing { .. }
            | Inbound::UserInfo { .. } => Ok(true),
        }
    }

    /// The content of a message.
    fn content(
        &mut self,
        channel: ChannelId,
        external: &str,
    ) -> Result<Option<Content>, Rejection> {
        let message = self.state.look(|workspace, _| {
            let (_, message) = workspace.message_by_external(channel, external)?;
            MessageSnapshot::of(workspace, message.id)
        })?;
        Ok(message.map(|message| message.content(self.state.sealed_log())))
    }

    /// The text of the edit that waits for a message.
    fn parked_text(&self, channel: ChannelId, external: &str) -> Option<String> {
        let (workspace, log) = (self.state.workspace(), self.state.sealed_log());
        let record = log.record(workspace.parked_edit(channel, external)?)?;
        let Event::EditParked(edit) = &record.event else {
            return None;
        };
        let content: Content = log.open(edit.text.as_ref()?, edit.key, &record.stream)?;
        Some(content.text.unwrap_or_default())
    }
}
