//! Actions of people, messengers and the router.

use super::fixture::Fixture;
use super::values::{message, send};
use crate::command::{Attempted, Reply, SessionCommand, SystemCommand};
use crate::id::{MessageId, SessionId};
use crate::messenger::Inbound;
use crate::record::Answer;
use crate::rpc::{Accepted, AttemptReply};

impl Fixture {
    /// A person writes in a chat of the channel.
    pub(super) fn writes(&mut self, id: &str, chat: &str, author: &str) -> Accepted {
        match self
            .receives(Inbound::Message(message(id, chat, author, "hello")))
            .unwrap()
        {
            Reply::Accepted(accepted) => accepted,
            other => panic!("{other:?}"),
        }
    }

    /// Returns a session that is assigned to an operator.
    pub(super) fn session_of(&mut self, operator: &str, chat: &str) -> SessionId {
        let session = self
            .writes(&format!("first of {chat}"), chat, &format!("{chat}'s"))
            .session_id;
        self.does(operator, SessionCommand::Take(session));
        session
    }

    /// An operator sends a message.
    pub(super) fn sends(&mut self, operator: &str, session: SessionId) -> MessageId {
        match self.does(operator, send(session, "good day")) {
            Reply::Answer(Answer::Message(id, _)) => id,
            other => panic!("{other:?}"),
        }
    }

    /// Starts an attempt to deliver a message.
    pub(super) fn begins(&mut self, message: MessageId) {
        self.system(SystemCommand::Attempting(message));
        let channel = self.workspace.pending(message).unwrap().1.channel;
        let generation = self.workspace.channel(channel).unwrap().generation;
        self.under_way.insert(message, generation);
    }

    /// Ends an attempt with a result.
    pub(super) fn ends(&mut self, message: MessageId, reply: AttemptReply) {
        let generation = self.under_way.remove(&message).unwrap_or_default();
        self.system(SystemCommand::Attempted(Attempted {
            message,
            generation,
            reply,
        }));
    }

    /// Makes one attempt, which ends with a result.
    pub(super) fn tries(&mut self, message: MessageId, reply: AttemptReply) {
        self.begins(message);
        self.ends(message, reply);
    }
}
