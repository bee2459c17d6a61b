//! The load generator: keep-alive connections, each with one signed message in flight.

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chat::secret::Secret;
use chat::signature;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

use crate::clock::{instant, now};
use crate::table::percentile;

/// The number of chats, each with one user.
const CHATS: u64 = 1_000;

/// The webhook that messages go to and the code that signs them.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) code: Secret,
}

/// The responses of a run.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) answered: u64,
    pub(crate) took: Duration,
    /// Response times in microseconds.
    pub(crate) micros: Vec<u32>,
}

impl Measured {
    pub(crate) fn per_second(&self) -> f64 {
        self.answered as f64 / self.took.as_secs_f64()
    }

    /// A percentile of the response times, in milliseconds.
    pub(crate) fn percentile(&self, percent: usize) -> f64 {
        let millis = self.micros.iter().map(|micros| f64::from(*micros) / 1e3);
        percentile(millis.collect(), percent)
    }
}

/// The next message number, unique in this run.
static NEXT: AtomicU64 = AtomicU64::new(0);
/// What the ids of this run start with: a kept log has the messages of earlier runs.
static RUN: LazyLock<String> = LazyLock::new(|| now().as_micros().to_string());

/// Sends messages over `connections` connections for a time, on its own thread.
pub(crate) async fn run(target: &Target, connections: usize, during: Duration) -> Measured {
    let target = target.clone();
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        LocalSet::new().block_on(&runtime, send_all(target, connections, during))
    })
    .await
    .unwrap()
}

/// How long after a 503 or 429 a message is sent again, and how often at most. A broker that was
/// suspended with its NATS answers some messages with 503 until it holds its lease again.
const REPEAT_AFTER: Duration = Duration::from_millis(100);
const REPEATS_MAX: u32 = 100;
/// The number of messages that were sent again.
static REPEATED: AtomicU64 = AtomicU64::new(0);

async fn send_all(target: Target, connections: usize, during: Duration) -> Measured {
    let begin = instant();
    let mut all = JoinSet::new();
    for _ in 0..connections {
        all.spawn_local(send(target.clone(), begin + during));
    }
    let mut measured = Measured::default();
    while let Some(micros) = all.join_next().await {
        measured.micros.extend(micros.unwrap());
    }
    measured.took = begin.elapsed();
    measured.answered = measured.micros.len() as u64;
    let repeated = REPEATED.swap(0, Ordering::Relaxed);
    if repeated > 0 {
        println!("{repeated} messages were sent again after 503 or 429");
    }
    measured
}

async fn send(target: Target, until: Instant) -> Vec<u32> {
    let mut stream = TcpStream::connect(target.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let mut answer = Vec::with_capacity(4096);
    let mut micros = Vec::with_capacity(1024);
    loop {
        let request = request(&target, NEXT.fetch_add(1, Ordering::Relaxed));
        let start = instant();
        if start >= until {
            return micros;
        }
        post(&mut stream, &request, &mut answer).await;
        micros.push(u32::try_from(start.elapsed().as_micros()).unwrap());
    }
}

/// Posts a message, again after 503 and 429, until it is accepted.
async fn post(stream: &mut TcpStream, request: &str, answer: &mut Vec<u8>) {
    for _ in 0..REPEATS_MAX {
        stream.write_all(request.as_bytes()).await.unwrap();
        answer.clear();
        while !is_whole(answer) {
            let more = stream.read_buf(answer).await.unwrap();
            assert!(more > 0, "the connection was closed");
        }
        if answer.starts_with(b"HTTP/1.1 200 ") {
            return;
        }
        let text = String::from_utf8_lossy(answer);
        let is_refused = ["HTTP/1.1 503 ", "HTTP/1.1 429 "].map(|head| text.starts_with(head));
        assert!(is_refused.contains(&true), "{text}");
        REPEATED.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(REPEAT_AFTER).await;
    }
    panic!("refused {REPEATS_MAX} times");
}

/// Opens chats with a message each. Returns their sessions.
pub(crate) async fn open_chats(target: &Target, chats: u64) -> Vec<String> {
    let mut stream = TcpStream::connect(target.address).await.unwrap();
    let (mut answer, mut sessions) = (Vec::new(), Vec::new());
    for chat in 0..chats {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let request = request_in(target, number, chat);
        post(&mut stream, &request, &mut answer).await;
        let body = answer.split(|byte| *byte == b'{').nth(1).unwrap();
        let body = [b"{", body].concat();
        let body: Value = serde_json::from_slice(&body).unwrap();
        sessions.push(body["sessionId"].as_str().unwrap().to_owned());
    }
    sessions
}

fn request(target: &Target, number: u64) -> String {
    request_in(target, number, number % CHATS)
}

fn request_in(target: &Target, number: u64, chat: u64) -> String {
    let run = RUN.as_str();
    let body = format!(
        r#"{{"type":"message","data":{{"externalMessageId":"{run}-{number}","externalChatId":"chat-{chat}","externalUserId":"user-{chat}","externalChatName":"Chat {chat}","text":"Good morning, where is my parcel? It was to come on Monday, order {number}.","createdAt":"2026-01-02T03:04:05Z"}}}}"#
    );
    let id = format!("own-{number}");
    let headers = signature::sign([&target.code], &id, now(), body.as_bytes()).unwrap();
    format!(
        "POST {} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         webhook-id: {id}\r\nwebhook-timestamp: {}\r\nwebhook-signature: {}\r\n\r\n{body}",
        target.path,
        target.address,
        body.len(),
        headers.timestamp,
        headers.signature,
    )
}

/// Whether a response has its head and the announced body.
fn is_whole(answer: &[u8]) -> bool {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = std::str::from_utf8(&answer[..end]).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().unwrap())
    });
    answer.len() >= end + 4 + length.expect("a content-length")
}
