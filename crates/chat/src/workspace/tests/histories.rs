//! Generated histories. Each step is compared with the model; at the end of a history the
//! invariants are checked.
//!
//! `SWITCHBOARD_HISTORIES=100000` runs ten times as many. A failure prints the shortest failing
//! steps, and its seed is stored under `proptest-regressions` and runs first the next time.

mod administration;
mod deliveries;
mod talk;

use std::time::Duration;

use proptest::prelude::*;

use super::cold::Cold;
use super::fixture::Fixture;
use super::invariants;
use super::model::{Contact, Model, Session, Verdict};
use super::step::{Step, User, any_step};
use crate::command::{Command, Reply, SystemCommand};
use crate::id::{ChannelId, MessageId, SessionId};
use crate::messenger::Inbound;
use crate::model::SessionStatus;
use crate::rejection::Rejection;
use crate::table::stored::Rows;

const HOOKS: [&str; 2] = ["https://first.example/", "https://second.example/"];

/// A workspace, its model, and a projection store that is updated now and then.
struct World {
    fixture: Fixture,
    model: Model,
    store: Rows,
    /// Whether the last command caused an event.
    repeatable: bool,
}

/// Returns the reply of an accepted request, after a comparison with the model's verdict.
#[track_caller]
fn agreed(real: Result<Reply, Rejection>, expected: Verdict) -> Option<Reply> {
    assert_eq!(real.as_ref().map(drop).map_err(|r| r.code), expected);
    real.ok()
}

/// The element at an index that wraps around.
fn pick<T: Copy>(all: &[T], n: u8) -> Option<T> {
    all.get(usize::from(n) % all.len().max(1)).copied()
}

impl World {
    fn new() -> Self {
        thread_local! {
            static READY: (Fixture, [ChannelId; 2]) = {
                let mut fixture = Fixture::open();
                let channels = HOOKS.map(|hook| fixture.new_channel(hook));
                (fixture, channels)
            };
        }
        let (mut fixture, channels) = READY.with(|(fixture, channels)| (fixture.twin(), *channels));
        fixture.cold = Some(Cold::of(&fixture.workspace));
        Self {
            fixture,
            model: Model::new(channels),
            store: Rows::default(),
            repeatable: false,
        }
    }

    /// Sends a user's command, and returns the reply when it is accepted.
    fn submit(
        &mut self,
        name: User,
        command: impl Into<Command>,
        expected: Verdict,
    ) -> Option<Reply> {
        let reply = self.fixture.submit(name, command);
        self.repeatable = !self.fixture.records.is_empty();
        agreed(reply, expected)
    }

    /// Sends a messenger's request, and returns the reply when it is accepted.
    fn receive(
        &mut self,
        channel: ChannelId,
        inbound: Inbound,
        expected: Verdict,
    ) -> Option<Reply> {
        self.fixture.channel = channel;
        agreed(self.fixture.receive(inbound), expected)
    }

    /// One of the eight newest sessions, which other steps refer to more often.
    fn pick_session(&self, n: u8) -> Option<SessionId> {
        let newest: Vec<_> = self.model.sessions.iter().rev().take(8).collect();
        pick(&newest, n).map(|s| s.id)
    }

    fn pick_sent(&self, n: u8) -> Option<MessageId> {
        let sent: Vec<_> = self.model.sent.iter().map(|s| s.message).collect();
        pick(&sent, n)
    }

    /// Adds a new author's contact to the model.
    fn add_contact(&mut self, channel: ChannelId, author: u8) {
        if self.model.contact(channel, author).is_some() {
            return;
        }
        self.fixture.channel = channel;
        let id = self.fixture.contact(&author.to_string());
        assert!(self.model.contacts.iter().all(|p| p.id != id));
        self.model.contacts.push(Contact {
            id,
            channel,
            author,
            forgotten: false,
        });
    }

    fn add_session(
        &mut self,
        id: SessionId,
        (channel, chat, author): (ChannelId, u8, u8),
        operator: Option<User>,
    ) {
        self.add_contact(channel, author);
        let contact = self.model.contact(channel, author).unwrap();
        assert!(self.model.sessions.iter().all(|s| s.id != id));
        let status = match operator {
            Some(_) => SessionStatus::Assigned,
            None => SessionStatus::Queued,
        };
        self.model.sessions.push(Session {
            id,
            channel,
            chat,
            contact,
            status,
            operator,
        });
    }

    /// Makes a step. Returns `None` when a command is rejected or refers to nothing.
    fn make(&mut self, step: &Step) -> Option<()> {
        match *step {
            Step::Says(id, what, second) => self.says(id, what, second),
            Step::Edits(id, deletes, second) => self.edits(id, deletes, second),
            Step::Takes(by, session) => self.takes(by, session),
            Step::Transfers(by, session, to) => self.transfers(by, session, to),
            Step::Closes(by, session) => self.closes(by, session),
            Step::Reopens(by, session, queue) => self.reopens(by, session, queue),
            Step::Starts(by, chat, author, second) => self.starts(by, chat, author, second),
            Step::Sends(by, session) => self.sends(by, session),
            Step::Notes(by, session) => self.notes(by, session),
            Step::Reads(by, message) => self.reads(by, message),
            Step::Repeats => self.repeats(),
            Step::Retries(by, message) => self.retries(by, message),
            Step::Attempts(count) => {
                self.attempts(count);
                Some(())
            }
            Step::Ends(which, response) => self.ends_attempt(which, response),
            Step::Receipt(message, status) => self.reports(message, status),
            Step::Expires => {
                self.expires();
                Some(())
            }
            Step::Replays(second) => self.replays(second),
            Step::Disconnects(second, by_messenger) => self.disconnects(second, by_messenger),
            Step::Reconnects(second, works) => self.reconnects(second, works),
            Step::Connects(second, works) => self.connects(second, works),
            Step::Deletes(second) => self.deletes(second),
            Step::Disables(who, disabled) => self.disables(who, disabled),
            Step::Members(ann, bob) => self.changes_members(ann, bob),
            Step::Forgets(author, second) => self.forgets(author, second),
            Step::Profile(author, known) => self.answers_profile(author, known),
            Step::Settles(second) => {
                let id = self.model.channel_at(second);
                self.fixture.channel = id;
                let settled = SystemCommand::NoticesSettled(id, self.fixture.notice_numbers());
                self.fixture.system(settled);
                Some(())
            }
            Step::Waits(seconds) => {
                self.fixture.wait(Duration::from_secs(seconds.into()));
                self.model.now = self.fixture.now;
                Some(())
            }
            Step::Jumps(seconds) => {
                self.jumps(seconds);
                Some(())
            }
            Step::Projects => {
                self.fixture.rows(&mut self.store);
                Some(())
            }
        }
    }

    fn step(&mut self, step: &Step) {
        self.make(step);
        self.model.compare(&self.fixture.workspace);
    }

    /// Checks the invariants, a rebuild and the projections.
    fn end(mut self) {
        invariants::check(&self.fixture);
        invariants::check_rebuild(&self.fixture);
        let cold = self.fixture.cold.take().unwrap();
        cold.end(self.fixture.workspace, self.store);
    }
}

/// The usual number of cases, scaled by `SWITCHBOARD_HISTORIES` in units of 10,000.
fn histories(usual: u32) -> ProptestConfig {
    #[expect(
        clippy::disallowed_methods,
        reason = "a developer can ask for a longer run"
    )]
    let wanted = std::env::var("SWITCHBOARD_HISTORIES").ok();
    let wanted = wanted.and_then(|n| n.parse::<u32>().ok());
    let cases = wanted.map_or(usual, |n| usual.saturating_mul(n / 10_000).max(1));
    ProptestConfig {
        cases,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

/// Defines one test for each length, so that they run in parallel.
macro_rules! histories {
    ($($name:ident: $cases:literal of $steps:expr;)*) => {
        $(proptest! {
            #![proptest_config(histories($cases))]
            #[test]
            fn $name(steps in prop::collection::vec(any_step(), $steps)) {
                let mut world = World::new();
                for step in &steps {
                    world.step(step);
                }
                world.end();
            }
        })*
    };
}

histories! {
    short_histories_agree_with_the_model: 7_000 of 1..12;
    medium_histories_agree_with_the_model: 2_400 of 12..40;
    long_histories_agree_with_the_model: 550 of 40..100;
    very_long_histories_agree_with_the_model: 50 of 100..300;
}

proptest! {
    #![proptest_config(histories(300))]
    #[test]
    fn a_rejected_command_changes_nothing(steps in prop::collection::vec(any_step(), 10..40)) {
        let mut world = World::new();
        for step in &steps {
            let before = world.fixture.workspace.clone();
            world.step(step);
            if world.fixture.rejected {
                prop_assert!(world.fixture.workspace == before);
            }
        }
    }
}

#[test]
fn the_generator_draws_every_kind_of_step() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut kinds = std::collections::BTreeSet::new();
    for _ in 0..2_000 {
        let step = any_step().new_tree(&mut runner).unwrap().current();
        let text = format!("{step:?}");
        kinds.insert(text.split('(').next().unwrap().to_owned());
    }
    assert_eq!(kinds.len(), 29, "{kinds:?}");
}
