//! What people write, and what operators do with sessions.

use super::World;
use crate::command::{Origin, Reply};
use crate::id::SessionId;
use crate::messenger::Inbound;
use crate::model::SessionStatus;
use crate::record::Answer;
use crate::rejection::Code;
use crate::workspace::tests::fixture::{
    answer, close, deleted, edited, message, note, read, reopen, send, start_with, take,
    transfer_with_note,
};
use crate::workspace::tests::model::Received;
use crate::workspace::tests::step::User;

impl World {
    pub(super) fn says(&mut self, id: u8, what: (u8, u8, u8), second: bool) -> Option<()> {
        let channel = self.model.channel_at(second);
        let (chat, author, text) = what;
        let mut received = self.model.received.iter();
        let known = received.find(|r| (r.channel, r.id) == (channel, id));
        let known = known.map(|r| (r.what, (r.message, r.session, r.position)));
        let expected = self.model.is_known(channel).and_then(|()| match known {
            Some((before, _)) if before != what => Err(Code::MessageConflict),
            Some(_) => Ok(()),
            None => self.model.accepts(channel),
        });
        let [name, chat_name, author_name, text] = [id, chat, author, text].map(|n| n.to_string());
        let inbound = Inbound::Message(message(&name, &chat_name, &author_name, &text));
        let Reply::Accepted(accepted) = self.receive(channel, inbound, expected)? else {
            panic!("a message was not accepted")
        };
        assert_eq!(accepted.duplicate, known.is_some());
        let result = (accepted.message_id, accepted.session_id, accepted.position);
        if let Some((_, before)) = known {
            assert_eq!(result, before);
            return Some(());
        }
        let (message, session, position) = result;
        match self.model.open_in(channel, chat) {
            Some(open) => assert_eq!(open, session),
            None => self.add_session(session, (channel, chat, author), None),
        }
        self.add_contact(channel, author);
        self.model.received.push(Received {
            channel,
            id,
            what,
            message,
            session,
            position,
            read: false,
        });
        Some(())
    }

    pub(super) fn edits(&mut self, id: u8, deletes: bool, second: bool) -> Option<()> {
        let channel = self.model.channel_at(second);
        let name = id.to_string();
        let inbound = if deletes {
            deleted(&name)
        } else {
            edited(&name, "new")
        };
        self.receive(channel, inbound, self.model.accepts(channel))?;
        if deletes {
            self.model.deleted.insert((channel, id));
        }
        Some(())
    }

    pub(super) fn starts(&mut self, by: User, chat: u8, author: u8, second: bool) -> Option<()> {
        let channel = self.model.channel_at(second);
        let person = crate::command::Person::External {
            chat: chat.to_string(),
            user: author.to_string(),
        };
        let start = start_with(channel, person, Some("good day"));
        let reply = self.submit(by, start, self.model.may_start(by, channel, chat))?;
        let id = answer!(reply, Answer::Session(id) => id);
        self.add_session(id, (channel, chat, author), Some(by));
        let first = self.fixture.workspace.messages(id).next().unwrap();
        let (message, position) = (first.id, first.position);
        self.model.enqueue(message, id, position);
        Some(())
    }

    pub(super) fn takes(&mut self, by: User, session: u8) -> Option<()> {
        let id = self.pick_session(session)?;
        self.submit(by, take(id), self.model.may_take(by, id))?;
        self.assign(id, Some(by));
        Some(())
    }

    pub(super) fn transfers(&mut self, by: User, session: u8, to: Option<User>) -> Option<()> {
        let id = self.pick_session(session)?;
        let transfer = transfer_with_note(id, to, Some("look at this"));
        self.submit(by, transfer, self.model.may_transfer(by, id, to))?;
        self.assign(id, to);
        Some(())
    }

    fn assign(&mut self, id: SessionId, operator: Option<User>) {
        let session = self.model.session_mut(id);
        session.operator = operator;
        session.status = match operator {
            Some(_) => SessionStatus::Assigned,
            None => SessionStatus::Queued,
        };
    }

    pub(super) fn closes(&mut self, by: User, session: u8) -> Option<()> {
        let id = self.pick_session(session)?;
        self.submit(by, close(id), self.model.may_write(by, id))?;
        self.model.session_mut(id).status = SessionStatus::Closed;
        Some(())
    }

    pub(super) fn reopens(&mut self, by: User, session: u8, queue: bool) -> Option<()> {
        let id = self.pick_session(session)?;
        self.submit(by, reopen(id, queue), self.model.may_reopen(by, id))?;
        self.assign(id, (!queue).then_some(by));
        Some(())
    }

    pub(super) fn sends(&mut self, by: User, session: u8) -> Option<()> {
        let id = self.pick_session(session)?;
        let reply = self.submit(by, send(id, "hello"), self.model.may_write(by, id))?;
        let sent = answer!(reply, Answer::Message(message, position) => (message, position));
        self.model.enqueue(sent.0, id, sent.1);
        if self.model.session(id).status == SessionStatus::Queued {
            self.assign(id, Some(by));
        }
        Some(())
    }

    pub(super) fn notes(&mut self, by: User, session: u8) -> Option<()> {
        let id = self.pick_session(session)?;
        self.submit(by, note(id, "aha"), self.model.may_note(by, id))?;
        Some(())
    }

    pub(super) fn reads(&mut self, by: User, n: u8) -> Option<()> {
        let received = self.model.received.iter();
        let all: Vec<_> = received
            .map(|r| (r.session, r.message, r.position))
            .collect();
        let (session, up_to, last) = super::pick(&all, n)?;
        let works = self.model.may_work(by);
        let expected = works.and_then(|()| self.model.is_assigned(by, session));
        self.submit(by, read(session, up_to), expected)?;
        let received = self.model.received.iter_mut();
        for message in received.filter(|r| r.session == session && r.position <= last) {
            message.read = true;
        }
        Some(())
    }

    /// Repeats the last command, as after a lost reply.
    pub(super) fn repeats(&mut self) -> Option<()> {
        let last = self.fixture.last.clone().filter(|_| self.repeatable);
        let (request, first) = last?;
        let Origin::User(by, _) = &request.origin else {
            return None;
        };
        let shown = matches!(
            first,
            Reply::Answer(Answer::Session(_) | Answer::Message(..))
        );
        let rejected =
            self.model.disabled.contains(by.as_str()) || shown && !self.model.sees(by.as_str());
        let again = self.fixture.request(&request);
        self.fixture.assert_no_event();
        if rejected {
            assert_eq!(again.unwrap_err().code, Code::Forbidden);
        } else {
            assert_eq!(again.unwrap(), first);
        }
        Some(())
    }
}
