//! Actions of people, messengers and the router.

use super::fixture::{Fixture, answer, message, send, take};
use crate::command::{Attempted, Reply, SystemCommand};
use crate::id::{MessageId, SessionId};
use crate::messenger::{Inbound, InboundMessage};
use crate::record::Answer;
use crate::rpc::{Accepted, AttemptReply};

impl Fixture {
    /// A person writes in a chat of the channel.
    pub(super) fn writes(&mut self, id: &str, chat: &str, author: &str) -> Accepted {
        self.accepts(message(id, chat, author, "hello"))
    }

    /// A messenger sends a message, which is accepted.
    pub(super) fn accepts(&mut self, message: InboundMessage) -> Accepted {
        match self.receive(Inbound::Message(message)).unwrap() {
            Reply::Accepted(accepted) => accepted,
            other => panic!("{other:?}"),
        }
    }

    /// Returns a session that is assigned to an operator.
    pub(super) fn session_of(&mut self, operator: &str, chat: &str) -> SessionId {
        let session = self
            .writes(&format!("first of {chat}"), chat, &format!("{chat}'s"))
            .session_id;
        self.does(operator, take(session));
        session
    }

    /// An operator sends a message.
    pub(super) fn sends(&mut self, operator: &str, session: SessionId) -> MessageId {
        answer!(self.does(operator, send(session, "good day")), Answer::Message(id, _) => id)
    }

    /// An operator sends a message in a new session.
    pub(super) fn sends_in(&mut self, operator: &str, chat: &str) -> MessageId {
        let session = self.session_of(operator, chat);
        self.sends(operator, session)
    }

    /// The clock jumps, and the shell reports it.
    pub(super) fn jump(&mut self, by_ms: i64) {
        self.now = self.now.shifted(by_ms);
        let channels: Vec<_> = self.workspace.channels.iter().map(|(id, _)| *id).collect();
        for id in channels {
            self.system(SystemCommand::ShiftSchedule(id, by_ms));
        }
    }

    /// Starts an attempt to deliver a message.
    pub(super) fn begin_attempt(&mut self, message: MessageId) {
        self.system(SystemCommand::Attempting(message));
        let channel = self.workspace.pending(message).unwrap().1.channel;
        let generation = self.channel(channel).generation;
        self.in_flight.insert(message, generation);
    }

    /// Ends an attempt with a result.
    pub(super) fn end_attempt(&mut self, message: MessageId, reply: AttemptReply) {
        let generation = self.in_flight.remove(&message).unwrap_or_default();
        let attempted = Attempted {
            message,
            generation,
            reply,
        };
        self.system(SystemCommand::Attempted(attempted));
    }

    /// Makes one attempt, which ends with a result.
    pub(super) fn attempt(&mut self, message: MessageId, reply: AttemptReply) {
        self.begin_attempt(message);
        self.end_attempt(message, reply);
    }
}
