//! The chats of a contact. In a group, one contact stands for nobody: what is meant for one person
//! must not be sent to all of them.

use crate::id::{ContactId, SessionId};
use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::rules::CHATS_MAX;
use crate::seal::Indexed;
use crate::state::{ChatKey, Contact, Session};
use crate::workspace::Workspace;

/// The most sessions of a contact that are looked at: the newest ones.
const SESSIONS_MAX: usize = 1_000;

impl Workspace {
    /// Returns the chat that a contact stands for: the one of the newest session in whose chat nobody
    /// else wrote. A contact without chats stands for one with the person's own id.
    pub(super) fn own_chat<'a>(
        &'a self,
        id: ContactId,
        contact: &'a Contact,
    ) -> Result<&'a Indexed, Rejection> {
        let is_own = |session: &&Session| {
            let chat = self.chats.get(&session.chat());
            chat.is_none_or(|chat| chat.authors.are_at_most(id))
        };
        if let Some(session) = self.newest_sessions(contact).find(is_own) {
            return Ok(&session.external_chat_id);
        }
        if contact.sessions.is_empty() && contact.other_chats.is_empty() {
            return Ok(&contact.external_user_id);
        }
        Err(Reason::ChatAmbiguous.into())
    }

    /// Returns the chats in which a contact takes part, each by its newest session whose contact is not
    /// forgotten: [`CHATS_MAX`] at most, the newest first.
    pub fn chats_of_contact(&self, id: ContactId) -> Vec<SessionId> {
        let Some(contact) = self.contacts.get(&id) else {
            return Vec::new();
        };
        let own = self.newest_sessions(contact).map(Session::chat);
        let others = contact.other_chats.iter().rev();
        let others = others.map(|chat| (contact.channel, *chat));
        let mut chats: Vec<ChatKey> = Vec::new();
        for chat in own.chain(others) {
            if chats.len() < CHATS_MAX && !chats.contains(&chat) {
                chats.push(chat);
            }
        }
        let newest = |chat| self.newest_known(chat);
        chats.iter().filter_map(newest).collect()
    }

    /// The newest session of a chat whose contact is not forgotten.
    fn newest_known(&self, chat: &ChatKey) -> Option<SessionId> {
        let mut all = self.sessions_of(*chat).take(SESSIONS_MAX);
        all.find(|id| {
            let contact = self.sessions.get(id).map(|s| s.contact);
            let contact = contact.and_then(|id| self.contacts.get(&id));
            contact.is_some_and(|contact| contact.forgotten.is_none())
        })
    }

    /// Returns the sessions of a chat, those opened last first.
    pub fn sessions_of(&self, chat: ChatKey) -> impl Iterator<Item = SessionId> {
        self.sessions_before(chat, u64::MAX).map(|(_, id)| id)
    }

    /// Returns the sessions of a chat that were opened before a position, and where, the last first.
    pub fn sessions_before(
        &self,
        (channel, chat): ChatKey,
        position: u64,
    ) -> impl Iterator<Item = (u64, SessionId)> {
        let (first, end) = ((channel, chat.into(), 0), (channel, chat.into(), position));
        let all = self.chat_sessions.back(first, end);
        all.map(|((_, _, opened), id)| (*opened, *id))
    }

    fn newest_sessions<'a>(&'a self, contact: &'a Contact) -> impl Iterator<Item = &'a Session> {
        let newest = contact.sessions.iter().rev().take(SESSIONS_MAX);
        newest.filter_map(|id| self.sessions.get(id))
    }
}
