//! Generated histories, each step compared with the model, each end with what must always be so.
//!
//! `SWITCHBOARD_HISTORIES=100000` runs more of them. A failing one is printed as its steps, the
//! fewest that fail, and its seed is kept under `proptest-regressions`, to be run first next time.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;

use super::house::{House, START, able, answered, answered_after, message, send, unanswered};
use super::model::{Model, Person, Said, Session, Verdict};
use super::step::{Answer, Step, USERS, any_step};
use super::{invariants, step};
use crate::command::{
    ChannelCommand, Command, LiveChatCommand, MessageCommand, Person as Whom, Replay, Reply,
    SessionCommand, UserCommand, Verification,
};
use crate::content::Profile;
use crate::id::{ChannelId, MessageId, SessionId};
use crate::messenger::{Inbound, ReceiptStatus};
use crate::noun::{ChannelStatus, DeliveryState, SessionStatus};
use crate::record::Answer as Named;
use crate::rejection::{Code, Rejection};
use crate::verification::Purpose;
use crate::workspace::Workspace;

const HOOKS: [&str; 2] = ["https://first.example/", "https://second.example/"];

/// The workspace, the model, and a projection store that is brought up to date now and then.
struct World {
    house: House,
    model: Model,
    store: BTreeMap<Vec<u8>, Vec<u8>>,
    /// Whether the last command had an effect under its id.
    repeatable: bool,
}

#[track_caller]
fn agree(real: &Result<Reply, Rejection>, right: Verdict) -> bool {
    assert_eq!(real.as_ref().map(drop).map_err(|r| r.code), right);
    right.is_ok()
}

fn user(n: u8) -> &'static str {
    USERS[usize::from(n) % USERS.len()]
}

impl World {
    fn new() -> Self {
        let mut house = House::open();
        let channels = HOOKS.map(|hook| house.new_channel(hook));
        Self {
            house,
            model: Model::new(channels),
            store: BTreeMap::new(),
            repeatable: false,
        }
    }

    /// A user asks, and gets what the model says.
    fn asks(
        &mut self,
        name: &'static str,
        command: impl Into<Command>,
        right: Verdict,
    ) -> Option<Reply> {
        let reply = self.house.asks(name, command);
        self.repeatable = !self.house.records.is_empty();
        agree(&reply, right).then(|| reply.unwrap())
    }

    fn hears(&mut self, channel: ChannelId, inbound: Inbound, right: Verdict) -> Option<Reply> {
        self.house.channel = channel;
        let reply = self.house.hears(inbound);
        agree(&reply, right).then(|| reply.unwrap())
    }

    fn pick_session(&self, n: u8) -> Option<SessionId> {
        let sessions = &self.model.sessions;
        // The youngest are the most interesting.
        let back = usize::from(n) % 8;
        sessions
            .iter()
            .rev()
            .nth(back % sessions.len().max(1))
            .map(|s| s.id)
    }

    fn pick_sent(&self, n: u8) -> Option<MessageId> {
        let sent = &self.model.sent;
        sent.get(usize::from(n) % sent.len().max(1))
            .map(|s| s.message)
    }

    /// The person who writes on a channel, made known in the model when new.
    fn person(&mut self, channel: ChannelId, author: u8) {
        if self.model.person(channel, author).is_none() {
            let name = author.to_string();
            let id = self
                .house
                .workspace
                .contact_by_external(channel, &name)
                .unwrap();
            assert!(self.model.people.iter().all(|p| p.id != id));
            self.model.people.push(Person {
                id,
                channel,
                author,
                forgotten: false,
            });
        }
    }

    fn new_session(
        &mut self,
        id: SessionId,
        channel: ChannelId,
        chat: u8,
        author: u8,
        operator: Option<&'static str>,
    ) {
        self.person(channel, author);
        let contact = self.model.person(channel, author).unwrap();
        assert!(self.model.sessions.iter().all(|s| s.id != id));
        let status = if operator.is_some() {
            SessionStatus::Assigned
        } else {
            SessionStatus::Queued
        };
        self.model.sessions.push(Session {
            id,
            channel,
            chat,
            contact,
            status,
            operator,
            unread: 0,
        });
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Says {
                id,
                chat,
                author,
                text,
                second,
            } => self.says(id, (chat, author, text), second),
            Step::Edits {
                id,
                deletes,
                second,
            } => {
                let channel = self.model.channel_at(second);
                let external_message_id = id.to_string();
                let inbound = if deletes {
                    Inbound::Deleted {
                        external_message_id,
                    }
                } else {
                    Inbound::Edited {
                        external_message_id,
                        text: "new".to_owned(),
                    }
                };
                self.hears(channel, inbound, self.model.may_say(channel));
            }
            Step::Opens {
                user: by,
                chat,
                author,
                second,
            } => self.opens(user(by), chat, author, second),
            Step::Takes { .. }
            | Step::Transfers { .. }
            | Step::Closes { .. }
            | Step::Sends { .. }
            | Step::Notes { .. }
            | Step::Reads { .. }
            | Step::Retries { .. }
            | Step::Repeats => self.works(step),
            Step::Starts { .. }
            | Step::Returns { .. }
            | Step::Receipt { .. }
            | Step::Expires
            | Step::Replays { .. } => self.delivers(step),
            Step::Waits { seconds } => {
                self.house.wait(Duration::from_secs(seconds.into()));
                self.model.now = self.house.now;
            }
            Step::Settles { second } => {
                let id = self.model.channel_at(second);
                let all = self.house.workspace.notices.range((id, 0)..=(id, u64::MAX));
                let numbers = all.map(|((_, n), _)| *n).collect();
                self.house.inside(Command::Settled(id, numbers));
            }
            Step::Projects => self.house.rows(&mut self.store),
            _ => self.administers(step),
        }
        self.model.compare(&self.house.workspace);
    }

    fn says(&mut self, id: u8, what: (u8, u8, u8), second: bool) {
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
        let Some(reply) = self.hears(channel, Inbound::Message(inbound), right) else {
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

    fn opens(&mut self, by: &'static str, chat: u8, author: u8, second: bool) {
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
        let Some(Reply::Answer(Named::Session(id))) = self.asks(by, create, right) else {
            return;
        };
        self.new_session(id, channel, chat, author, Some(by));
        let last = self.house.workspace.messages(id).last().unwrap();
        let (message, position) = (last.id, last.position);
        self.model.enqueue(message, id, position);
    }

    /// What operators do on sessions that are there.
    fn works(&mut self, step: &Step) {
        match *step {
            Step::Takes { user: by, session } => {
                let (Some(id), by) = (self.pick_session(session), user(by)) else {
                    return;
                };
                if self
                    .asks(by, SessionCommand::Take(id), self.model.may_take(by, id))
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
                if self.asks(by, transfer, right).is_some() {
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
                    .asks(by, SessionCommand::Close(id), self.model.may_write(by, id))
                    .is_some()
                {
                    self.model.session(id).status = SessionStatus::Closed;
                }
            }
            Step::Sends { user: by, session } => {
                let (Some(id), by) = (self.pick_session(session), user(by)) else {
                    return;
                };
                let reply = self.asks(by, send(id, "hello"), self.model.may_write(by, id));
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
                self.asks(
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
                    .asks(by, MessageCommand::Retry(id), self.model.may_retry(by, id))
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

    fn reads(&mut self, by: &'static str, n: u8) {
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
            .asks(by, MessageCommand::Read { session, up_to }, right)
            .is_some()
        {
            let later = |s: &&Said| s.session == session && s.position > last;
            let after = self.model.said.iter().filter(later).count();
            let session = self.model.session(session);
            session.unread = session.unread.min(after);
        }
    }

    /// The last command comes once more, as after a lost answer.
    fn repeats(&mut self) {
        let Some((request, first)) = self.house.last.clone().filter(|_| self.repeatable) else {
            return;
        };
        let crate::record::Actor::User(by) = &request.by else {
            return;
        };
        let shown = matches!(first, Reply::Answer(Named::Session(_) | Named::Message(..)));
        let refused =
            self.model.disabled.contains(by.as_str()) || shown && !self.model.sees(by.as_str());
        let again = self.house.request(&request);
        assert!(self.house.records.is_empty(), "a second effect");
        if refused {
            assert_eq!(again.unwrap_err().code, Code::Forbidden);
        } else {
            assert_eq!(again.unwrap(), first);
        }
    }

    fn delivers(&mut self, step: &Step) {
        match *step {
            Step::Starts { many } => {
                let mut due = self.house.due();
                let probing = self
                    .house
                    .workspace
                    .due(self.house.now)
                    .any(|(_, probing, _)| probing);
                due.truncate(if probing { 1 } else { many.into() });
                for id in due {
                    let session = self.model.sent(id).session;
                    let session = self.model.session_of(session);
                    assert_eq!(self.model.status(session.channel), ChannelStatus::Active);
                    assert_eq!(
                        self.model.lane(session.channel, session.chat).first(),
                        Some(&id)
                    );
                    self.house.begins(id);
                    self.model.sent(id).state = DeliveryState::Sending;
                }
            }
            Step::Returns { which, with } => {
                let all: Vec<_> = self.house.under_way.iter().copied().collect();
                let Some(id) = all.get(usize::from(which) % all.len().max(1)).copied() else {
                    return;
                };
                let (reply, status) = match with {
                    Answer::Status(status) => (answered(status), Some(status)),
                    Answer::Pause(status) => (answered_after(status, Some(30)), Some(status)),
                    Answer::Nothing => (unanswered(), None),
                };
                self.house.comes_back(id, reply);
                self.model.returns(id, status);
            }
            Step::Receipt { message, what } => {
                let Some(id) = self.pick_sent(message) else {
                    return;
                };
                let session = self.model.sent(id).session;
                let channel = self.model.session_of(session).channel;
                let status = match what {
                    DeliveryState::Delivered => ReceiptStatus::Delivered,
                    DeliveryState::Read => ReceiptStatus::Read,
                    _ => ReceiptStatus::Failed,
                };
                let receipt = Inbound::Status {
                    message: id,
                    status,
                    reason: None,
                };
                if self
                    .hears(channel, receipt, self.model.may_say(channel))
                    .is_some()
                {
                    let sent = self.model.sent(id);
                    let later =
                        (sent.state, what) == (DeliveryState::Delivered, DeliveryState::Read);
                    if sent.state <= DeliveryState::Accepted || later {
                        sent.state = what;
                    }
                }
            }
            Step::Expires => {
                let now = self.model.now;
                let old = |s: &&super::model::Sent| s.state.is_pending() && s.expires_at <= now;
                let mut right: Vec<_> = self
                    .model
                    .sent
                    .iter()
                    .filter(old)
                    .map(|s| s.message)
                    .collect();
                right.retain(|id| !self.house.under_way.contains(id));
                right.sort_unstable();
                let mut real = self.house.expired();
                real.sort_unstable();
                assert_eq!(real, right);
                for id in real {
                    self.house.inside(Command::Expire(id));
                    self.model.sent(id).state = DeliveryState::Expired;
                }
            }
            Step::Replays { second } => self.replays(second),
            _ => {}
        }
    }

    fn replays(&mut self, second: bool) {
        let channel = self.model.channel_at(second);
        let gone = self.model.status(channel) == ChannelStatus::Deleted;
        let right = if gone { Err(Code::NotFound) } else { Ok(()) };
        if self
            .asks(
                "root",
                Command::Replay(Replay::Since(channel, START)),
                right,
            )
            .is_some()
        {
            let again = |s: &&super::model::Sent| {
                let session = self.model.session_of(s.session);
                let ended = matches!(s.state, DeliveryState::Failed | DeliveryState::Expired);
                ended && session.channel == channel && !self.model.is_forgotten(session.contact)
            };
            let all = self.model.sent.iter().filter(again);
            let mut all: Vec<_> = all.map(|s| (s.message, s.session, s.position)).collect();
            all.sort_unstable();
            for (message, session, position) in all {
                self.model.enqueue(message, session, position);
            }
        }
    }

    /// What administrators and messengers do to the house.
    fn administers(&mut self, step: &Step) {
        match *step {
            Step::Disconnects {
                second,
                by_messenger,
            } => self.disconnects(second, by_messenger),
            Step::Reconnects { second, works } => self.reconnects(second, works),
            Step::Connects { second, works } => self.connects(second, works),
            Step::Deletes { second } => {
                let id = self.model.channel_at(second);
                let gone = self.model.status(id) == ChannelStatus::Deleted;
                let right = if gone { Err(Code::NotFound) } else { Ok(()) };
                if self
                    .asks("root", ChannelCommand::Delete(id), right)
                    .is_some()
                {
                    self.model.channel(id).status = ChannelStatus::Deleted;
                    self.model.ends(|s| s.channel == id);
                }
            }
            Step::Disables {
                user: who,
                disabled,
            } => {
                let who = user(who);
                let command = UserCommand::Disable {
                    user: who.parse().unwrap(),
                    disabled,
                };
                self.asks("root", command, Ok(()));
                if disabled {
                    self.model.disabled.insert(who);
                } else {
                    self.model.disabled.remove(who);
                }
            }
            Step::Members { ann, bob } => {
                let all = [("ann", ann), ("bob", bob), ("rea", true)];
                self.model.members = all
                    .iter()
                    .filter(|(_, is)| *is)
                    .map(|(name, _)| *name)
                    .collect();
                let users = self
                    .model
                    .members
                    .iter()
                    .map(|m| m.parse().unwrap())
                    .collect();
                let live_chat = self.house.live_chat;
                self.asks(
                    "root",
                    LiveChatCommand::Members { live_chat, users },
                    Ok(()),
                );
            }
            Step::Forgets { author, second } => {
                let channel = self.model.channel_at(second);
                let Some(id) = self.model.person(channel, author) else {
                    return;
                };
                self.asks("root", Command::Forget(id), Ok(()));
                self.model
                    .people
                    .iter_mut()
                    .find(|p| p.id == id)
                    .unwrap()
                    .forgotten = true;
                self.model.ends(|s| s.contact == id);
            }
            Step::Profile { author, known } => {
                let channel = self.model.channel_at(false);
                let Some(id) = self.model.person(channel, author) else {
                    return;
                };
                let profile = Profile {
                    username: Some("Eva".to_owned()),
                    ..Profile::default()
                };
                self.house
                    .inside(Command::Profile(id, known.then_some(profile)));
            }
            _ => {}
        }
    }

    fn disconnects(&mut self, second: bool, by_messenger: bool) {
        use ChannelStatus::{Active, Deleted, Disconnected, Failed, Pending};
        let id = self.model.channel_at(second);
        let before = self.model.status(id);
        if by_messenger {
            let right = if before == Deleted {
                Err(Code::ChannelNotFound)
            } else {
                Ok(())
            };
            if self.hears(id, Inbound::Disconnect, right).is_some() && before == Active {
                self.model.channel(id).status = Disconnected;
            }
            return;
        }
        let right = if before == Deleted {
            Err(Code::NotFound)
        } else {
            Ok(())
        };
        if self
            .asks("root", ChannelCommand::Disconnect(id), right)
            .is_some()
        {
            let never = matches!(before, Pending | Failed);
            self.model.channel(id).status = if never { Failed } else { Disconnected };
        }
    }

    fn reconnects(&mut self, second: bool, works: bool) {
        let id = self.model.channel_at(second);
        let right = match self.model.status(id) {
            ChannelStatus::Deleted => Err(Code::NotFound),
            _ => self.model.may_have(second, Some(id)),
        };
        if self
            .asks("root", ChannelCommand::Reconnect(id), right)
            .is_none()
        {
            return;
        }
        let result = if works {
            Ok(able())
        } else {
            Err("no".to_owned())
        };
        self.house.inside(Command::Verified(Verification {
            channel: id,
            purpose: Purpose::Reconnect,
            result,
        }));
        if works {
            let channel = self.model.channel(id);
            (channel.status, channel.failing_since) = (ChannelStatus::Active, None);
        }
    }

    fn connects(&mut self, second: bool, works: bool) {
        let connect = self.house.connect(HOOKS[usize::from(second)]);
        let right = self.model.may_have(second, None);
        let reply = self.asks("root", ChannelCommand::Connect(connect), right);
        let Some(Reply::Answer(Named::Channel(id))) = reply else {
            return;
        };
        let result = if works {
            Ok(able())
        } else {
            Err("no".to_owned())
        };
        self.house.verified(id, Purpose::Connect, result);
        let status = if works {
            ChannelStatus::Active
        } else {
            ChannelStatus::Failed
        };
        self.model.channels.push(super::model::Channel {
            id,
            second,
            status,
            failing_since: None,
        });
    }

    /// What must be so whatever happened.
    fn end(mut self) {
        invariants::check(&self.house);
        invariants::check_rebuild(&self.house);
        self.house.rows(&mut self.store);
        let rows = self.store.iter().map(|(key, value)| (&key[..], &value[..]));
        let loaded = Workspace::load(rows, self.house.workspace.position).unwrap();
        assert!(
            loaded == self.house.workspace,
            "the projections differ from the live state"
        );
    }
}

/// So many histories, or a share of what the environment asks for.
fn histories(usual: u32) -> ProptestConfig {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test that may be told to run longer"
    )]
    let asked = std::env::var("SWITCHBOARD_HISTORIES")
        .ok()
        .and_then(|n| n.parse::<u32>().ok());
    let cases = asked.map_or(usual, |n| n / 4);
    ProptestConfig {
        cases,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

fn run(steps: &[Step]) {
    let mut world = World::new();
    for step in steps {
        world.step(step);
    }
    world.end();
}

/// Four tests of the same, so that they run side by side; the lengths differ.
macro_rules! histories {
    ($($name:ident: $cases:literal of $steps:expr;)*) => {
        $(proptest! {
            #![proptest_config(histories($cases))]
            #[test]
            fn $name(steps in prop::collection::vec(any_step(), $steps)) {
                run(&steps);
            }
        })*
    };
}

histories! {
    short_histories_go_as_the_model_says: 6_000 of 1..20;
    middling_histories_go_as_the_model_says: 3_000 of 20..50;
    long_histories_go_as_the_model_says: 900 of 50..150;
    very_long_histories_go_as_the_model_says: 100 of 150..400;
}

proptest! {
    #![proptest_config(histories(300))]
    #[test]
    fn a_refused_command_changes_nothing(steps in prop::collection::vec(any_step(), 10..40)) {
        let mut world = World::new();
        for step in &steps {
            let before = world.house.workspace.clone();
            world.step(step);
            if world.house.refused {
                prop_assert!(world.house.workspace == before);
            }
        }
    }
}

#[test]
fn what_is_drawn_reaches_every_step() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        let step = step::any_step().new_tree(&mut runner).unwrap().current();
        names.insert(
            format!("{step:?}")
                .split_whitespace()
                .next()
                .unwrap()
                .to_owned(),
        );
    }
    assert_eq!(names.len(), 27, "{names:?}");
}
