//! A `nats-server` with our configuration, a session-router that knows some users, and the console.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::Bus;
use chat::chance::Chance;
use chat::id::{LiveChatId, UserId};
use chat::password::{self, token};
use chat::rpc::{Login, LoginReply, LoginRequest};
use chat::secret::Secret;
use chat::subject::{Question, ROLES_INBOX_PREFIX, SERVER_CONNECTIONS, Subjects};
use console::nats_server::{self, ROLES_USER, SYSTEM_USER, Settings};
use console::{Config, Error, SERVICE, Websocket};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, by_password};

/// Where the page would come from.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:8081";
/// The password of everybody here.
pub(crate) const PASSWORD: &str = "correct horse";
/// Longer than any answer takes.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// The live chat that the operator and the reader are members of.
pub(crate) const OURS: LiveChatId = LiveChatId::from_bytes([1; 16]);
/// Another one.
pub(crate) const THEIRS: LiveChatId = LiveChatId::from_bytes([2; 16]);

/// The users that the session-router knows, and the hashes of their tokens.
#[derive(Default)]
pub(crate) struct Users {
    pub(crate) logins: BTreeMap<UserId, Login>,
    pub(crate) tokens: BTreeMap<String, UserId>,
    /// Goes up with every change.
    pub(crate) position: u64,
}

pub(crate) struct World {
    pub(crate) port: u16,
    pub(crate) websocket: u16,
    pub(crate) page: u16,
    pub(crate) bus: Bus,
    pub(crate) workspace: Subjects,
    pub(crate) users: Arc<Mutex<Users>>,
    issuer: Secret,
    tasks: JoinSet<Result<(), Error>>,
    stop: CancellationToken,
    _server: Child,
    _dir: TempDir,
}

impl World {
    /// With an operator (olga), a reader (rita), a supervisor (sven) and an administrator (anna).
    pub(crate) async fn start() -> Self {
        Self::start_with(true).await
    }

    /// The same, with or without the session-router.
    pub(crate) async fn start_with(router: bool) -> Self {
        let mut world = Self::server().await;
        if router {
            world.route().await;
        }
        world.serve().await;
        world
    }

    /// The server alone.
    pub(crate) async fn server() -> Self {
        let issuer = nats_server::new_issuer([7; 32]).unwrap();
        let (dir, server, ports) = server(&issuer).await;
        let bus = connect(ports[0], ROLES_USER).await;
        Self {
            port: ports[0],
            websocket: ports[1],
            page: 0,
            bus,
            workspace: "default".parse().unwrap(),
            users: Arc::new(Mutex::new(staff())),
            issuer,
            tasks: JoinSet::new(),
            stop: CancellationToken::new(),
            _server: server,
            _dir: dir,
        }
    }

    /// Starts the console.
    pub(crate) async fn serve(&mut self) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.page = listener.local_addr().unwrap().port();
        let config = Config {
            issuer: self.issuer.clone(),
            websocket: Websocket::listening(([127, 0, 0, 1], self.websocket).into()),
            origins: vec![ORIGIN.to_owned()],
        };
        self.tasks.spawn(console::run(
            config,
            listener,
            self.bus.clone(),
            Some(connect(self.port, SYSTEM_USER).await),
            self.workspace.clone(),
            self.stop.clone(),
        ));
        self.announced().await;
    }

    /// Waits until NATS lists a connection of this user that has not signed in yet.
    pub(crate) async fn asked_by(&self, user: &str) {
        let system = connect(self.port, SYSTEM_USER).await;
        let asking = json!({ "auth": true, "acc": "$G", "user": user }).to_string();
        let listed = async {
            loop {
                let subject = SERVER_CONNECTIONS.to_owned();
                let list = system.request(subject, &[], asking.clone().into(), PATIENCE);
                let list: Value = serde_json::from_slice(&list.await.unwrap().payload).unwrap();
                if list["data"]["connections"].get(0).is_some() {
                    return;
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, listed)
            .await
            .expect("NATS must list the connection");
    }

    /// Somebody connects with the right password.
    pub(crate) async fn sign_in(&self, user: &str) -> Client {
        let proof = by_password(user, PASSWORD);
        Client::connect(self.port, proof).await.unwrap()
    }

    /// Changes a user's rights and publishes it, as the session router does.
    pub(crate) async fn change(&self, user: &str, change: impl FnOnce(&mut Login)) {
        self.set(user, change);
        self.notify(user).await;
    }

    /// Publishes that a user's rights changed.
    pub(crate) async fn notify(&self, user: &str) {
        let subject = self.workspace.rights(&user.parse().unwrap());
        let position = self.users.lock().unwrap().position;
        let payload = chat::codec::encode(&position).into();
        self.bus.publish(subject, &[], payload).await.unwrap();
    }

    /// Changes a user's rights without publishing it, so that no connection is closed.
    pub(crate) fn set(&self, user: &str, change: impl FnOnce(&mut Login)) {
        let id: UserId = user.parse().unwrap();
        let mut users = self.users.lock().unwrap();
        users.position += 1;
        change(users.logins.get_mut(&id).unwrap());
    }

    /// Stops the console and says how it ended.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        self.stop.cancel();
        let mut ended = Ok(());
        while let Some(task) = self.tasks.join_next().await {
            ended = ended.and(task.unwrap());
        }
        ended
    }

    /// Starts the session-router.
    pub(crate) async fn route(&mut self) {
        let subject = self.workspace.router(Question::Login);
        let mut questions = self.bus.subscribe(&subject, None).await.unwrap();
        self.bus.flush().await.unwrap();
        let (bus, users, stop) = (self.bus.clone(), self.users.clone(), self.stop.clone());
        self.tasks.spawn(async move {
            while let Some(Some(message)) = stop.run_until_cancelled(questions.next()).await {
                let question: LoginRequest = chat::codec::decode(&message.payload).unwrap();
                let answer = users.lock().unwrap().answer(question);
                bus.answer(&message, &answer).await.unwrap();
            }
            Ok(())
        });
    }

    async fn announced(&mut self) {
        let subject = format!("$SRV.PING.{SERVICE}");
        let ask = || (self.bus).request(subject.clone(), &[], bytes::Bytes::new(), PATIENCE);
        let replied = async {
            while ask().await.is_err() {
                assert!(self.tasks.try_join_next().is_none(), "the console ended");
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, replied)
            .await
            .expect("the console must announce itself");
    }
}

impl Users {
    fn answer(&self, question: LoginRequest) -> LoginReply {
        let user = match question {
            LoginRequest::Password(user) => user,
            LoginRequest::Token(hash) => self.tokens.get(&hash)?.clone(),
        };
        let login = self.logins.get(&user)?.clone();
        let as_of = self.position;
        Some(Login { as_of, ..login })
    }

    /// Gives a user a token.
    pub(crate) fn issue(&mut self, user: &str) -> String {
        let token = token::new(&mut Chance::from_seed([3; 32]));
        self.tokens
            .insert(token::hash(&token), user.parse().unwrap());
        token.expose().to_owned()
    }
}

fn staff() -> Users {
    let mut users = Users::default();
    let password_hash = password::hash(&Secret::new(PASSWORD), [9; 16]);
    for (name, feeds, audit) in [
        ("olga", Some(vec![OURS]), false),
        ("rita", Some(vec![OURS]), false),
        ("sven", None, false),
        ("anna", None, true),
    ] {
        let user: UserId = name.parse().unwrap();
        let login = Login {
            user: user.clone(),
            password_hash: password_hash.clone(),
            feeds,
            audit,
            as_of: 0,
        };
        users.logins.insert(user, login);
    }
    users
}

/// Starts a server on free ports: for clients and for `WebSocket`s.
async fn server(issuer: &Secret) -> (TempDir, Child, [u16; 2]) {
    let dir = tempfile::tempdir().unwrap();
    let settings = Settings {
        name: "test".to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        websocket: "127.0.0.1:0".parse().unwrap(),
        origins: vec![ORIGIN.to_owned()],
        issuer: nats_server::issuer_key(issuer).unwrap(),
        roles_password: Secret::new(password_of(ROLES_USER)),
        system_password: Secret::new(password_of(SYSTEM_USER)),
        directory: dir.path().to_owned(),
    };
    let file = dir.path().join("nats-server.conf");
    std::fs::write(&file, nats_server::config(&settings).expose()).unwrap();
    let log = std::fs::File::create(dir.path().join("log")).unwrap();
    let child = Command::new(bus::testing::binary())
        .arg("--config")
        .arg(file)
        .stdout(Stdio::null())
        .stderr(log)
        .kill_on_drop(true)
        .spawn()
        .expect("nats-server runs; ./just tools gets it");
    let ports = dir
        .path()
        .join(format!("nats-server_{}.ports", child.id().unwrap()));
    let listening = async {
        loop {
            let text = std::fs::read_to_string(&ports).unwrap_or_default();
            if let Ok(ports) = serde_json::from_str::<Value>(&text) {
                return [port(&ports["nats"][0]), port(&ports["websocket"][0])];
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let Ok(ports) = tokio::time::timeout(PATIENCE, listening).await else {
        let log = std::fs::read_to_string(dir.path().join("log"));
        panic!("nats-server does not listen: {log:?}");
    };
    (dir, child, ports)
}

fn port(url: &Value) -> u16 {
    let (_, port) = url.as_str().unwrap().rsplit_once(':').unwrap();
    port.parse().unwrap()
}

/// Passwords with everything that a configuration file might stumble over.
fn password_of(user: &str) -> String {
    format!("{user} \"quoted\" \\ $VAR # {{[;]}} 'ж'")
}

/// Connects as one of the users in the configuration.
pub(crate) async fn connect(port: u16, user: &str) -> Bus {
    let config = bus::Config {
        url: format!("nats://127.0.0.1:{port}"),
        user: Some(user.to_owned()),
        password: Some(Secret::new(password_of(user))),
        token: None,
        name: user.to_owned(),
        inbox_prefix: Some(ROLES_INBOX_PREFIX.to_owned()),
    };
    Bus::connect(&config).await.unwrap()
}
