//! What people write and do with sessions.

use super::*;

impl World {
    pub(super) fn says(&mut self, id: u8, what: (u8, u8, u8), second: bool) {
        let channel = self.model.channel_at(second);
        let (chat, author, text) = what;
        let is = |s: &&Said| (s.channel, s.id) == (channel, id);
        let known = self
            .model
            .said
            .iter()
            .find(is)
            .map(|s| (s.what, s.message, s.session, s.position));
        let right = match known {
            _ if self.model.status(channel) == ChannelStatus::Deleted => Err(Code::ChannelNotFound),
            Some((before, ..)) if before != what => Err(Code::MessageConflict),
            Some(_) => Ok(()),
            None => self.model.may_say(channel),
        };
        let inbound = message(
            &id.to_string(),
            &chat.to_string(),
            &author.to_string(),
            &text.to_string(),
        );
        let Some(reply) = self.receive(channel, Inbound::Message(inbound), right) else {
            return;
        };
        let Reply::Accepted(accepted) = reply else {
            panic!("{reply:?}")
        };
        let got = (accepted.message_id, accepted.session_id, accepted.position);
        assert_eq!(accepted.duplicate, known.is_some());
        if let Some((_, message, session, position)) = known {
            assert_eq!(got, (message, session, position));
            return;
        }
        match self.model.open_in(channel, chat) {
            Some(open) => assert_eq!(open, accepted.session_id),
            None => self.new_session(accepted.session_id, channel, chat, author, None),
        }
        self.person(channel, author);
        self.model.session(accepted.session_id).unread += 1;
        let (message, session, position) = got;
        self.model.said.push(Said {
            channel,
            id,
            what,
            message,
            session,
            position,
        });
    }

    pub(super) fn opens(&mut self, by: &'static str, chat: u8, author: u8, second: bool) {
        let channel = self.model.channel_at(second);
        let right = self.model.may_open(by, channel, chat);
        let person = Whom::External {
            chat: chat.to_string(),
            user: author.to_string(),
        };
        let text = Some("good day".to_owned());
        let create = SessionCommand::Create {
            channel,
            person,
            text,
        };
        let Some(Reply::Answer(Named::Session(id))) = self.submit(by, create, right) else {
            return;
        };
        self.new_session(id, channel, chat, author, Some(by));
        let last = self.fixture.workspace.messages(id).next().unwrap();
        let (message, position) = (last.id, last.position);
        self.model.enqueue(message, id, position);
    }

    /// What operators do on sessions that are there.
    #[expect(
        clippy::too_many_lines,
        reason = "a step and what is right for it, one after the other"
    )]
    pub(super) fn works(&mut self, step: &Step) {
        match *step {
            Step::Takes { user: by, session } => {
                let (Some(id), by) = (self.pick_session(session), user(by)) else {
                    return;
                };
                if self
                    .submit(by, SessionCommand::Take(id), self.model.may_take(by, id))
                    .is_some()
                {
                    let session = self.model.session(id);
                    (session.status, session.operator) = (SessionStatus::Assigned, Some(by));
                }
            }
            Step::Transfers {
                user: by,
                session,
                to,
            } => {
                let (Some(session), by) = (self.pick_session(session), user(by)) else {
                    return;
                };
                let to = USERS.get(usize::from(to)).copied();
                let right = self.model.may_transfer(by, session, to);
                let note = Some("look at this".to_owned());
                let transfer = SessionCommand::Transfer {
                    session,
                    to: to.map(|to| to.parse().unwrap()),
                    note,
                };
                if self.submit(by, transfer, right).is_some() {
                    let session = self.model.session(session);
                    session.status = if to.is_some() {
                        SessionStatus::Assigned
                    } else {
                        SessionStatus::Queued
                    };
                    session.operator = to;
                }
            }
            Step::Closes { user: by, session } => {
                let (Some(id), by) = (self.pick_session(session), user(by)) else {
                    return;
                };
                if self
                    .submit(by, SessionCommand::Close(id), self.model.may_write(by, id))
                    .is_some()
                {
                    self.model.session(id).status = SessionStatus::Closed;
                }
            }
            Step::Sends { user: by, session } => {
                let (Some(id), by) = (self.pick_session(session), user(by)) else {
                    return;
                };
                let reply = self.submit(by, send(id, "hello"), self.model.may_write(by, id));
                if let Some(Reply::Answer(Named::Message(message, position))) = reply {
                    self.model.enqueue(message, id, position);
                }
            }
            Step::Notes { user: by, session } => {
                let (Some(session), by) = (self.pick_session(session), user(by)) else {
                    return;
                };
                let mut right = self.model.may_work(by);
                if right.is_ok()
                    && self
                        .model
                        .is_forgotten(self.model.session_of(session).contact)
                {
                    right = Err(Code::ContactForgotten);
                }
                self.submit(
                    by,
                    MessageCommand::Note {
                        session,
                        text: "aha".to_owned(),
                    },
                    right,
                );
            }
            Step::Reads { user: by, message } => self.reads(user(by), message),
            Step::Retries { user: by, message } => {
                let (Some(id), by) = (self.pick_sent(message), user(by)) else {
                    return;
                };
                if self
                    .submit(by, MessageCommand::Retry(id), self.model.may_retry(by, id))
                    .is_some()
                {
                    let (session, position) =
                        (self.model.sent(id).session, self.model.sent(id).position);
                    self.model.enqueue(id, session, position);
                }
            }
            _ => self.repeats(),
        }
    }

    pub(super) fn reads(&mut self, by: &'static str, n: u8) {
        let said = self
            .model
            .said
            .get(usize::from(n) % self.model.said.len().max(1));
        let Some((session, up_to, last)) = said.map(|s| (s.session, s.message, s.position)) else {
            return;
        };
        let right = self
            .model
            .may_work(by)
            .and_then(|()| self.model.has(by, session));
        if self
            .submit(by, MessageCommand::Read { session, up_to }, right)
            .is_some()
        {
            let later = |s: &&Said| s.session == session && s.position > last;
            let after = self.model.said.iter().filter(later).count();
            let session = self.model.session(session);
            session.unread = session.unread.min(after);
        }
    }

    /// The last command comes once more, as after a lost answer.
    pub(super) fn repeats(&mut self) {
        let Some((request, first)) = self.fixture.last.clone().filter(|_| self.repeatable) else {
            return;
        };
        let crate::command::Origin::User(by, _) = &request.origin else {
            return;
        };
        let shown = matches!(first, Reply::Answer(Named::Session(_) | Named::Message(..)));
        let refused =
            self.model.disabled.contains(by.as_str()) || shown && !self.model.sees(by.as_str());
        let again = self.fixture.request(&request);
        assert!(self.fixture.records.is_empty(), "a second effect");
        if refused {
            assert_eq!(again.unwrap_err().code, Code::Forbidden);
        } else {
            assert_eq!(again.unwrap(), first);
        }
    }
}
