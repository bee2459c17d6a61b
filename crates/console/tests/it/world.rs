//! A `nats-server` with our configuration, a fake session router with some users, and the console.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::Bus;
use bus::testing::Server;
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
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::client::{Client, by_password};

/// The origin of the page.
pub(crate) const ORIGIN: &str = "http://127.0.0.1:8081";
/// The password of every user.
pub(crate) const PASSWORD: &str = "correct horse";
/// The timeout of every wait: longer than anything here takes.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// The live chat that the operator and the reader are members of.
pub(crate) const OURS: LiveChatId = LiveChatId::from_bytes([1; 16]);
/// Another live chat.
pub(crate) const THEIRS: LiveChatId = LiveChatId::from_bytes([2; 16]);

/// The users of the fake session router, and the hashes of their tokens.
#[derive(Default)]
pub(crate) struct Users {
    pub(crate) logins: BTreeMap<UserId, Login>,
    pub(crate) tokens: BTreeMap<String, UserId>,
    /// The log position of the last change.
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
    system: Bus,
    tasks: JoinSet<Result<(), Error>>,
    consoles: usize,
    stop: CancellationToken,
    _server: Server,
    _dir: TempDir,
}

impl World {
    /// Starts everything, with an operator (olga), a reader (rita), a supervisor (sven) and an
    /// administrator (anna).
    pub(crate) async fn start() -> Self {
        Self::start_with(true).await
    }

    /// The same, with or without the session router.
    pub(crate) async fn start_with(router: bool) -> Self {
        let mut world = Self::server().await;
        if router {
            world.route().await;
        }
        world.serve().await;
        world
    }

    /// Starts only the server.
    pub(crate) async fn server() -> Self {
        let issuer = nats_server::new_issuer([7; 32]).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let config = nats_server::config(&settings(&issuer, dir.path().to_owned()));
        let server = Server::start_with(config.expose()).await;
        Self {
            port: server.port(),
            websocket: server.websocket_port().await,
            page: 0,
            bus: connect(server.port(), ROLES_USER).await,
            workspace: "default".parse().unwrap(),
            users: Arc::new(Mutex::new(staff())),
            issuer,
            system: connect(server.port(), SYSTEM_USER).await,
            tasks: JoinSet::new(),
            consoles: 0,
            stop: CancellationToken::new(),
            _server: server,
            _dir: dir,
        }
    }

    /// Starts the console, on the connection of the fake session router.
    pub(crate) async fn serve(&mut self) {
        self.serve_on(self.bus.clone()).await;
    }

    /// Starts another console, on its own connection.
    pub(crate) async fn serve_another(&mut self) {
        self.serve_on(connect(self.port, ROLES_USER).await).await;
    }

    async fn serve_on(&mut self, bus: Bus) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.page = listener.local_addr().unwrap().port();
        let config = Config {
            issuer: self.issuer.clone(),
            websocket: Websocket::listening(([127, 0, 0, 1], self.websocket).into()),
            origins: vec![ORIGIN.to_owned()],
            self_test: None,
        };
        self.tasks.spawn(console::run(
            config,
            listener,
            bus,
            Some(connect(self.port, SYSTEM_USER).await),
            self.workspace.clone(),
            self.stop.clone(),
        ));
        self.consoles += 1;
        self.consoles_started().await;
    }

    /// Waits until the only client that has not signed in has sent its credentials.
    pub(crate) async fn asked(&self) {
        let signing_in = json!({ "auth": true, "acc": "$G" });
        let asked = async { while self.listed(&signing_in).await["lang"].is_null() {} };
        tokio::time::timeout(PATIENCE, asked).await.unwrap();
    }

    /// Waits until NATS lists a connection that matches this filter, and returns it.
    pub(crate) async fn listed(&self, filter: &Value) -> Value {
        self.list(filter, 1).await.remove(0)
    }

    /// Connects with the right password.
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

    /// Stops the console and returns its result.
    pub(crate) async fn stop(mut self) -> Result<(), Error> {
        self.stop.cancel();
        let mut ended = Ok(());
        while let Some(task) = self.tasks.join_next().await {
            ended = ended.and(task.unwrap());
        }
        ended
    }

    /// Starts the fake session router.
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

    /// Waits until every console has closed the connections that it closes at its start. A console then
    /// lists the connections of users whose rights change.
    async fn consoles_started(&self) {
        let ping = format!("$SRV.PING.{SERVICE}");
        let announced = json!({ "auth": true, "acc": "SB", "filter_subject": ping });
        self.list(&announced, self.consoles).await;
        let mut requests = (self.system.subscribe(SERVER_CONNECTIONS, None).await).unwrap();
        self.system.flush().await.unwrap();
        self.notify("nobody").await;
        let started = async {
            let mut started = 0;
            while started < self.consoles {
                let request = requests.next().await.unwrap();
                let filter: Value = serde_json::from_slice(&request.payload).unwrap();
                started += usize::from(filter["user"] == "nobody");
            }
        };
        tokio::time::timeout(PATIENCE, started)
            .await
            .expect("the consoles must start");
    }

    /// Waits until NATS lists at least `least` connections that match this filter, and returns them.
    async fn list(&self, filter: &Value, least: usize) -> Vec<Value> {
        let listed = async {
            loop {
                let subject = SERVER_CONNECTIONS.to_owned();
                let list = (self.system).request(subject, &[], filter.to_string().into(), PATIENCE);
                let list: Value = serde_json::from_slice(&list.await.unwrap().payload).unwrap();
                let connections = list["data"]["connections"].as_array().unwrap();
                if connections.len() >= least {
                    return connections.clone();
                }
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(PATIENCE, listed)
            .await
            .expect("NATS must list the connections")
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

    /// Issues a token of a user.
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

fn settings(issuer: &Secret, directory: PathBuf) -> Settings {
    Settings {
        name: "test".to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        websocket: "127.0.0.1:0".parse().unwrap(),
        origins: vec![ORIGIN.to_owned()],
        issuer: nats_server::issuer_key(issuer).unwrap(),
        roles_password: Secret::new(password_of(ROLES_USER)),
        system_password: Secret::new(password_of(SYSTEM_USER)),
        directory: Some(directory),
    }
}

/// Returns a password with characters that a configuration file must escape.
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
