//! The usual scene: a broker, a live chat with one operator, a messenger connected to it.

use serde_json::{Value, json};

use crate::answer::Manners;
use crate::house::{House, PASSWORD};
use crate::messenger::Messenger;
use crate::operator::Operator;

pub(crate) struct Scene {
    pub(crate) messenger: Messenger,
    pub(crate) channel: String,
    pub(crate) live_chat: String,
    pub(crate) admin: Operator,
    /// An operator, member of the live chat.
    pub(crate) olga: Operator,
    pub(crate) house: House,
}

/// What is not as usual.
pub(crate) struct Setup<'a> {
    pub(crate) settings: &'a [(&'a str, &'a str)],
    pub(crate) code: &'a str,
    pub(crate) manners: Manners,
    /// Further members of `channels.connect`.
    pub(crate) connect: Value,
}

impl Default for Setup<'_> {
    fn default() -> Self {
        Self {
            settings: &[],
            code: "open sesame",
            manners: Manners::good(),
            connect: json!({}),
        }
    }
}

impl Scene {
    pub(crate) async fn open() -> Self {
        Self::with(Setup::default()).await
    }

    pub(crate) async fn with(setup: Setup<'_>) -> Self {
        let house = House::with(setup.settings).await;
        let admin = house.admin().await;
        hire(&admin, "olga", "operators").await;
        let live_chat = open_live_chat(&admin, "Sales", &["olga"]).await;
        let olga = house.sign_in("olga").await;
        let messenger = Messenger::start(setup.code, setup.manners).await;
        let answer = connect(&admin, &live_chat, &messenger, setup.connect).await;
        assert_eq!(answer["channel"]["status"], "active", "{answer}");
        let channel = text(&answer["channel"]["id"]);
        Self {
            messenger,
            channel,
            live_chat,
            admin,
            olga,
            house,
        }
    }

    /// A person writes the first message of a chat: the session that it opens.
    pub(crate) async fn session(&self, chat: &str) -> String {
        let id = format!("first-of-{chat}");
        text(&self.messenger.say(&id, chat, "hello").await["sessionId"])
    }

    /// The same, and the operator takes it.
    pub(crate) async fn taken(&self, chat: &str) -> String {
        let session = self.session(chat).await;
        self.olga
            .call("sessions.take", json!({ "session": session }))
            .await;
        session
    }

    /// The operator answers: the message's id.
    pub(crate) async fn answer(&self, session: &str, words: &str) -> String {
        let args = json!({ "session": session, "text": words });
        text(&self.olga.call("messages.send", args).await["messageId"])
    }

    /// Waits until a message's delivery is in this state: the delivery.
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

    /// A message's delivery as it stands.
    pub(crate) async fn delivery_of(&self, session: &str, message: &str) -> Value {
        let history = self.history(session).await;
        let found = history.iter().find(|one| one["id"] == message);
        found.expect("the message is in the history")["delivery"].clone()
    }

    /// Waits until the channel has this status: the channel.
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

    /// What was said in a chat, oldest first.
    pub(crate) async fn history(&self, session: &str) -> Vec<Value> {
        let args = json!({ "session": session, "limit": 500 });
        list(&self.admin.call("sessions.history", args).await, "messages")
    }

    /// Somebody new, signed in.
    pub(crate) async fn hire(&self, login: &str, group: &str) -> Operator {
        hire(&self.admin, login, group).await;
        self.house.sign_in(login).await
    }
}

/// Makes a user.
pub(crate) async fn hire(admin: &Operator, login: &str, group: &str) {
    let args = json!({
        "login": login, "name": login.to_uppercase(), "groups": [group], "password": PASSWORD,
    });
    admin.call("users.create", args).await;
}

/// Makes a live chat with these members: its id.
pub(crate) async fn open_live_chat(admin: &Operator, name: &str, members: &[&str]) -> String {
    let made = admin
        .call("live-chats.create", json!({ "name": name }))
        .await;
    let live_chat = text(&made["liveChat"]["id"]);
    let args = json!({ "liveChat": live_chat, "users": members });
    admin.call("live-chats.members", args).await;
    live_chat
}

/// Connects a messenger, with more members if they are wanted: the answer.
pub(crate) async fn connect(
    admin: &Operator,
    live_chat: &str,
    messenger: &Messenger,
    more: Value,
) -> Value {
    admin
        .call("channels.connect", connecting(live_chat, messenger, more))
        .await
}

/// What `channels.connect` is asked with.
pub(crate) fn connecting(live_chat: &str, messenger: &Messenger, more: Value) -> Value {
    let mut args = json!({
        "liveChat": live_chat, "name": "Shop", "webhook": messenger.url(), "code": messenger.code,
    });
    for (name, value) in more.as_object().unwrap() {
        args[name] = value.clone();
    }
    args
}

/// A text of an object.
pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no text"))
        .to_owned()
}

/// A list of an answer.
pub(crate) fn list(answer: &Value, name: &str) -> Vec<Value> {
    answer[name]
        .as_array()
        .unwrap_or_else(|| panic!("no {name} in {answer}"))
        .clone()
}

/// One member of each.
pub(crate) fn each(list: &[Value], name: &str) -> Vec<Value> {
    list.iter().map(|one| one[name].clone()).collect()
}
