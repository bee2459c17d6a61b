//! All greedy clients at once, while a healthy messenger and a healthy operator talk. Each of them
//! alone is in `doors` and `fairness`.
//!
//! The test asserts that nothing is refused, and prints the times: docs/performance.md has those of an
//! optimised binary.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::TcpStream;
use tokio::runtime::{self, Runtime};
use tokio::task::JoinSet;

use crate::broker::PASSWORD;
use crate::doors::{flood, rest, signed_in, stalled_post, strangers};
use crate::fairness::{hang, sessions};
use crate::messenger::Messenger;
use crate::operator::Operator;
use crate::response::Behaviour;
use crate::wait::within;
use crate::world::World;

/// The exchanges of a message in each direction that are timed.
const EXCHANGES: usize = 60;
/// The sign-ins that are timed.
const SIGN_INS: usize = 20;
/// Channels of a messenger that hangs, and their chats.
const HANGING: (usize, usize) = (40, 4);
/// Strangers that sign in with made-up names, each again and again.
const FLOOD: usize = 300;
/// Posts that stall at a time.
const STALLED: usize = 160;
/// Requests for all of the log that one user makes at a time.
const SCANS: usize = 100;
/// Connections of one user that subscribe and do not read.
const DEAF: usize = 25;

/// The greedy clients. They go on until this is dropped.
struct Greedy {
    tasks: JoinSet<()>,
    deaf: Vec<TcpStream>,
}

/// Starts the greedy clients on separate threads, so that the times of the healthy ones do not
/// include how long a task of the test waits for others.
async fn start_greedy(world: &Arc<World>) -> (Greedy, Runtime) {
    let threads = runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let world = Arc::clone(world);
    let started = tokio::task::spawn_blocking(move || {
        let greedy = threads.block_on(Greedy::start(&world));
        (greedy, threads)
    });
    started.await.unwrap()
}

impl Greedy {
    async fn start(world: &World) -> Self {
        let mut greedy = Self {
            tasks: JoinSet::new(),
            deaf: Vec::new(),
        };
        greedy.hang(world).await;
        greedy.scan(world).await;
        greedy.listen_without_reading(world).await;
        greedy.stall(world);
        for number in 0..FLOOD {
            let nats = world.broker.listener("nats.listen");
            let sent = Arc::new(AtomicUsize::new(0));
            greedy.tasks.spawn(flood(nats, number, sent));
        }
        greedy
    }

    /// Messages to a messenger that hangs.
    async fn hang(&mut self, world: &World) {
        let messenger = Messenger::start("hanging", Behaviour::complete()).await;
        let (channels, chats) = HANGING;
        let hung = sessions(world, &messenger, channels, chats).await;
        let gate = hang(&messenger, None);
        for session in hung {
            let olga = world.olga.clone();
            self.tasks.spawn(async move {
                let args = json!({ "session": session, "text": "hello" });
                olga.call("messages.send", args).await;
            });
        }
        messenger.wait_for("message", channels).await;
        self.tasks.spawn(async move {
            std::future::pending::<()>().await;
            drop((messenger, gate));
        });
    }

    /// Requests for the whole log. Surplus ones are refused.
    async fn scan(&mut self, world: &World) {
        let reader = world.new_user("reader", "supervisors").await;
        for _ in 0..SCANS {
            let reader = reader.clone();
            self.tasks.spawn(async move {
                loop {
                    let all = json!({ "position": 0, "limit": 1_000 });
                    if let Some(Err(_)) = reader.try_request("events.after", all).await {
                        tokio::time::sleep(Duration::from_millis(10)).await;
                    }
                }
            });
        }
    }

    /// Subscribers to everything that do not read, and a colleague who writes much.
    async fn listen_without_reading(&mut self, world: &World) {
        let writer = world.new_user("writer", "supervisors").await;
        let nats = world.broker.listener("nats.listen");
        let connect = json!({ "user": "writer", "pass": PASSWORD });
        let subscribe = format!("CONNECT {connect}\r\nSUB sb.default.feed.> 1\r\nPING\r\n");
        self.deaf = strangers(nats, DEAF, &subscribe).await;
        let session = world.queued_session("noise").await;
        self.tasks.spawn(async move {
            let text = "x".repeat(9_000);
            loop {
                let note = json!({ "session": session, "text": text });
                writer.call("messages.note", note).await;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
    }

    /// Posts with large bodies that do not arrive.
    fn stall(&mut self, world: &World) {
        let ingress = world.broker.listener("ingress.listen");
        let post = stalled_post(world);
        for _ in 0..STALLED {
            let post = post.clone();
            self.tasks.spawn(async move {
                loop {
                    for socket in &mut strangers(ingress, 1, &post).await {
                        rest(socket).await;
                    }
                }
            });
        }
    }
}

/// Exchanges messages, none of which may be refused. Prints how long they took.
#[expect(clippy::disallowed_methods, reason = "the times are printed")]
async fn talk(world: &World, what: &str, session: &str) {
    let before = world.messenger.received_of("message").len();
    let (mut posted, mut sent, mut delivered) = (Vec::new(), Vec::new(), Vec::new());
    for n in 1..=EXCHANGES {
        let began = Instant::now();
        let id = format!("{what}-{n}");
        within(
            "an inbound message",
            world.messenger.say(&id, "ann", "hello"),
        )
        .await;
        posted.push(began.elapsed());
        let began = Instant::now();
        within("an outbound message", world.send(session, "hello")).await;
        sent.push(began.elapsed());
        world.messenger.wait_for("message", before + n).await;
        delivered.push(began.elapsed());
    }
    for (name, times) in [("post", posted), ("send", sent), ("delivery", delivered)] {
        print(&format!("{what}, {name}"), times);
    }
}

#[expect(clippy::print_stdout, reason = "the times are printed")]
fn print(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_micros();
    println!("{what}: p50 {} us, p99 {} us", at(50), at(99));
}

/// Signs in with a password, again and again. Prints how long it took.
#[expect(clippy::disallowed_methods, reason = "the times are printed")]
async fn sign_in(url: &str) {
    let mut took = Vec::new();
    for _ in 0..SIGN_INS {
        let began = Instant::now();
        signed_in(Operator::sign_in(url, "olga", PASSWORD)).await;
        took.push(began.elapsed());
    }
    print("with greedy clients, sign-in", took);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn greedy_clients_of_all_kinds_at_once_refuse_nothing_to_healthy_ones() {
    let world = Arc::new(World::start().await);
    let session = world.assigned_session("ann").await;
    // So much that a scan of the log is work.
    for n in 0..200 {
        world
            .messenger
            .say(&format!("old-{n}"), "ann", &"x".repeat(5_000))
            .await;
    }
    talk(&world, "alone", &session).await;
    let (mut greedy, threads) = start_greedy(&world).await;
    talk(&world, "with greedy clients", &session).await;
    sign_in(&world.broker.nats_url()).await;
    // Only the messages to the messenger that hangs have ended: they are queued.
    while let Some(ended) = greedy.tasks.try_join_next() {
        ended.unwrap();
    }
    let metrics = world.broker.ops("/metrics").await.unwrap().text();
    for refused in [
        "jobs_refused_total{kind=\"scan\"}",
        "sign_ins_total{result=\"flood\"}",
    ] {
        assert!(metrics.contains(refused), "{refused}: {metrics}");
    }
    drop(greedy);
    threads.shutdown_background();
}
