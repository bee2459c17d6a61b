//! The fixture of most tests: a broker, a live chat with one operator, and a connected messenger.

use serde_json::{Value, json};

use crate::broker::{PASSWORD, TestBroker};
use crate::messenger::Messenger;
use crate::operator::Operator;
use crate::response::Behaviour;

pub(crate) struct World {
    pub(crate) messenger: Messenger,
    pub(crate) channel: String,
    pub(crate) live_chat: String,
    pub(crate) admin: Operator,
    /// An operator, member of the live chat.
    pub(crate) olga: Operator,
    pub(crate) broker: TestBroker,
}

/// How a [`World`] differs from the default.
pub(crate) struct Setup<'a> {
    pub(crate) settings: &'a [(&'a str, &'a str)],
    pub(crate) code: &'a str,
    pub(crate) behaviour: Behaviour,
    /// Further parameters of `channels.connect`.
    pub(crate) connect: Value,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            settings: &[],
            code: "open sesame",
            behaviour: Behaviour::complete(),
            connect: json!({}),
        }
    }
}

/// Settings that retry a delivery every 200 ms, without a limit.
const SHORT_RETRIES: [(&str, &str); 1] = [("delivery.schedule", r#"["0s", "200ms"]"#)];

impl Setup<'static> {
    /// Retries deliveries after 200 ms.
    pub(crate) fn short_retries() -> Self {
        Self {
            settings: &SHORT_RETRIES,
            ..Self::default()
        }
    }

    /// A messenger that responds 200 and nothing else.
    pub(crate) fn basic_messenger() -> Self {
        Self {
            behaviour: Behaviour::basic(),
            ..Self::default()
        }
    }
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup<'_>) -> Self {
        let broker = TestBroker::with(setup.settings).await;
        let admin = broker.admin().await;
        create_user(&admin, "olga", "operators").await;
        let live_chat = create_live_chat(&admin, "Sales", &["olga"]).await;
        let olga = broker.sign_in("olga").await;
        let messenger = Messenger::start(setup.code, setup.behaviour).await;
        let answer = connect(&admin, &live_chat, &messenger, setup.connect).await;
        assert_eq!(answer["channel"]["status"], "active", "{answer}");
        let channel = text(&answer["channel"]["id"]);
        Self {
            messenger,
            channel,
            live_chat,
            admin,
            olga,
            broker,
        }
    }

    /// Opens a session with the first message of a chat. Returns the session's id.
    pub(crate) async fn queued_session(&self, chat: &str) -> String {
        let id = format!("first-of-{chat}");
        text(&self.messenger.say(&id, chat, "hello").await["sessionId"])
    }

    /// Opens a session and assigns it to the operator.
    pub(crate) async fn assigned_session(&self, chat: &str) -> String {
        let session = self.queued_session(chat).await;
        self.olga.on_session("sessions.take", &session).await;
        session
    }

    /// Sends a message of the operator. Returns its id.
    pub(crate) async fn send(&self, session: &str, content: &str) -> String {
        let args = json!({ "session": session, "text": content });
        text(&self.olga.call("messages.send", args).await["messageId"])
    }

    /// Waits until the delivery of a message is in this state. Returns the delivery.
    pub(crate) async fn delivery(&self, session: &str, message: &str, state: &str) -> Value {
        let args = json!({ "session": session, "limit": 500 });
        self.admin
            .until("sessions.history", args, |page| {
                let all = page["messages"].as_array().unwrap();
                let found = all.iter().find(|one| one["id"] == message)?;
                let delivery = found["delivery"].clone();
                (delivery["state"] == state).then_some(delivery)
            })
            .await
    }

    /// Sends a message that the messenger answers with 500, from now on, and that then waits for its retry.
    /// Returns its id.
    pub(crate) async fn failing_message(&self, session: &str) -> String {
        self.messenger.respond_status("message", 500);
        let id = self.send(session, "hello").await;
        let args = json!({ "session": session, "limit": 500 });
        let waits = |page: &Value| {
            let all = page["messages"].as_array().unwrap();
            let found = all.iter().find(|one| one["id"] == id.as_str())?;
            found["delivery"]["nextAttemptAt"].is_string().then_some(())
        };
        self.admin.until("sessions.history", args, waits).await;
        id
    }

    /// The current delivery of a message.
    pub(crate) async fn delivery_of(&self, session: &str, message: &str) -> Value {
        let history = self.history(session).await;
        let found = history.iter().find(|one| one["id"] == message);
        found.expect("the message is in the history")["delivery"].clone()
    }

    /// Waits until the channel has this status. Returns the channel.
    pub(crate) async fn channel_is(&self, status: &str) -> Value {
        let args = json!({ "channel": self.channel });
        self.admin
            .until("channels.get", args, |answer| {
                (answer["channel"]["status"] == status).then(|| answer["channel"].clone())
            })
            .await
    }

    /// The channel as the administrator sees it.
    pub(crate) async fn channel(&self) -> Value {
        let args = json!({ "channel": self.channel });
        self.admin.call("channels.get", args).await["channel"].clone()
    }

    /// The messages of a chat, oldest first.
    pub(crate) async fn history(&self, session: &str) -> Vec<Value> {
        let args = json!({ "session": session, "limit": 500 });
        list(&self.admin.call("sessions.history", args).await, "messages")
    }

    /// Creates a user and signs in as them.
    pub(crate) async fn new_user(&self, login: &str, group: &str) -> Operator {
        create_user(&self.admin, login, group).await;
        self.broker.sign_in(login).await
    }

    /// Creates operators, who become members of the live chat with olga.
    pub(crate) async fn new_operators<const N: usize>(&self, logins: [&str; N]) -> [Operator; N] {
        for login in logins {
            create_user(&self.admin, login, "operators").await;
        }
        self.set_members(&[&["olga"], &logins[..]].concat()).await;
        let sign_ins = logins.map(|login| self.broker.sign_in(login));
        let operators = futures_util::future::join_all(sign_ins).await;
        operators.try_into().ok().unwrap()
    }

    /// Replaces the members of the live chat.
    pub(crate) async fn set_members(&self, users: &[&str]) {
        let args = json!({ "liveChat": self.live_chat, "users": users });
        self.admin.call("live-chats.members", args).await;
    }

    /// Kills the broker and starts it again.
    pub(crate) async fn crash(&mut self) {
        self.broker.kill().await;
        self.broker.start().await;
    }
}

/// Creates a user.
pub(crate) async fn create_user(admin: &Operator, login: &str, group: &str) {
    let args = json!({
        "login": login, "name": login.to_uppercase(), "groups": [group], "password": PASSWORD,
    });
    admin.call("users.create", args).await;
}

/// Creates a live chat with these members. Returns its id.
pub(crate) async fn create_live_chat(admin: &Operator, name: &str, members: &[&str]) -> String {
    let args = json!({ "name": name });
    let live_chat = text(&admin.call("live-chats.create", args).await["liveChat"]["id"]);
    let args = json!({ "liveChat": live_chat, "users": members });
    admin.call("live-chats.members", args).await;
    live_chat
}

/// Connects a messenger, with further parameters. Returns the answer.
pub(crate) async fn connect(
    admin: &Operator,
    live_chat: &str,
    messenger: &Messenger,
    more: Value,
) -> Value {
    let args = connect_args(live_chat, messenger, more);
    admin.call("channels.connect", args).await
}

/// The parameters of `channels.connect`.
pub(crate) fn connect_args(live_chat: &str, messenger: &Messenger, more: Value) -> Value {
    let mut args = json!({
        "liveChat": live_chat, "name": "Shop", "webhook": messenger.url(), "code": messenger.code,
    });
    for (name, value) in more.as_object().unwrap() {
        args[name] = value.clone();
    }
    args
}

/// A JSON string.
pub(crate) fn text(value: &Value) -> String {
    let text = value.as_str().map(str::to_owned);
    text.unwrap_or_else(|| panic!("{value} is not a string"))
}

/// An array of an answer.
pub(crate) fn list(answer: &Value, name: &str) -> Vec<Value> {
    let list = answer[name].as_array().cloned();
    list.unwrap_or_else(|| panic!("no {name} in {answer}"))
}

/// One member of every object in a list.
pub(crate) fn each(list: &[Value], name: &str) -> Vec<Value> {
    list.iter().map(|one| one[name].clone()).collect()
}

/// Asserts that an object has these members.
#[track_caller]
pub(crate) fn has(object: &Value, members: &Value) {
    for (name, value) in members.as_object().unwrap() {
        assert_eq!(object[name], *value, "{name} of {object}");
    }
}
