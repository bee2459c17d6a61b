//! The CPU time of the core, without disk and bus: `cargo bench -p chat --bench core`, with
//! `-- inbound`, `-- rebuild` or `-- memory` for one part. Run `memory` alone: memory that an
//! earlier part freed is reused and not counted. Linux only.

#![expect(clippy::expect_used, reason = "a benchmark may panic")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use chat::chance::Chance;
use chat::command::{
    Attempted, ChannelCommand, Command, Connect, LiveChatCommand, MessageCommand, NewUser, Reply,
    Request, SessionCommand, SystemCommand, Verification,
};
use chat::content::Content;
use chat::id::{ChannelId, LiveChatId, SessionId, UserId};
use chat::messenger::{Inbound, InboundMessage};
use chat::model::{Group, Verified};
use chat::record::{Answer, Record};
use chat::rpc::{AttemptReply, Outcome};
use chat::rules::Rules;
use chat::seal::SealKey;
use chat::secret::Secret;
use chat::time::Timestamp;
use chat::verification::{Proof, Purpose};
use chat::workspace::{Context, Workspace};

/// The broker's allocator, which determines the memory of a row.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Messages in the histories that are measured.
const MESSAGES: u32 = 200_000;
/// Sessions whose memory is measured.
const SESSIONS: u32 = 1_000_000;

/// A workspace behind the smallest shell: decide, seal, fold, encode.
struct Shell {
    workspace: Workspace,
    now: Timestamp,
    chance: Chance,
    rules: Rules,
    key: SealKey,
    log: Vec<Vec<u8>>,
    keep: bool,
}

impl Shell {
    fn new(keep: bool) -> Self {
        Self {
            workspace: Workspace::default(),
            now: Timestamp::from_micros(1_795_341_600_000_000),
            chance: Chance::from_seed([1; 32]),
            rules: Rules::standard(),
            key: SealKey::from_bytes([2; 32]),
            log: Vec::new(),
            keep,
        }
    }

    fn apply(&mut self, request: &Request) -> Reply {
        self.now = self.now.plus(Duration::from_micros(100));
        let mut context = Context {
            now: self.now,
            chance: &mut self.chance,
            rules: &self.rules,
        };
        let decision = self
            .workspace
            .decide(request, &mut context)
            .expect("the bench's rules");
        for mut new in decision.events {
            let key = self
                .workspace
                .key_of(&new.stream, &new.event)
                .map(|_| &self.key);
            new.event.seal(key, &self.key, b"context", &mut self.chance);
            let (record, _) = self.workspace.record(new, &request.by(), None, self.now);
            self.workspace.evolve(&record);
            let bytes = record.encode();
            if self.keep {
                self.log.push(bytes);
            }
        }
        decision.reply
    }

    fn by(&mut self, user: &UserId, command: Command) -> Reply {
        self.apply(&Request::user(user.clone(), command, [0; 16]))
    }

    fn fixture(&mut self) -> (UserId, LiveChatId, ChannelId) {
        let ann: UserId = "ann".parse().expect("a login");
        self.apply(&Request::system(SystemCommand::FirstAdministrator(
            NewUser {
                login: ann.clone(),
                name: "Ann".to_owned(),
                groups: vec![Group::Administrators],
                password_hash: Secret::new("hash"),
            },
        )));
        let create = LiveChatCommand::Create {
            name: "desk".to_owned(),
            members: vec![ann.clone()],
        };
        let Reply::Answer(Answer::LiveChat(desk)) = self.by(&ann, Command::LiveChat(create)) else {
            unreachable!("a live chat is made")
        };
        let connect = ChannelCommand::Connect(Connect {
            live_chat: desk,
            name: "messenger".to_owned(),
            webhook: "https://messenger.example/hook".to_owned(),
            code: Secret::new("code"),
            security: None,
            dialect: None,
            operator_initiated: None,
        });
        let Reply::Answer(Answer::Channel(channel)) = self.by(&ann, Command::Channel(connect))
        else {
            unreachable!("a channel is made")
        };
        self.apply(&Request::system(SystemCommand::Verified(Verification {
            channel,
            generation: 1,
            purpose: Purpose::Connect,
            result: Ok(Proof {
                verified: Verified::Status,
                capabilities: None,
            }),
        })));
        (ann, desk, channel)
    }

    fn receive(&mut self, channel: ChannelId, n: u32, chat: u32) -> SessionId {
        match self.apply(&Request::inbound(
            channel,
            Inbound::Message(message(n, chat)),
        )) {
            Reply::Accepted(accepted) => accepted.session_id,
            other => unreachable!("{other:?}"),
        }
    }
}

fn message(n: u32, chat: u32) -> InboundMessage {
    InboundMessage {
        external_message_id: format!("message-{n:09}"),
        external_chat_id: format!("chat-{chat:09}"),
        external_user_id: format!("user-{chat:09}"),
        external_chat_name: None,
        content: Content::text("Good day, my order 4711 has not arrived yet. Can you help me?"),
        created_at: None,
        reply_to: None,
    }
}

/// A day at a desk: ten messages a chat, of which every fifth is answered and delivered.
fn desk_day(shell: &mut Shell, messages: u32) {
    let (ann, _, channel) = shell.fixture();
    for n in 0..messages {
        let session = shell.receive(channel, n, n / 10);
        if n % 10 == 0 {
            shell.by(&ann, Command::Session(SessionCommand::Take(session)));
        }
        if n % 5 == 0 {
            let content = Content::text("It is on its way to you.");
            let send = MessageCommand::Send {
                session,
                content,
                reply_to: None,
            };
            let Reply::Answer(Answer::Message(message, _)) = shell.by(&ann, Command::Message(send))
            else {
                unreachable!("a message is sent")
            };
            shell.apply(&Request::system(SystemCommand::Attempting(message)));
            let outcome = Outcome::Answered {
                status: 200,
                retry_after: None,
                answer: Vec::new(),
            };
            let reply = AttemptReply { ms: 5, outcome };
            let generation = shell
                .workspace
                .channel(channel)
                .expect("a channel")
                .generation;
            shell.apply(&Request::system(SystemCommand::Attempted(Attempted {
                message,
                generation,
                reply,
            })));
        }
        if n % 100 == 99 {
            settle(shell, channel);
        }
    }
}

/// Settles all notices.
fn settle(shell: &mut Shell, channel: ChannelId) {
    let numbers = shell
        .workspace
        .notices
        .iter()
        .map(|((_, n), _)| *n)
        .collect();
    shell.apply(&Request::system(SystemCommand::NoticesSettled(
        channel, numbers,
    )));
}

/// Resident memory of this process, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| {
        line.trim()
            .strip_suffix(" kB")?
            .trim()
            .parse::<usize>()
            .ok()
    });
    kib.unwrap_or(0) * 1024
}

/// The CPU time of this process.
fn on_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    let nanos = stat.split(' ').next().and_then(|n| n.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = on_cpu();
    let result = work();
    (result, on_cpu().saturating_sub(start))
}

/// A row of the table.
fn row(out: &mut String, what: &str, count: usize, took: Duration) {
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let (rate, each) = (
        count as f64 / took.as_secs_f64(),
        took.as_nanos() as f64 / count as f64 / 1_000.0,
    );
    writeln!(out, "| {what} | {count} | {rate:.0}/s | {each:.2} us |").expect("a string takes all");
}

fn inbound(out: &mut String) {
    let mut shell = Shell::new(false);
    let (_, _, channel) = shell.fixture();
    let ((), took) = timed(|| {
        for n in 0..MESSAGES {
            shell.receive(channel, n, n / 10);
            if n % 100 == 99 {
                settle(&mut shell, channel);
            }
        }
    });
    row(
        out,
        "inbound message: decide, seal, evolve, encode",
        MESSAGES as usize,
        took,
    );
    let ((), took) = timed(|| {
        for n in 0..MESSAGES {
            shell.receive(channel, n, n / 10);
        }
    });
    row(out, "the same message again", MESSAGES as usize, took);
}

fn rebuild(out: &mut String) {
    let mut shell = Shell::new(true);
    desk_day(&mut shell, MESSAGES);
    let log = std::mem::take(&mut shell.log);
    let bytes: usize = log.iter().map(Vec::len).sum();
    let decode = |(at, bytes): (usize, &Vec<u8>)| {
        Record::decode(at as u64 + 1, bytes).expect("what was encoded")
    };
    let (records, took) = timed(|| log.iter().enumerate().map(decode).collect::<Vec<_>>());
    row(out, "decode", log.len(), took);
    let mut fold = Workspace::default();
    let ((), took) = timed(|| records.iter().for_each(|record| fold.evolve(record)));
    row(out, "evolve", log.len(), took);
    drop(records);
    let mut fold = Workspace::default();
    let ((), took) = timed(|| {
        log.iter()
            .enumerate()
            .for_each(|one| fold.evolve(&decode(one)));
    });
    row(out, "rebuild: decode and evolve", log.len(), took);
    assert!(fold == shell.workspace, "a rebuild gives the live state");
    writeln!(out, "{} bytes an event", bytes / log.len()).expect("a string takes all");
    let (rows, took) = timed(|| shell.workspace.take_changed());
    row(out, "rows taken for the projections", rows.len(), took);
    let stored: Vec<_> = rows
        .into_iter()
        .filter_map(|(k, v)| Some((k, v?)))
        .collect();
    let rows = stored.iter().map(|(k, v)| (&k[..], Some(&v[..])));
    let (loaded, took) = timed(|| Workspace::load(rows, shell.workspace.position));
    row(out, "rows loaded", stored.len(), took);
    assert!(
        loaded.expect("what was stored") == shell.workspace,
        "loading gives the live state"
    );
}

fn memory(out: &mut String) {
    let mut shell = Shell::new(false);
    let (_, _, channel) = shell.fixture();
    let before = resident();
    for n in 0..SESSIONS {
        shell.receive(channel, n, n);
        if n % 100 == 99 {
            settle(&mut shell, channel);
            shell.workspace.take_changed();
        }
    }
    let each = resident().saturating_sub(before) / SESSIONS as usize;
    writeln!(
        out,
        "{each} bytes an open session with its chat, contact and first message"
    )
    .expect("a string takes all");
}

fn main() {
    let mut out = String::from("| what | count | rate | each |\n| --- | ---: | ---: | ---: |\n");
    let asked: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| !a.starts_with("--"))
        .collect();
    for (name, bench) in [
        ("inbound", inbound as fn(&mut String)),
        ("rebuild", rebuild),
        ("memory", memory),
    ] {
        if asked.is_empty() || asked.iter().any(|a| a == name) {
            bench(&mut out);
        }
    }
    std::io::stdout()
        .write_all(out.as_bytes())
        .expect("somewhere to print");
}
