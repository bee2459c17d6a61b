//! The messenger's ids, which are sealed under the keys of contacts.

use chat::event::Event;
use chat::id::{ContactId, MessageId};
use chat::seal::Indexed;
use chat::workspace::Workspace;

use crate::sealed_log::SealedLog;

/// Opens an id that is sealed under the key of a contact. `None` if the person was forgotten.
pub(crate) fn open(
    workspace: &Workspace,
    sealed_log: &SealedLog,
    (id, of): (&Indexed, ContactId),
) -> Option<String> {
    let key = workspace.contacts.get(&of)?.keys.first()?;
    sealed_log.open_indexed(id, *key)
}

/// The `externalMessageId` of an inbound message: where it is in the log, and the number of its key.
pub(crate) struct ExternalMessageId {
    position: u64,
    key: u32,
}

impl ExternalMessageId {
    /// Where to find the id of a message. `None` if it is not inbound.
    pub(crate) fn of(workspace: &Workspace, id: MessageId) -> Option<Self> {
        let (_, message) = workspace.message(id)?;
        message.external?;
        let author = workspace.contacts.get(&workspace.author(id)?)?;
        Some(Self {
            position: message.position,
            key: *author.keys.first()?,
        })
    }

    /// Reads and opens it. `None` if the author was forgotten.
    pub(crate) fn read(&self, sealed_log: &SealedLog) -> Option<String> {
        let record = sealed_log.record(self.position)?;
        let Event::MessageReceived(e) = &record.event else {
            return None;
        };
        sealed_log.open_indexed(&e.external_message_id, self.key)
    }
}
