//! Taking in what happened to live chats.

use std::collections::BTreeMap;

use crate::event::Event;
use crate::id::ChannelId;
use crate::record::{Record, Stream};
use crate::state::{CannedReply, Head, LiveChat};
use crate::workspace::Workspace;

impl Workspace {
    pub(super) fn evolve_live_chat(&mut self, head: Head, record: &Record) {
        let Stream::LiveChat(id) = record.stream else {
            return;
        };
        if let Event::LiveChatCreated(e) = &record.event {
            let live_chat = LiveChat {
                name: e.name.clone(),
                members: e.members.iter().cloned().collect(),
                replies: BTreeMap::new(),
                created_at: record.time,
                deleted: false,
                head,
            };
            self.live_chats.insert(id, live_chat);
        }
        let Some(live_chat) = self.live_chats.get_mut(&id) else {
            return;
        };
        live_chat.head = head;
        match &record.event {
            Event::LiveChatRenamed(e) => live_chat.name.clone_from(&e.name),
            Event::MembersChanged(e) => live_chat.members = e.members.iter().cloned().collect(),
            Event::ReplySaved(e) => {
                let reply = CannedReply {
                    shortcut: e.shortcut.clone(),
                    text: e.text.clone(),
                };
                live_chat.replies.insert(e.reply, reply);
            }
            Event::ReplyDeleted(e) => {
                live_chat.replies.remove(&e.reply);
            }
            Event::LiveChatDeleted(_) => {
                live_chat.deleted = true;
                let channels: Vec<ChannelId> =
                    self.channels_of(id).map(|(channel, _)| channel).collect();
                for channel in channels {
                    self.delete_channel(channel, record.time);
                }
            }
            _ => {}
        }
    }
}
