//! Writes a large log through the core: decides, seals, folds and encodes as the router does, and
//! appends full frames without waiting for a sync.

use std::fs::OpenOptions;
use std::ops::ControlFlow;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chat::chance::Chance;
use chat::command::{NewEvent, Reply, Request, SystemCommand};
use chat::content::Content;
use chat::id::{ChannelId, SessionId};
use chat::messenger::Inbound;
use chat::messenger::inbound::InboundMessage;
use chat::record::Record;
use chat::rules::Rules;
use chat::seal::SealKey;
use chat::workspace::{Context, Workspace};
use event_log::{EventLog, Frame, Options};

use crate::clock::{instant, now};

/// The size of a slot in the key file: nonce, key and tag.
const SLOT_BYTES: usize = 72;
const FRAME_EVENTS: usize = 250;
/// The number of chats with a long history. Every second message goes to one of them.
pub(crate) const LONG_CHATS: u64 = 200;
/// Notices are settled after this many messages.
const SETTLE_EVERY: u64 = 400;

/// Appends to the log of a stopped broker.
pub(crate) struct LogWriter {
    log: EventLog,
    workspace: Workspace,
    chance: Chance,
    rules: Rules,
    master: SealKey,
    keys: PathBuf,
    /// The contacts' keys by number.
    known: Vec<SealKey>,
    frame: Vec<event_log::NewEvent>,
}

impl LogWriter {
    /// Opens the log of a stopped broker.
    pub(crate) fn open(data: &Path) -> Self {
        let options = Options {
            sync: false,
            ..Options::new(now().as_micros())
        };
        let (log, _) = EventLog::open(&data.join("log"), options).unwrap();
        let master = master(data);
        let keys = data.join("keys");
        let known = std::fs::read(&keys).unwrap();
        let known = known.chunks_exact(SLOT_BYTES).zip(0_u32..);
        let known = known.map(|(slot, number)| {
            let key = master.open(slot, &number.to_be_bytes()).unwrap();
            SealKey::from_bytes(key.try_into().unwrap())
        });
        let known = known.collect();
        Self {
            workspace: replay(&log).0,
            log,
            chance: Chance::from_seed([7; 32]),
            rules: Rules::standard(),
            master,
            keys,
            known,
            frame: Vec::new(),
        }
    }

    /// Writes until the log has this many events and sessions. Returns the sessions with a long
    /// history and the time it took.
    pub(crate) fn grow(
        mut self,
        channel: ChannelId,
        events: u64,
        sessions: u64,
    ) -> (Vec<SessionId>, Duration) {
        let start = instant();
        let mut long = Vec::new();
        let (mut number, mut chats) = (0_u64, 0_u64);
        while self.workspace.position < events {
            let opens = chats < sessions && (chats < LONG_CHATS || number.is_multiple_of(2));
            let chat = if opens {
                chats += 1;
                chats - 1
            } else {
                number / 2 % LONG_CHATS
            };
            let reply = self.apply(&Request::inbound(channel, message(number, chat)));
            if let Reply::Accepted(accepted) = reply
                && opens
                && chat < LONG_CHATS
            {
                long.push(accepted.session_id);
            }
            number += 1;
            if number.is_multiple_of(SETTLE_EVERY) {
                self.settle(channel);
            }
        }
        self.settle(channel);
        self.submit();
        self.log.close().unwrap();
        (long, start.elapsed())
    }

    fn settle(&mut self, channel: ChannelId) {
        let waiting = self.workspace.notices.range((channel, 0)..);
        let waiting = waiting.map(|((_, number), _)| *number).collect();
        self.apply(&Request::system(SystemCommand::NoticesSettled(
            channel, waiting,
        )));
    }

    fn apply(&mut self, request: &Request) -> Reply {
        let mut context = Context {
            now: now(),
            chance: &mut self.chance,
            rules: &self.rules,
        };
        let decision = self.workspace.decide(request, &mut context).unwrap();
        for event in decision.events {
            self.fold(event, request);
        }
        decision.reply
    }

    fn fold(&mut self, mut new: NewEvent, request: &Request) {
        let number = self.workspace.key_of(&new.stream, &new.event);
        if let Some(number) = number {
            self.provide(number);
        }
        let key = number.map(|number| &self.known[number as usize]);
        let bound = new.stream.to_string();
        let chance = &mut self.chance;
        new.event.seal(key, &self.master, bound.as_bytes(), chance);
        let (record, link) = self.workspace.record(new, &request.by(), None, now());
        self.workspace.evolve(&record);
        self.frame.push(event_log::NewEvent {
            link,
            bytes: record.encode(),
        });
        if self.frame.len() == FRAME_EVENTS {
            self.submit();
        }
    }

    fn submit(&mut self) {
        let events = std::mem::take(&mut self.frame);
        let Some(count) = events.len().checked_sub(1) else {
            return;
        };
        let frame = Frame {
            first_position: self.workspace.position - count as u64,
            time_micros: now().as_micros(),
            events,
        };
        self.log
            .submit(frame, |outcome| assert!(outcome.is_ok()))
            .unwrap();
    }

    /// Creates keys in batches, as the router does.
    fn provide(&mut self, number: u32) {
        let have = u32::try_from(self.known.len()).unwrap();
        if number < have {
            return;
        }
        let mut more = Vec::new();
        for number in have..number + 1_024 {
            let key: [u8; 32] = self.chance.bytes();
            more.extend(
                self.master
                    .seal(&key, &number.to_be_bytes(), &mut self.chance),
            );
            self.known.push(SealKey::from_bytes(key));
        }
        let file = OpenOptions::new().write(true).open(&self.keys).unwrap();
        file.write_all_at(&more, u64::from(have) * SLOT_BYTES as u64)
            .unwrap();
    }
}

/// Folds a whole log as a start does. Returns the state and the time it took.
pub(crate) fn replay(log: &EventLog) -> (Workspace, Duration) {
    let start = instant();
    let mut workspace = Workspace::default();
    let all = log.reader().scan(1, |event| {
        workspace.evolve(&Record::decode(event.position, event.bytes).unwrap());
        ControlFlow::Continue(())
    });
    all.unwrap();
    (workspace, start.elapsed())
}

/// Opens a log, folds it, and returns the time of the fold.
pub(crate) fn replay_at(data: &Path) -> Duration {
    let (log, _) = EventLog::open(&data.join("log"), Options::new(now().as_micros())).unwrap();
    let took = replay(&log).1;
    log.close().unwrap();
    took
}

fn message(number: u64, chat: u64) -> Inbound {
    Inbound::Message(InboundMessage {
        external_message_id: format!("log-message-{number}"),
        external_chat_id: format!("log-chat-{chat}"),
        external_user_id: format!("log-user-{chat}"),
        external_chat_name: Some(format!("Chat {chat}")),
        content: Content::text(format!(
            "Good morning, where is my parcel? It was to come on Monday, order {number}."
        )),
        created_at: Some(now()),
        reply_to: None,
    })
}

/// Reads the master key of a data directory, 64 hexadecimal digits.
fn master(data: &Path) -> SealKey {
    let text = std::fs::read_to_string(data.join("master.key")).unwrap();
    let digits = text.trim();
    let byte = |at: usize| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap();
    SealKey::from_bytes(std::array::from_fn(byte))
}
