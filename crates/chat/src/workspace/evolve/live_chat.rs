//! Applies live chat events.

use std::collections::BTreeMap;

use crate::event::LiveChatEvent;
use crate::id::{ChannelId, LiveChatId};
use crate::state::{CannedReply, Head, LiveChat};
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    pub(super) fn evolve_live_chat(
        &mut self,
        id: LiveChatId,
        event: LiveChatEvent<'_>,
        time: Timestamp,
    ) {
        if let LiveChatEvent::LiveChatCreated(e) = event {
            let live_chat = LiveChat {
                name: e.name.clone(),
                members: e.members.iter().cloned().collect(),
                replies: BTreeMap::new(),
                created_at: time,
                deleted: false,
                head: Head::default(),
            };
            self.live_chats.insert(id, live_chat);
        }
        let Some(live_chat) = self.live_chats.get_mut(&id) else {
            return;
        };
        match event {
            LiveChatEvent::LiveChatCreated(_) => {}
            LiveChatEvent::LiveChatRenamed(e) => live_chat.name.clone_from(&e.name),
            LiveChatEvent::MembersChanged(e) => {
                live_chat.members = e.members.iter().cloned().collect();
            }
            LiveChatEvent::ReplySaved(e) => {
                let reply = CannedReply {
                    shortcut: e.shortcut.lifted(&self.index_key, id.as_bytes()),
                    text: e.text.clone(),
                };
                live_chat.replies.insert(e.reply, reply);
            }
            LiveChatEvent::ReplyDeleted(e) => {
                live_chat.replies.remove(&e.reply);
            }
            LiveChatEvent::LiveChatDeleted(_) => {
                live_chat.deleted = true;
                let channels: Vec<ChannelId> =
                    self.channels_of(id).map(|(channel, _)| channel).collect();
                for channel in channels {
                    self.delete_channel(channel, time);
                }
            }
        }
    }
}
