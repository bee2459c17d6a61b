//! A fixture to test in: a workspace behind a shell as small as can be, which decides, seals, folds
//! and keeps the bytes as the session-router does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use crate::chance::Chance;
use crate::command::{
    ChannelCommand, Command, Connect, Effect, LiveChatCommand, MessageCommand, NewUser, Reply,
    Request, SessionCommand, UserCommand, Verification,
};
use crate::content::Content;
use crate::event::Event;
use crate::id::{ChannelId, CommandId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use crate::messenger::{Inbound, InboundMessage};
use crate::model::{Capabilities, Group, Verified};
use crate::reason::Reason;
use crate::record::{Actor, Answer, Cause, Record};
use crate::rejection::{Code, Rejection};
use crate::rpc::{Accepted, AttemptReply, Outcome};
use crate::rules::Rules;
use crate::seal::SealKey;
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
    /// What the last request brought about.
    pub(super) records: Vec<Record>,
    pub(super) effects: Vec<Effect>,
    /// Keys that were destroyed.
    pub(super) destroyed: BTreeSet<u32>,
    pub(super) live_chat: LiveChatId,
    pub(super) channel: ChannelId,
    /// The last command of a user that was carried out, and the answer.
    pub(super) last: Option<(Request, Reply)>,
    /// Whether the last request was refused.
    pub(super) refused: bool,
    /// What is being tried, and in which generation of its channel.
    pub(super) under_way: BTreeMap<MessageId, u32>,
    commands: u8,
}

/// A user's id.
pub(super) fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

/// The key that a number stands for.
pub(super) fn key(number: u32) -> SealKey {
    let mut bytes = [0x5a; 32];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    SealKey::from_bytes(bytes)
}

/// A message of a messenger's user.
pub(super) fn message(id: &str, chat: &str, author: &str, text: &str) -> InboundMessage {
    InboundMessage {
        external_message_id: id.to_owned(),
        external_chat_id: chat.to_owned(),
        external_user_id: author.to_owned(),
        external_chat_name: None,
        content: Content::text(text),
        created_at: None,
        reply_to: None,
    }
}

/// A messenger's answer with a status.
pub(super) fn answered(status: u16) -> AttemptReply {
    answered_after(status, None)
}

/// The same with `Retry-After`.
pub(super) fn answered_after(status: u16, retry_after: Option<u64>) -> AttemptReply {
    let outcome = Outcome::Answered {
        status,
        retry_after,
        answer: b"as it is".to_vec(),
    };
    AttemptReply { ms: 7, outcome }
}

/// No answer.
pub(super) fn unanswered() -> AttemptReply {
    let outcome = Outcome::Failed(Reason::TimedOut { ms: 10_000 });
    AttemptReply {
        ms: 10_000,
        outcome,
    }
}

impl Fixture {
    /// Nobody is there.
    pub(super) fn empty(seed: u8) -> Self {
        Self {
            workspace: Workspace::default(),
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
            refused: false,
            under_way: BTreeMap::new(),
            commands: 0,
        }
    }

    /// An administrator (`root`), a supervisor (`sue`), operators (`ann`, `bob`, and `eve`, who is
    /// no member) and a reader (`rea`); a live chat, and an active channel that can do everything.
    pub(super) fn open() -> Self {
        static OPEN: OnceLock<Fixture> = OnceLock::new();
        OPEN.get_or_init(Self::opened).twin()
    }

    /// The same fixture, in which other things will happen.
    pub(super) fn twin(&self) -> Self {
        Self {
            workspace: self.workspace.clone(),
            log: self.log.clone(),
            live_chat: self.live_chat,
            channel: self.channel,
            // Another seed, or it would give out the same ids again.
            ..Self::empty(u8::try_from(self.log.len()).unwrap())
        }
    }

    fn opened() -> Self {
        let mut fixture = Self::empty(1);
        fixture.system(Command::FirstAdministrator(new_user(
            "root",
            Group::Administrators,
        )));
        for (name, group) in [
            ("sue", Group::Supervisors),
            ("ann", Group::Operators),
            ("bob", Group::Operators),
            ("eve", Group::Operators),
            ("rea", Group::Readers),
        ] {
            fixture.does("root", UserCommand::Create(new_user(name, group)));
        }
        fixture.live_chat = fixture.new_live_chat("desk");
        fixture.channel = fixture.new_channel("https://messenger.example/hook");
        fixture
    }

    /// A live chat with the usual members.
    pub(super) fn new_live_chat(&mut self, name: &str) -> LiveChatId {
        let members = ["ann", "bob", "rea"].map(user).to_vec();
        match self.does(
            "root",
            LiveChatCommand::Create {
                name: name.to_owned(),
                members,
            },
        ) {
            Reply::Answer(Answer::LiveChat(id)) => id,
            other => panic!("{other:?}"),
        }
    }

    /// An active channel of the live chat.
    pub(super) fn new_channel(&mut self, webhook: &str) -> ChannelId {
        let id = self.new_pending_channel(webhook);
        self.verified(id, Purpose::Connect, Ok(able()));
        id
    }

    /// A channel that was not verified yet.
    pub(super) fn new_pending_channel(&mut self, webhook: &str) -> ChannelId {
        match self.does("root", ChannelCommand::Connect(self.connect(webhook))) {
            Reply::Answer(Answer::Channel(id)) => id,
            other => panic!("{other:?}"),
        }
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

    pub(super) fn verified(
        &mut self,
        channel: ChannelId,
        purpose: Purpose,
        result: Result<Proof, Reason>,
    ) {
        let generation = self.workspace.channels.get(&channel).unwrap().generation;
        self.verified_in(generation, channel, purpose, result);
    }

    /// A messenger answers what it was asked in a generation of its channel.
    pub(super) fn verified_in(
        &mut self,
        generation: u32,
        channel: ChannelId,
        purpose: Purpose,
        result: Result<Proof, Reason>,
    ) {
        self.system(Command::Verified(Verification {
            channel,
            generation,
            purpose,
            result,
        }));
    }

    /// Time passes.
    pub(super) fn wait(&mut self, duration: Duration) {
        self.now = self.now.plus(duration);
    }

    /// A user does something that is allowed.
    pub(super) fn does(&mut self, name: &str, command: impl Into<Command>) -> Reply {
        self.asks(name, command).unwrap()
    }

    /// A user asks for something, with a command id of its own.
    pub(super) fn asks(
        &mut self,
        name: &str,
        command: impl Into<Command>,
    ) -> Result<Reply, Rejection> {
        self.commands = self.commands.wrapping_add(1);
        let request = Request {
            by: Actor::User(user(name)),
            command_id: Some(CommandId::new(self.now, &mut self.chance)),
            digest: [self.commands; 16],
            command: command.into(),
        };
        let reply = self.request(&request);
        self.last = reply.clone().ok().map(|reply| (request, reply));
        reply
    }

    /// Switchboard does something by itself that it may do.
    pub(super) fn system(&mut self, command: Command) -> Reply {
        self.request(&Request::system(command)).unwrap()
    }

    /// A messenger says something.
    pub(super) fn hears(&mut self, inbound: Inbound) -> Result<Reply, Rejection> {
        self.request(&Request::inbound(self.channel, inbound))
    }

    /// What the shell does with a request.
    pub(super) fn request(&mut self, request: &Request) -> Result<Reply, Rejection> {
        self.records.clear();
        self.effects.clear();
        let mut context = Context {
            now: self.now,
            chance: &mut self.chance,
            rules: &self.rules,
        };
        let decision = self.workspace.decide(request, &mut context);
        self.refused = decision.is_err();
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
            let (record, _) = self.workspace.record(new, &request.by, cause, self.now);
            self.workspace.evolve(&record);
            self.log.push(record.encode());
            self.records.push(record);
        }
        for effect in &decision.effects {
            if let Effect::DestroyKeys(keys) = effect {
                self.destroyed.extend(keys);
            }
        }
        self.effects = decision.effects;
        Ok(decision.reply)
    }

    /// What happened at last, by kind.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        self.records.iter().map(|r| r.event.kind()).collect()
    }

    /// Somebody writes in a chat of the channel.
    pub(super) fn writes(&mut self, id: &str, chat: &str, author: &str) -> Accepted {
        match self
            .hears(Inbound::Message(message(id, chat, author, "hello")))
            .unwrap()
        {
            Reply::Accepted(accepted) => accepted,
            other => panic!("{other:?}"),
        }
    }

    /// A session that an operator has.
    pub(super) fn session_of(&mut self, operator: &str, chat: &str) -> SessionId {
        let session = self
            .writes(&format!("first of {chat}"), chat, &format!("{chat}'s"))
            .session_id;
        self.does(operator, SessionCommand::Take(session));
        session
    }

    /// An operator writes.
    pub(super) fn sends(&mut self, operator: &str, session: SessionId) -> MessageId {
        match self.does(operator, send(session, "good day")) {
            Reply::Answer(Answer::Message(id, _)) => id,
            other => panic!("{other:?}"),
        }
    }

    /// An attempt at a message begins.
    pub(super) fn begins(&mut self, message: MessageId) {
        self.system(Command::Attempting(message));
        let channel = self.workspace.pending(message).unwrap().1.channel;
        let generation = self.workspace.channel(channel).unwrap().generation;
        self.under_way.insert(message, generation);
    }

    /// An attempt ends.
    pub(super) fn comes_back(&mut self, message: MessageId, reply: AttemptReply) {
        let generation = self.under_way.remove(&message).unwrap_or_default();
        self.system(Command::Attempted(crate::command::Attempted {
            message,
            generation,
            reply,
        }));
    }

    /// A message is tried, and this comes of it.
    pub(super) fn tries(&mut self, message: MessageId, reply: AttemptReply) {
        self.begins(message);
        self.comes_back(message, reply);
    }

    /// The messages that are due now and not being tried.
    pub(super) fn due(&self) -> Vec<MessageId> {
        let all = self.workspace.due(self.now).map(|(_, _, id)| id);
        all.filter(|id| !self.under_way.contains_key(id)).collect()
    }

    /// The messages that have expired and are not being tried.
    pub(super) fn expired(&self) -> Vec<MessageId> {
        let all = self.workspace.expired(self.now);
        all.filter(|id| !self.under_way.contains_key(id)).collect()
    }

    /// When there is something to do next.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.workspace
            .next_due(|id| self.under_way.contains_key(&id), |_, _| false)
    }

    /// The contact with a messenger's user id.
    pub(super) fn contact(&self, external: &str) -> ContactId {
        self.workspace
            .contact_by_external(self.channel, external)
            .unwrap()
    }

    /// The contents that the log still tells, as a person with every key that is left reads them.
    pub(super) fn words(&self) -> Vec<Content> {
        let mut words = Vec::new();
        let mut fold = Workspace::default();
        for (at, bytes) in self.log.iter().enumerate() {
            let record = Record::decode(at as u64 + 1, bytes).unwrap();
            let number = fold.key_of(&record.stream, &record.event);
            let own = number.filter(|n| !self.destroyed.contains(n)).map(key);
            let content = match &record.event {
                Event::MessageReceived(e) => Some(&e.content),
                Event::MessageSent(e) => Some(&e.content),
                Event::NoteAdded(e) => Some(&e.content),
                Event::MessageEdited(e) => e.content.as_ref(),
                Event::EditParked(e) => e.text.as_ref(),
                _ => None,
            };
            let bound = record.stream.to_string();
            let open = content.and_then(|c| c.open(own.as_ref(), bound.as_bytes()));
            words.extend(open.map(std::borrow::Cow::into_owned));
            fold.evolve(&record);
        }
        words
    }

    /// The rows that a projection store would have.
    pub(super) fn rows(&mut self, store: &mut BTreeMap<Vec<u8>, Vec<u8>>) {
        for (key, value) in self.workspace.take_changed() {
            match value {
                Some(value) => store.insert(key, value),
                None => store.remove(&key),
            };
        }
    }
}

/// What a messenger proves that can do everything.
pub(super) fn able() -> Proof {
    let capabilities = Capabilities {
        operator_initiated: true,
        sessions: true,
        ..Capabilities::default()
    };
    Proof {
        verified: Verified::Status,
        capabilities: Some(capabilities),
    }
}

pub(super) fn new_user(name: &str, group: Group) -> NewUser {
    NewUser {
        login: user(name),
        name: name.to_uppercase(),
        groups: vec![group],
        password_hash: Secret::new("a hash"),
    }
}

pub(super) fn send(session: SessionId, text: &str) -> MessageCommand {
    MessageCommand::Send {
        session,
        content: Content::text(text),
        reply_to: None,
    }
}

/// Has a noun's commands asked as they are.
macro_rules! into_command {
    ($($from:ident => $to:ident;)*) => {
        $(impl From<$from> for Command {
            fn from(command: $from) -> Self { Self::$to(command) }
        })*
    };
}

into_command! {
    LiveChatCommand => LiveChat;
    UserCommand => User;
    ChannelCommand => Channel;
    SessionCommand => Session;
    MessageCommand => Message;
}

/// Asserts that something was refused, and for which reason.
#[track_caller]
pub(super) fn refused<T: std::fmt::Debug>(result: Result<T, Rejection>, code: Code) {
    assert_eq!(result.unwrap_err().code, code);
}
