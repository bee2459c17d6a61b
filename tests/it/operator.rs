//! Somebody at a console: a plain NATS client that knows nothing but the specification.

use std::collections::VecDeque;
use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, Message, Subscriber};
use futures_util::StreamExt as _;
use serde_json::Value;
use tokio::sync::watch;

use crate::patience::{PATIENCE, until, within};

/// The pause before it is tried again to connect.
const RECONNECT: Duration = Duration::from_millis(100);

#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) login: String,
    client: Client,
    /// What the server complained of.
    complaints: watch::Receiver<Vec<String>>,
}

/// `{"error": …}`.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: Value,
    /// `Nats-Service-Error-Code`.
    pub(crate) status: String,
}

impl Operator {
    /// Signs in, or says why not.
    pub(crate) async fn sign_in(url: &str, login: &str, password: &str) -> Result<Self, String> {
        let options = ConnectOptions::with_user_and_password(login.to_owned(), password.to_owned());
        Self::connect(url, login, options).await
    }

    /// A program signs in.
    pub(crate) async fn with_token(url: &str, login: &str, token: &str) -> Result<Self, String> {
        Self::connect(url, login, ConnectOptions::with_token(token.to_owned())).await
    }

    async fn connect(url: &str, login: &str, options: ConnectOptions) -> Result<Self, String> {
        let (sender, complaints) = watch::channel(Vec::new());
        let options = options
            .custom_inbox_prefix(format!("_INBOX.{login}"))
            .request_timeout(Some(PATIENCE))
            .connection_timeout(PATIENCE)
            // Brokers end and begin here all the time.
            .reconnect_delay_callback(|_| RECONNECT)
            .event_callback(move |event| {
                if let Event::ServerError(_) | Event::ClientError(_) | Event::Disconnected = event {
                    sender.send_modify(|all| all.push(event.to_string()));
                }
                async {}
            });
        let client = Box::pin(options.connect(url))
            .await
            .map_err(|error| error.to_string())?;
        Ok(Self {
            login: login.to_owned(),
            client,
            complaints,
        })
    }

    /// Asks; `None` when nobody answered.
    pub(crate) async fn try_ask(
        &self,
        method: &str,
        args: Value,
    ) -> Option<Result<Value, Refusal>> {
        let subject = format!("sb.default.api.{}.{method}", self.login);
        let payload = args.to_string().into();
        self.client
            .request(subject, payload)
            .await
            .ok()
            .map(|reply| read(&reply))
    }

    /// Asks, and gets an answer of either kind.
    pub(crate) async fn ask(&self, method: &str, args: Value) -> Result<Value, Refusal> {
        let answer = self.try_ask(method, args).await;
        answer.unwrap_or_else(|| panic!("{method} got no answer"))
    }

    /// Asks for something that must succeed: what stands under `ok`.
    pub(crate) async fn call(&self, method: &str, args: Value) -> Value {
        let answer = self.ask(method, args).await;
        answer.unwrap_or_else(|refusal| panic!("{method}: {refusal:?}"))
    }

    /// Asks for something that must be refused with this code.
    pub(crate) async fn refused(&self, method: &str, args: Value, code: &str) -> Refusal {
        let shown = args.to_string();
        match self.ask(method, args).await {
            Err(refusal) if refusal.code == code => refusal,
            other => panic!("{method} {shown}: {code} was expected, and not {other:?}"),
        }
    }

    /// Subscribes to the feed of a live chat, or with `*` of all.
    pub(crate) async fn feed(&self, live_chat: &str) -> Feed {
        self.subscribe(&format!("sb.default.feed.{live_chat}.>"))
            .await
    }

    /// Subscribes, from the moment that this returns.
    pub(crate) async fn subscribe(&self, subject: &str) -> Feed {
        let subscriber = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.settle().await;
        Feed {
            subscriber,
            skipped: VecDeque::new(),
        }
    }

    /// Publishes as it is, with a reply subject of one's choice.
    pub(crate) async fn publish(&self, subject: &str, reply: Option<&str>, payload: &str) {
        let (subject, payload) = (subject.to_owned(), payload.to_owned().into());
        match reply {
            Some(reply) => {
                self.client
                    .publish_with_reply(subject, reply.to_owned(), payload)
                    .await
                    .unwrap();
            }
            None => self.client.publish(subject, payload).await.unwrap(),
        }
        self.settle().await;
    }

    /// Waits until the server has dealt with everything before.
    pub(crate) async fn settle(&self) {
        self.client.flush().await.unwrap();
        // A flush only hands over; an answered request says that the server has read it.
        drop(
            self.try_ask("me", Value::Object(serde_json::Map::new()))
                .await,
        );
    }

    /// Waits until the server complains with these words.
    pub(crate) async fn complained(&self, of: &str) {
        let mut complaints = self.complaints.clone();
        let heard = complaints.wait_for(|all| all.iter().any(|one| one.contains(of)));
        within(&format!("a complaint of {of}"), heard)
            .await
            .unwrap();
    }

    /// What the server complained of so far.
    pub(crate) fn complaints(&self) -> Vec<String> {
        self.complaints.borrow().clone()
    }

    /// Asks until the answer is as it should be.
    pub(crate) async fn until<T>(
        &self,
        method: &str,
        args: Value,
        mut look: impl FnMut(&Value) -> Option<T>,
    ) -> T {
        let what = format!("{method} {args} shows it");
        until(&what, async || look(&self.call(method, args.clone()).await)).await
    }
}

/// An answer has exactly one of two members, and an error two headers.
fn read(reply: &Message) -> Result<Value, Refusal> {
    let mut answer: Value = serde_json::from_slice(&reply.payload).unwrap();
    let members = answer.as_object_mut().unwrap();
    assert_eq!(members.len(), 1, "{members:?}");
    let header = |name: &str| {
        let value = reply.headers.as_ref().and_then(|headers| headers.get(name));
        value.map(|value| value.as_str().to_owned())
    };
    if let Some(ok) = members.remove("ok") {
        assert_eq!(header("Nats-Service-Error"), None);
        return Ok(ok);
    }
    let error = members.remove("error").expect("ok or error");
    assert!(header("Nats-Service-Error").is_some());
    Err(Refusal {
        code: error["code"].as_str().unwrap().to_owned(),
        message: error["message"].as_str().unwrap().to_owned(),
        details: error["details"].clone(),
        status: header("Nats-Service-Error-Code").expect("an error has its code as a header"),
    })
}

/// What is published where somebody listens.
pub(crate) struct Feed {
    subscriber: Subscriber,
    skipped: VecDeque<Message>,
}

impl Feed {
    /// The next message, whatever it is.
    pub(crate) async fn message(&mut self) -> Message {
        if let Some(message) = self.skipped.pop_front() {
            return message;
        }
        let next = within("a message on the feed", self.subscriber.next()).await;
        next.expect("the subscription goes on")
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Value {
        serde_json::from_slice(&self.message().await.payload).unwrap()
    }

    /// The next event of this type, such as `session-opened`; those before it are passed over.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        let kind = format!("switchboard.{kind}");
        loop {
            let event = self.next().await;
            if event["type"] == kind.as_str() {
                return event;
            }
        }
    }

    /// Everything up to the event of a position, that one included.
    pub(crate) async fn up_to(&mut self, position: u64) -> Vec<Value> {
        let mut events = Vec::new();
        while events
            .last()
            .is_none_or(|last: &Value| last["position"] != position)
        {
            events.push(self.next().await);
        }
        events
    }
}
