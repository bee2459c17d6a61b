//! Generated histories: each step is compared with the model, and the end with the invariants.
//!
//! `SWITCHBOARD_HISTORIES=100000` runs more of them. A failure prints the shortest failing steps,
//! and its seed is kept under `proptest-regressions` and runs first next time.

mod desk;
mod talk;

use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::time::Duration;

use proptest::prelude::*;

use super::fixture::{
    Fixture, START, answered, answered_after, full_proof, message, send, timed_out,
};
use super::model::{Model, Person, Said, Session, Verdict};
use super::step::{Answer, Step, USERS, any_step};
use super::{invariants, step};
use crate::command::{
    ChannelCommand, Command, LiveChatCommand, MessageCommand, Person as Whom, Replay, Reply,
    SessionCommand, SystemCommand, UserCommand,
};
use crate::content::Profile;
use crate::id::{ChannelId, MessageId, SessionId};
use crate::messenger::{Inbound, ReceiptStatus};
use crate::model::{ChannelStatus, DeliveryState, SessionStatus};
use crate::record::Answer as Named;
use crate::rejection::{Code, Rejection};
use crate::verification::Purpose;
use crate::workspace::Workspace;

const HOOKS: [&str; 2] = ["https://first.example/", "https://second.example/"];

/// The workspace, the model, and a projection store that is brought up to date now and then.
struct World {
    fixture: Fixture,
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
        static READY: OnceLock<(Fixture, [ChannelId; 2])> = OnceLock::new();
        let (fixture, channels) = READY.get_or_init(|| {
            let mut fixture = Fixture::open();
            let channels = HOOKS.map(|hook| fixture.new_channel(hook));
            (fixture, channels)
        });
        let (fixture, channels) = (fixture.twin(), *channels);
        Self {
            fixture,
            model: Model::new(channels),
            store: BTreeMap::new(),
            repeatable: false,
        }
    }

    /// A user sends a command, and gets the verdict of the model.
    fn submit(
        &mut self,
        name: &'static str,
        command: impl Into<Command>,
        right: Verdict,
    ) -> Option<Reply> {
        let reply = self.fixture.submit(name, command);
        self.repeatable = !self.fixture.records.is_empty();
        agree(&reply, right).then(|| reply.unwrap())
    }

    fn receive(&mut self, channel: ChannelId, inbound: Inbound, right: Verdict) -> Option<Reply> {
        self.fixture.channel = channel;
        let reply = self.fixture.receive(inbound);
        agree(&reply, right).then(|| reply.unwrap())
    }

    fn pick_session(&self, n: u8) -> Option<SessionId> {
        let sessions = &self.model.sessions;
        // Recent sessions meet more of the other steps.
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

    /// Adds the author to the model when new.
    fn person(&mut self, channel: ChannelId, author: u8) {
        if self.model.person(channel, author).is_none() {
            let name = author.to_string();
            let id = self
                .fixture
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
                self.receive(channel, inbound, self.model.may_say(channel));
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
                self.fixture.wait(Duration::from_secs(seconds.into()));
                self.model.now = self.fixture.now;
            }
            Step::Settles { second } => {
                let id = self.model.channel_at(second);
                let all = self
                    .fixture
                    .workspace
                    .notices
                    .range((id, 0)..=(id, u64::MAX));
                let numbers = all.map(|((_, n), _)| *n).collect();
                self.fixture
                    .system(SystemCommand::NoticesSettled(id, numbers));
            }
            Step::Projects => self.fixture.rows(&mut self.store),
            _ => self.administers(step),
        }
        self.model.compare(&self.fixture.workspace);
    }

    /// Checks the invariants, a rebuild and the projections.
    fn end(mut self) {
        invariants::check(&self.fixture);
        invariants::check_rebuild(&self.fixture);
        self.fixture.rows(&mut self.store);
        let rows = self
            .store
            .iter()
            .map(|(key, value)| (&key[..], Some(&value[..])));
        let loaded = Workspace::load(rows, self.fixture.workspace.position).unwrap();
        assert!(
            loaded == self.fixture.workspace,
            "the projections differ from the live state"
        );
    }
}

/// The usual number of cases, scaled by `SWITCHBOARD_HISTORIES` in units of 10,000.
fn histories(usual: u32) -> ProptestConfig {
    #[expect(
        clippy::disallowed_methods,
        reason = "a developer can ask for a longer run"
    )]
    let asked = std::env::var("SWITCHBOARD_HISTORIES")
        .ok()
        .and_then(|n| n.parse::<u32>().ok());
    let cases = asked.map_or(usual, |n| usual.saturating_mul(n / 10_000).max(1));
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

/// Defines one test for each length, so that they run in parallel.
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
    short_histories_go_as_the_model_says: 7_000 of 1..12;
    middling_histories_go_as_the_model_says: 2_400 of 12..40;
    long_histories_go_as_the_model_says: 550 of 40..100;
    very_long_histories_go_as_the_model_says: 50 of 100..300;
}

proptest! {
    #![proptest_config(histories(300))]
    #[test]
    fn a_refused_command_changes_nothing(steps in prop::collection::vec(any_step(), 10..40)) {
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
