//! Writes a large log through the router's state, which decides, seals, folds and encodes, and appends
//! without waiting for syncs.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chat::command::{Reply, Request, SystemCommand};
use chat::content::Content;
use chat::id::{ChannelId, SessionId};
use chat::messenger::Inbound;
use chat::messenger::inbound::InboundMessage;
use chat::record::Record;
use chat::rules::Rules;
use chat::seal::SealKey;
use chat::workspace::Workspace;
use event_log::{EventLog, Options};
use session_router::{Config, LogWriter};

use crate::clock::{instant, now};
use crate::process::own_thread_cpu;

/// The number of chats with a long history. Every second message goes to one of them.
pub(crate) const LONG_CHATS: u64 = 200;
/// Notices are settled after this many messages.
const SETTLE_EVERY: u64 = 400;

/// What was written.
pub(crate) struct Written {
    /// The sessions with a long history.
    pub(crate) long: Vec<SessionId>,
    pub(crate) took: Duration,
    /// The CPU time of the thread that decides, seals, folds and encodes.
    pub(crate) cpu: Duration,
}

/// Writes to the log of a stopped broker until it has this many events and sessions.
pub(crate) fn grow(data: &Path, channel: ChannelId, events: u64, sessions: u64) -> Written {
    let mut writer = LogWriter::open(&config(data)).unwrap();
    let (start, cpu) = (instant(), own_thread_cpu());
    let mut long = Vec::new();
    let (mut number, mut chats) = (0_u64, 0_u64);
    while writer.workspace().position < events {
        let opens = chats < sessions && (chats < LONG_CHATS || number.is_multiple_of(2));
        let chat = if opens {
            chats += 1;
            chats - 1
        } else {
            number / 2 % LONG_CHATS
        };
        let inbound = Request::inbound(channel, message(number, chat));
        if let Reply::Accepted(accepted) = writer.apply(&inbound, now()).unwrap().unwrap()
            && opens
            && chat < LONG_CHATS
        {
            long.push(accepted.session_id);
        }
        number += 1;
        if number.is_multiple_of(SETTLE_EVERY) {
            settle(&mut writer, channel);
        }
    }
    settle(&mut writer, channel);
    let cpu = own_thread_cpu().saturating_sub(cpu);
    writer.close(now()).unwrap();
    let took = start.elapsed();
    Written { long, took, cpu }
}

fn settle(writer: &mut LogWriter, channel: ChannelId) {
    let waiting = writer.workspace().notices.range((channel, 0)..);
    let waiting = waiting.map(|((_, number), _)| *number).collect();
    let settled = Request::system(SystemCommand::NoticesSettled(channel, waiting));
    writer.apply(&settled, now()).unwrap().unwrap();
}

/// Opens a log and folds it as a start does. Returns the time of the fold.
pub(crate) fn replay(data: &Path) -> Duration {
    let (log, _) = EventLog::open(&data.join("log"), Options::new(now().as_micros())).unwrap();
    let start = instant();
    let mut workspace = Workspace::new(config(data).master.index_key());
    let all = log.reader().scan(1, |event| {
        workspace.evolve(&Record::decode(event.position, event.bytes).unwrap());
        ControlFlow::Continue(())
    });
    all.unwrap();
    let took = start.elapsed();
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
