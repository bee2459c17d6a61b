//! A broker as a child process, `switchboard up` with its NATS, and its users.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use bus::Bus;
use chat::secret::Secret;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::clock::instant;
use crate::gateway::CODE;
use crate::load::Target;
use crate::ports;
use crate::process::{Tree, directory};
use crate::subscriber::Subscriber;

const PASSWORD: &str = "correct horse battery";
const LIMIT: Duration = Duration::from_mins(30);

/// A data directory and, while it runs, the broker on it.
pub(crate) struct Broker {
    tree: Option<Tree>,
    /// The addresses of ingress, console, ops, NATS and its WebSocket.
    ports: [SocketAddr; 5],
    program: PathBuf,
    home: Home,
}

/// The directory that contains the data directory.
enum Home {
    Temporary(TempDir),
    Kept(PathBuf),
}

impl Broker {
    pub(crate) async fn init(program: PathBuf) -> Self {
        Self::init_at(program, Home::Temporary(directory())).await
    }

    /// Makes a data directory below this directory, which stays.
    pub(crate) async fn init_kept(program: PathBuf, home: &Path) -> Self {
        std::fs::create_dir_all(home).unwrap();
        Self::init_at(program, Home::Kept(home.to_owned())).await
    }

    /// Uses the data directory that [`init_kept`](Self::init_kept) made.
    pub(crate) fn of_kept(program: PathBuf, home: &Path) -> Self {
        Self {
            tree: None,
            ports: ports::free(),
            program,
            home: Home::Kept(home.to_owned()),
        }
    }

    async fn init_at(program: PathBuf, home: Home) -> Self {
        let broker = Self {
            tree: None,
            ports: ports::free(),
            program,
            home,
        };
        let password = broker.home().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let mut init = Command::new(&broker.program);
        init.args(["init", "--dev", "--admin-password-file"])
            .arg(password);
        init.arg("--data").arg(broker.data()).stdout(Stdio::null());
        assert!(init.status().await.unwrap().success());
        broker
    }

    /// Starts the broker and returns the time until it was ready.
    pub(crate) async fn up(&mut self) -> Duration {
        let start = instant();
        let mut up = Command::new(&self.program);
        up.arg("up").arg("--data").arg(self.data());
        for (name, address) in ports::LISTENERS.into_iter().zip(self.ports) {
            up.args(["--set", &format!("{name}={address}")]);
        }
        for set in ["ingress.rate=0", "ingress.connections_per_source_max=0"] {
            up.args(["--set", set]);
        }
        let log = std::fs::File::create(self.home().join("log")).unwrap();
        up.stdout(log.try_clone().unwrap()).stderr(log);
        self.tree = Some(Tree::start(&mut up));
        while !self.is_ready().await {
            assert!(start.elapsed() < LIMIT, "not ready after {LIMIT:?}");
            let tree = self.tree.as_mut();
            assert!(!tree.is_some_and(Tree::has_ended), "{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        start.elapsed()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home().join("log")).unwrap()
    }

    async fn is_ready(&self) -> bool {
        let reply = async {
            let mut stream = TcpStream::connect(self.ports[2]).await.ok()?;
            let request = b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n";
            stream.write_all(request).await.ok()?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.ok()?;
            Some(answer.starts_with(b"HTTP/1.1 200 "))
        };
        reply.await.unwrap_or(false)
    }

    pub(crate) async fn stop(&mut self) {
        self.tree.take().unwrap().stop().await;
    }

    pub(crate) fn tree(&self) -> &Tree {
        self.tree.as_ref().unwrap()
    }

    fn home(&self) -> &Path {
        match &self.home {
            Home::Temporary(dir) => dir.path(),
            Home::Kept(dir) => dir,
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home().join("data")
    }

    /// Signs a user in.
    pub(crate) async fn user(&self, login: &str) -> User {
        let config = bus::Config {
            url: format!("nats://{}", self.ports[3]),
            user: Some(login.to_owned()),
            password: Some(Secret::new(PASSWORD)),
            token: None,
            name: "bench".to_owned(),
            inbox_prefix: Some(format!("_INBOX.{login}")),
        };
        let start = instant();
        loop {
            match Bus::connect(&config).await {
                Ok(bus) => {
                    let login = login.to_owned();
                    return User { bus, login };
                }
                // NATS rejects everyone until the console role has subscribed.
                Err(error) => assert!(start.elapsed() < LIMIT, "{error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Subscribes to all feeds.
    pub(crate) async fn subscriber(&self) -> Subscriber {
        let admin = self.user("admin").await;
        let feed = "sb.default.feed.>";
        let subscriber = Subscriber::start(&admin.bus, feed).await;
        // After this answer the server knows the subscription.
        admin.call("me", &json!({})).await;
        subscriber
    }

    /// Connects a messenger, with the operator olga. Returns the target that it posts to.
    pub(crate) async fn channel(&self, webhook: SocketAddr) -> Target {
        self.channel_with(webhook, &["olga".to_owned()]).await
    }

    /// Connects a messenger, with these operators. Returns the target that it posts to.
    pub(crate) async fn channel_with(&self, webhook: SocketAddr, operators: &[String]) -> Target {
        let (admin, live_chat) = self.live_chat(operators).await;
        let webhook = format!("http://{webhook}/");
        self.target(&Self::connect(&admin, &live_chat, &webhook).await)
    }

    /// Creates operators and their live chat. Returns its id and the administrator.
    pub(crate) async fn live_chat(&self, operators: &[String]) -> (User, String) {
        let admin = self.user("admin").await;
        for login in operators {
            let user = json!({
                "login": login, "name": login, "groups": ["operators"], "password": PASSWORD,
            });
            admin.call("users.create", &user).await;
        }
        let made = admin
            .call("live-chats.create", &json!({ "name": "Desk" }))
            .await;
        let live_chat = made["liveChat"]["id"].as_str().unwrap().to_owned();
        let members = json!({ "liveChat": live_chat, "users": operators });
        admin.call("live-chats.members", &members).await;
        (admin, live_chat)
    }

    /// Connects a messenger to a live chat. Returns the channel.
    pub(crate) async fn connect(admin: &User, live_chat: &str, webhook: &str) -> String {
        let connect = json!({
            "liveChat": live_chat, "name": "Shop", "code": CODE, "webhook": webhook,
        });
        let made = admin.call("channels.connect", &connect).await;
        let channel = &made["channel"];
        assert_eq!(channel["status"], "active", "{made}");
        channel["id"].as_str().unwrap().to_owned()
    }

    /// Moves an existing channel to another webhook. Returns the target that it posts to.
    pub(crate) async fn move_channel(&self, channel: &str, webhook: SocketAddr) -> Target {
        let admin = self.user("admin").await;
        let moved = json!({ "channel": channel, "webhook": format!("http://{webhook}/") });
        let moved = admin.call("channels.update", &moved).await;
        assert_eq!(moved["channel"]["status"], "active", "{moved}");
        self.target(channel)
    }

    /// The target that the messenger of a channel posts to.
    pub(crate) fn target(&self, channel: &str) -> Target {
        Target {
            address: self.ports[0],
            path: path(channel),
            code: Secret::new(CODE),
        }
    }
}

/// The path that a channel's messenger posts to.
pub(crate) fn path(channel: &str) -> String {
    format!("{}{channel}", chat::messenger::outbound::WEBHOOK_PATH)
}

/// A user who is signed in.
pub(crate) struct User {
    bus: Bus,
    login: String,
}

impl User {
    /// Sends a request that must succeed. Returns the `ok` member.
    pub(crate) async fn call(&self, method: &str, args: &Value) -> Value {
        self.timed(method, args).await.0
    }

    /// Does the same and returns the time of the request.
    pub(crate) async fn timed(&self, method: &str, args: &Value) -> (Value, Instant) {
        let subject = format!("sb.default.api.{}.{method}", self.login);
        let payload = args.to_string().into();
        let start = instant();
        let reply = self.bus.request(subject, &[], payload, LIMIT).await;
        let mut reply: Value = serde_json::from_slice(&reply.unwrap().payload).unwrap();
        assert!(reply["error"].is_null(), "{method}: {reply}");
        (reply["ok"].take(), start)
    }
}
