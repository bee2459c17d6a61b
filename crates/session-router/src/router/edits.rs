//! Edits of messengers, compared with the present text, which is sealed in the log.

use chat::content::{Content, is_changed_by_edit};
use chat::event::Event;
use chat::id::ChannelId;
use chat::messenger::Inbound;
use chat::model::ChannelStatus;
use chat::rejection::Rejection;

use super::Router;
use crate::view::message::MessageSnapshot;

impl Router {
    /// Whether a request is no edit, or one that changes its message. Edits of an inactive channel are not
    /// looked at: the core rejects them.
    pub(super) fn has_effect(
        &self,
        channel: ChannelId,
        inbound: &Inbound,
    ) -> Result<bool, Rejection> {
        let Inbound::Edited {
            external_message_id: external,
            text,
        } = inbound
        else {
            return Ok(true);
        };
        let known = self.state.workspace().channels.get(&channel);
        if known.is_none_or(|c| c.status != ChannelStatus::Active) {
            return Ok(true);
        }
        is_changed_by_edit(self.present_content(channel, external).as_ref(), text)
    }

    /// The content of a message, or of the edit that waits for it.
    fn present_content(&self, channel: ChannelId, external: &str) -> Option<Content> {
        let (workspace, log) = (self.state.workspace(), self.state.sealed_log());
        if let Some((_, message)) = workspace.message_by_external(channel, external) {
            return Some(MessageSnapshot::of(workspace, message.id)?.content(log));
        }
        let record = log.record(workspace.parked_edit(channel, external)?)?;
        let Event::EditParked(edit) = &record.event else {
            return None;
        };
        log.open(edit.text.as_ref()?, edit.key, &record.stream)
    }
}
