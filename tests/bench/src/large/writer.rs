//! Writes a large log through the router's state, which decides, seals, folds and encodes, and
//! appends without waiting for syncs.
//!
//! It reads only the last position and the queued notices from the state.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chat::chance::Chance;
use chat::command::{Attempted, Command, MessageCommand, Reply, Request};
use chat::command::{SessionCommand, SystemCommand};
use chat::content::{Content, Profile};
use chat::id::{ChannelId, CommandId, SessionId, UserId};
use chat::messenger::Inbound;
use chat::messenger::inbound::InboundMessage;
use chat::record::Answer;
use chat::rpc::{AttemptReply, Outcome};
use chat::rules::Rules;
use chat::seal::SealKey;
use chat::state::NoticeKind;
use session_router::{Config, LogWriter};

use crate::clock::now;

/// Notices are settled after this many messages, together.
const SETTLE_EVERY: u64 = 100;
/// The number of operators.
pub(super) const OPERATORS: u64 = 20;

/// The logins of those who answer. The first one answers in the long chats.
pub(super) fn operators() -> Vec<String> {
    let others = (1..OPERATORS).map(|number| format!("operator-{number}"));
    std::iter::once("olga".to_owned()).chain(others).collect()
}

/// Writes what contacts and operators do.
pub(super) struct Writer {
    log: LogWriter,
    master: Arc<SealKey>,
    channel: ChannelId,
    operators: Vec<UserId>,
    pub(super) chance: Chance,
    /// The number of messages so far, both ways.
    pub(super) messages: u64,
    unsettled: u64,
}

impl Writer {
    /// Opens the log of a stopped broker, which has [`operators`].
    pub(super) fn open(data: &Path, channel: ChannelId) -> Self {
        let config = config(data);
        let operators = operators().into_iter();
        Self {
            log: LogWriter::open(&config).unwrap(),
            master: config.master,
            channel,
            operators: operators.map(|login| login.parse().unwrap()).collect(),
            chance: Chance::from_seed([7; 32]),
            messages: 0,
            unsettled: 0,
        }
    }

    /// The position of the last event.
    pub(super) fn position(&self) -> u64 {
        self.log.workspace().position
    }

    /// A random number below this one.
    pub(super) fn number_below(&mut self, end: u64) -> u64 {
        u64::from_le_bytes(self.chance.bytes()) % end
    }

    /// A contact writes a message. Returns its session.
    pub(super) fn receive(&mut self, contact: u64) -> SessionId {
        let message = message(self.messages, contact);
        let Reply::Accepted(accepted) = self.apply(Request::inbound(self.channel, message)) else {
            panic!("a message was not accepted")
        };
        self.messages += 1;
        self.unsettled += 1;
        if self.unsettled >= SETTLE_EVERY {
            self.settle();
        }
        accepted.session_id
    }

    /// An operator assigns a session to himself.
    pub(super) fn take(&mut self, operator: u64, session: SessionId) {
        self.command(operator, Command::Session(SessionCommand::Take(session)));
    }

    pub(super) fn close(&mut self, operator: u64, session: SessionId) {
        self.command(operator, Command::Session(SessionCommand::Close(session)));
    }

    /// An operator writes a message, which the messenger accepts at the first attempt.
    pub(super) fn send(&mut self, operator: u64, session: SessionId) {
        let text = format!(
            "It comes today between two and four, number {}.",
            self.messages
        );
        let send = MessageCommand::Send {
            session,
            content: Content::text(text),
            reply_to: None,
        };
        let Answer::Message(message, _) = self.command(operator, Command::Message(send)) else {
            panic!("a message was not sent")
        };
        self.messages += 1;
        self.apply(Request::system(SystemCommand::Attempting(message)));
        let reply = AttemptReply {
            ms: 12,
            outcome: Outcome::Answered {
                status: 200,
                retry_after: None,
                answer: Vec::new(),
            },
            old_code: None,
        };
        // The generation matters only to attempts that fail.
        let attempted = Attempted {
            message,
            generation: 0,
            reply,
        };
        self.apply(Request::system(SystemCommand::Attempted(attempted)));
    }

    /// The messenger answers all notices that wait. It knows a profile of everybody.
    pub(super) fn settle(&mut self) {
        self.unsettled = 0;
        let waiting = self.log.workspace().notices.range((self.channel, 0)..);
        let (mut numbers, mut contacts) = (Vec::new(), Vec::new());
        for ((_, number), notice) in waiting {
            numbers.push(*number);
            if let NoticeKind::Profile(contact) = &notice.kind {
                contacts.push(*contact);
            }
        }
        for contact in contacts {
            let profile = Profile {
                username: Some(format!("Ann Smith {}", self.messages)),
                phone_number: Some("+44 20 7946 0000".to_owned()),
                avatar: None,
            };
            let answer = SystemCommand::Profile(contact, Some(profile));
            self.apply(Request::system(answer));
        }
        let settled = SystemCommand::NoticesSettled(self.channel, numbers);
        self.apply(Request::system(settled));
    }

    /// Settles the last notices and closes the log.
    pub(super) fn finish(mut self) {
        self.settle();
        self.log.close(now()).unwrap();
    }

    fn command(&mut self, operator: u64, command: Command) -> Answer {
        let operator = self.operators[usize::try_from(operator).unwrap()].clone();
        let id = CommandId::new(now(), &mut self.chance);
        let digest = Request::digest_of(id.as_bytes());
        let request = Request::user(operator, command, digest).with_id(Some(id));
        let Reply::Answer(answer) = self.apply(request) else {
            panic!("a command was not answered")
        };
        answer
    }

    fn apply(&mut self, request: Request) -> Reply {
        let request = request.keyed(&self.master);
        self.log.apply(&request, now()).unwrap().unwrap()
    }
}

fn message(number: u64, contact: u64) -> Inbound {
    Inbound::Message(InboundMessage {
        external_message_id: format!("log-message-{number}"),
        external_chat_id: format!("log-chat-{contact}"),
        external_user_id: format!("log-user-{contact}"),
        external_chat_name: Some(format!("Chat {contact}")),
        content: Content::text(format!(
            "Good morning, where is my parcel? It was to come on Monday, order {number}."
        )),
        created_at: Some(now()),
        reply_to: None,
    })
}

fn config(data: &Path) -> Config {
    // The master key is 64 hexadecimal digits.
    let text = std::fs::read_to_string(data.join("master.key")).unwrap();
    let digits = text.trim();
    let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    Config {
        data: data.to_owned(),
        host: String::new(),
        master: Arc::new(SealKey::from_bytes(std::array::from_fn(byte))),
        public_url: "http://127.0.0.1".to_owned(),
        rules: Rules::standard(),
        sync: false,
        scrub_round: Duration::ZERO,
        first_administrator: None,
    }
}
