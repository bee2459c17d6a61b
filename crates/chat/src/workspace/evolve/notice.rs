//! Queues notices to messengers.

use crate::id::{ChannelId, ContactId, SessionId};
use crate::model::ChannelStatus;
use crate::rules::NOTICES_MAX;
use crate::state::{Channel, Notice, NoticeKind};
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    /// Queues a profile request for a contact whose profile is unknown or stale, and not requested.
    pub(super) fn ask_profile(&mut self, channel: ChannelId, id: ContactId, time: Timestamp) {
        let Some(contact) = self.contacts.get(&id) else {
            return;
        };
        if !contact.is_profile_due(time) {
            return;
        }
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.asked_at = Some(time);
            contact.asking = true;
        }
        self.push_notice(channel, NoticeKind::Profile(id), time);
    }

    /// Queues a notice of a session's state if the messenger supports it.
    pub(super) fn notify_session(&mut self, id: SessionId, state: &str, time: Timestamp) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let channel = session.channel;
        if self
            .channels
            .get(&channel)
            .is_some_and(Channel::supports_sessions)
        {
            let (_, chat) = session.chat();
            let kind = NoticeKind::Session(chat, id, state.to_owned());
            self.push_notice(channel, kind, time);
        }
    }

    /// Whether the profile of a contact is requested. Such contacts are in memory.
    pub fn is_asking(&self, id: ContactId) -> bool {
        let contact = self.contacts.peek(&id);
        contact.is_some_and(|contact| contact.asking)
    }

    pub(in crate::workspace) fn push_notice(
        &mut self,
        id: ChannelId,
        kind: NoticeKind,
        at: Timestamp,
    ) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        // A deleted channel sends nothing but `disconnect`.
        if channel.status == ChannelStatus::Deleted && kind != NoticeKind::Disconnect {
            return;
        }
        let number = channel.next_notice;
        channel.next_notice += 1;
        let count = self.index.notices.entry(id).or_default();
        *count += 1;
        let oldest = if *count > NOTICES_MAX {
            channel.dropped_notices += 1;
            let mut waiting = self.notices.range((id, 0)..=(id, u64::MAX));
            waiting.next().map(|((_, number), _)| *number)
        } else {
            None
        };
        self.notices.insert((id, number), Notice { kind, at });
        if let Some(oldest) = oldest {
            self.drop_notice(id, oldest);
        }
    }

    /// Removes a notice, delivered or not. A profile request without an answer was in vain.
    pub(super) fn drop_notice(&mut self, id: ChannelId, number: u64) {
        let Some(notice) = self.notices.remove(&(id, number)) else {
            return;
        };
        if let Some(count) = self.index.notices.get_mut(&id) {
            *count -= 1;
            if *count == 0 {
                self.index.notices.remove(&id);
            }
        }
        if let NoticeKind::Profile(contact) = notice.kind
            && self.is_asking(contact)
            && let Some(contact) = self.contacts.get_mut(&contact)
        {
            contact.asking = false;
            contact.asked_in_vain = contact.asked_in_vain.saturating_add(1);
        }
    }
}
