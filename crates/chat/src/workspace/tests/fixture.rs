//! A workspace behind a minimal shell, which decides, seals, applies and encodes events as the
//! session router does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::cold::Cold;
pub(super) use super::commands::*;
pub(super) use super::values::*;
use crate::chance::Chance;
use crate::command::{
    Command, Connect, Effect, LiveChatCommand, NewEvent, Reply, Request, SystemCommand,
    Verification,
};
use crate::event::Event;
use crate::id::{ChannelId, CommandId, LiveChatId, MessageId, SessionId};
use crate::messenger::Inbound;
use crate::model::Group;
use crate::reason::Reason;
use crate::record::{Actor, Answer, Cause, Record, Stream};
use crate::rejection::{Code, Rejection};
use crate::rules::Rules;
use crate::secret::Secret;
use crate::time::Timestamp;
use crate::verification::{Proof, Purpose};
use crate::workspace::{Context, Workspace};

/// 2026-11-22T10:00:00Z.
pub(super) const START: Timestamp = Timestamp::from_micros(1_795_341_600_000_000);

pub(super) struct Fixture {
    pub(super) workspace: Workspace,
    pub(super) now: Timestamp,
    pub(super) chance: Chance,
    pub(super) rules: Rules,
    /// The log: every record's bytes.
    pub(super) log: Vec<Vec<u8>>,
    /// The records of the last request.
    pub(super) records: Vec<Record>,
    pub(super) effects: Vec<Effect>,
    /// The numbers of the destroyed keys.
    pub(super) destroyed: BTreeSet<u32>,
    pub(super) live_chat: LiveChatId,
    pub(super) channel: ChannelId,
    /// The last accepted command of a user, and the reply.
    pub(super) last: Option<(Request, Reply)>,
    /// Whether the last request was rejected.
    pub(super) rejected: bool,
    /// The messages in flight, with their channel's generation at the start of the attempt.
    pub(super) in_flight: BTreeMap<MessageId, u32>,
    /// The same workspace with few rows in memory, which is compared with each request.
    pub(super) cold: Option<Cold>,
    commands: u8,
}

impl Fixture {
    /// A workspace without users.
    pub(super) fn empty(seed: u8) -> Self {
        Self {
            workspace: Workspace::new(index_key()),
            now: START,
            chance: Chance::from_seed([seed; 32]),
            rules: Rules::standard(),
            log: Vec::new(),
            records: Vec::new(),
            effects: Vec::new(),
            destroyed: BTreeSet::new(),
            live_chat: LiveChatId::from_bytes([0; 16]),
            channel: ChannelId::from_bytes([0; 16]),
            last: None,
            rejected: false,
            in_flight: BTreeMap::new(),
            cold: None,
            commands: 0,
        }
    }

    /// An administrator (`root`), a supervisor (`sue`), operators (`ann`, `bob`, and `eve`, who is
    /// no member) and a reader (`rea`); a live chat, and an active channel that can do everything.
    pub(super) fn open() -> Self {
        thread_local! {
            static OPEN: Fixture = Fixture::opened();
        }
        OPEN.with(Self::twin)
    }

    /// [`Self::open`] with a session of `ann`'s in the chat `chat`.
    pub(super) fn with_session() -> (Self, SessionId) {
        let mut fixture = Self::open();
        let session = fixture.session_of("ann", "chat");
        (fixture, session)
    }

    /// [`Self::with_session`] with a message that `ann` sent.
    pub(super) fn with_message() -> (Self, SessionId, MessageId) {
        let (mut fixture, session) = Self::with_session();
        let message = fixture.sends("ann", session);
        (fixture, session, message)
    }

    /// A copy that draws different random ids.
    pub(super) fn twin(&self) -> Self {
        Self {
            workspace: self.workspace.clone(),
            log: self.log.clone(),
            live_chat: self.live_chat,
            channel: self.channel,
            // The same seed would repeat the ids.
            ..Self::empty(u8::try_from(self.log.len()).unwrap())
        }
    }

    fn opened() -> Self {
        let mut fixture = Self::empty(1);
        let root = new_user("root", Group::Administrators);
        fixture.system(SystemCommand::FirstAdministrator(root));
        for (name, group) in [
            ("sue", Group::Supervisors),
            ("ann", Group::Operators),
            ("bob", Group::Operators),
            ("eve", Group::Operators),
            ("rea", Group::Readers),
        ] {
            fixture.does("root", create(new_user(name, group)));
        }
        fixture.live_chat = fixture.new_live_chat("desk");
        fixture.channel = fixture.new_channel("https://messenger.example/hook");
        fixture
    }

    /// Creates a live chat with the usual members.
    pub(super) fn new_live_chat(&mut self, name: &str) -> LiveChatId {
        let members = ["ann", "bob", "rea"].map(user).to_vec();
        let name = name.to_owned();
        let reply = self.does("root", LiveChatCommand::Create { name, members });
        answer!(reply, Answer::LiveChat(id) => id)
    }

    /// Creates an active channel of the live chat.
    pub(super) fn new_channel(&mut self, webhook: &str) -> ChannelId {
        let id = self.new_pending_channel(webhook);
        self.verified(id, Purpose::Connect, Ok(full_proof()));
        id
    }

    /// Creates a channel that is not verified yet.
    pub(super) fn new_pending_channel(&mut self, webhook: &str) -> ChannelId {
        let reply = self.does("root", self.connect(webhook));
        answer!(reply, Answer::Channel(id) => id)
    }

    pub(super) fn connect(&self, webhook: &str) -> Connect {
        Connect {
            live_chat: self.live_chat,
            name: "messenger".to_owned(),
            webhook: webhook.to_owned(),
            code: Secret::new("code"),
            security: None,
            dialect: None,
            operator_initiated: None,
        }
    }

    /// Ends a verification of a channel.
    pub(super) fn verified(
        &mut self,
        channel: ChannelId,
        purpose: Purpose,
        result: Result<Proof, Reason>,
    ) {
        let generation = self.channel(channel).generation;
        self.verified_in(generation, channel, purpose, result);
    }

    /// Ends a verification that started in a generation of the channel.
    pub(super) fn verified_in(
        &mut self,
        generation: u32,
        channel: ChannelId,
        purpose: Purpose,
        result: Result<Proof, Reason>,
    ) {
        let verification = Verification {
            channel,
            generation,
            purpose,
            result,
        };
        self.system(SystemCommand::Verified(verification));
    }

    /// Advances the clock.
    pub(super) fn wait(&mut self, duration: Duration) {
        self.now = self.now.plus(duration);
    }

    /// Sends a user's command, which is accepted.
    pub(super) fn does(&mut self, name: &str, command: impl Into<Command>) -> Reply {
        self.submit(name, command).unwrap()
    }

    /// Sends a user's command with a new command id.
    pub(super) fn submit(
        &mut self,
        name: &str,
        command: impl Into<Command>,
    ) -> Result<Reply, Rejection> {
        self.commands = self.commands.wrapping_add(1);
        let id = CommandId::new(self.now, &mut self.chance);
        let request =
            Request::user(user(name), command.into(), [self.commands; 16]).with_id(Some(id));
        let reply = self.request(&request);
        self.last = reply.clone().ok().map(|reply| (request, reply));
        reply
    }

    /// Sends a user's command, which is rejected with a code.
    #[track_caller]
    pub(super) fn rejects(
        &mut self,
        name: &str,
        command: impl Into<Command>,
        code: Code,
    ) -> Rejection {
        self.rejects_request(&Request::user(user(name), command.into(), [0; 16]), code)
    }

    /// Sends a messenger's request, which is rejected with a code.
    #[track_caller]
    pub(super) fn rejects_inbound(&mut self, inbound: Inbound, code: Code) -> Rejection {
        self.rejects_request(&Request::inbound(self.channel, inbound), code)
    }

    #[track_caller]
    pub(super) fn rejects_request(&mut self, request: &Request, code: Code) -> Rejection {
        let reply = self.request(request);
        assert_eq!(reply.as_ref().map_err(|r| r.code), Err(code), "{request:?}");
        reply.unwrap_err()
    }

    /// Sends a command of the system, which is accepted.
    pub(super) fn system(&mut self, command: SystemCommand) -> Reply {
        self.request(&Request::system(command)).unwrap()
    }

    /// Sends a messenger's request.
    pub(super) fn receive(&mut self, inbound: Inbound) -> Result<Reply, Rejection> {
        self.request(&Request::inbound(self.channel, inbound))
    }

    /// Applies and logs an event as an older version wrote it.
    pub(super) fn wrote(&mut self, stream: Stream, event: impl Into<Event>) {
        let new = NewEvent::new(stream, Some(self.live_chat), event);
        let (record, _) = self.workspace.record(new, &Actor::System, None, self.now);
        self.workspace.evolve(&record);
        if let Some(cold) = &mut self.cold {
            cold.evolve(&record, false);
        }
        self.log.push(record.encode());
    }

    /// Decides a request, and applies and logs its events.
    pub(super) fn request(&mut self, request: &Request) -> Result<Reply, Rejection> {
        self.records.clear();
        self.effects.clear();
        let seed = self.chance.bytes();
        if self.cold.is_some() {
            self.chance = Chance::from_seed(seed);
        }
        let mut context = Context {
            now: self.now,
            chance: &mut self.chance,
            rules: &self.rules,
        };
        let decision = self.workspace.decide(request, &mut context);
        if let Some(cold) = &mut self.cold {
            cold.check(request, &decision, (self.now, seed, &self.rules));
        }
        self.rejected = decision.is_err();
        let decision = decision?;
        let last = decision.events.len();
        for (nth, mut new) in decision.events.into_iter().enumerate() {
            let cause = match (request.command_id, &decision.reply) {
                (Some(command), Reply::Answer(answer)) if nth + 1 == last => Some(Cause {
                    command,
                    digest: request.digest,
                    answer: *answer,
                }),
                _ => None,
            };
            let number = self.workspace.key_of(&new.stream, &new.event);
            let own = number.filter(|n| !self.destroyed.contains(n)).map(key);
            let bound = new.stream.to_string();
            new.event.seal(
                own.as_ref(),
                &key(u32::MAX),
                bound.as_bytes(),
                &mut self.chance,
            );
            let (record, _) = self.workspace.record(new, &request.by(), cause, self.now);
            self.workspace.evolve(&record);
            if let Some(cold) = &mut self.cold {
                cold.evolve(&record, true);
            }
            self.log.push(record.encode());
            self.records.push(record);
        }
        for effect in &decision.effects {
            match effect {
                Effect::DestroyKeys(keys) => self.destroyed.extend(keys),
                Effect::DropEdit(key) => self.destroyed.extend([*key]),
                _ => {}
            }
        }
        self.effects = decision.effects;
        Ok(decision.reply)
    }
}
