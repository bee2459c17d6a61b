//! A console user: a NATS client that implements the console API from its specification.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Event, HeaderValue, Message, Subscriber};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::wait::{LIMIT, until, within};
use crate::world::list;

/// The delay before a reconnect.
const RECONNECT: Duration = Duration::from_millis(100);
/// More pages than any test has.
const PAGES_MAX: usize = 1_000;

#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) login: String,
    client: Client,
    /// Errors that the NATS server reported, and disconnects.
    server_errors: watch::Receiver<Vec<String>>,
}

/// An `{"error": …}` answer.
#[derive(Clone, Debug)]
pub(crate) struct Rejection {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: Value,
    /// `Nats-Service-Error-Code`.
    pub(crate) status: String,
}

impl Operator {
    /// Signs in with a password.
    pub(crate) async fn sign_in(url: &str, login: &str, password: &str) -> Result<Self, String> {
        let options = ConnectOptions::with_user_and_password(login.to_owned(), password.to_owned());
        Self::connect(url, login, options).await
    }

    /// Signs in with an API token.
    pub(crate) async fn with_token(url: &str, login: &str, token: &str) -> Result<Self, String> {
        Self::connect(url, login, ConnectOptions::with_token(token.to_owned())).await
    }

    async fn connect(url: &str, login: &str, options: ConnectOptions) -> Result<Self, String> {
        let (sender, server_errors) = watch::channel(Vec::new());
        let options = options
            .custom_inbox_prefix(format!("_INBOX.{login}"))
            .request_timeout(Some(LIMIT))
            .connection_timeout(LIMIT)
            // Tests restart brokers often.
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
            server_errors,
        })
    }

    /// Sends a request. Returns `None` if there was no answer.
    pub(crate) async fn try_request(
        &self,
        method: &str,
        args: Value,
    ) -> Option<Result<Value, Rejection>> {
        let subject = format!("sb.default.api.{}.{method}", self.login);
        let payload = args.to_string().into();
        self.client
            .request(subject, payload)
            .await
            .ok()
            .map(|reply| read(&reply))
    }

    /// Sends a request and returns its result.
    pub(crate) async fn request(&self, method: &str, args: Value) -> Result<Value, Rejection> {
        let answer = self.try_request(method, args).await;
        answer.unwrap_or_else(|| panic!("{method} got no answer"))
    }

    /// Sends a request that must succeed. Returns the `ok` member.
    pub(crate) async fn call(&self, method: &str, args: Value) -> Value {
        let answer = self.request(method, args).await;
        answer.unwrap_or_else(|rejection| panic!("{method}: {rejection:?}"))
    }

    /// Sends a request that must be rejected with this code.
    pub(crate) async fn rejected(&self, method: &str, args: Value, code: &str) -> Rejection {
        let shown = args.to_string();
        match self.request(method, args).await {
            Err(rejection) if rejection.code == code => rejection,
            other => panic!("{method} {shown}: expected {code}, got {other:?}"),
        }
    }

    /// Calls a method whose one parameter is a session.
    pub(crate) async fn on_session(&self, method: &str, session: &str) -> Value {
        self.call(method, json!({ "session": session })).await
    }

    /// Calls a method with paging until there is no next page. Returns the lists of all pages.
    pub(crate) async fn pages(&self, method: &str, mut args: Value, name: &str) -> Vec<Vec<Value>> {
        let mut pages = Vec::new();
        while pages.len() < PAGES_MAX {
            let page = self.call(method, args.clone()).await;
            pages.push(list(&page, name));
            if page["next"].is_null() {
                return pages;
            }
            args["before"] = page["next"].clone();
        }
        panic!("{method} has more than {PAGES_MAX} pages");
    }

    /// Lists the sessions of a view.
    pub(crate) async fn sessions(&self, view: &str) -> Vec<Value> {
        let page = self.call("sessions.list", json!({ "view": view })).await;
        list(&page, "sessions")
    }

    /// Subscribes to the feed of a live chat, or of all live chats with `*`.
    pub(crate) async fn feed(&self, live_chat: &str) -> Feed {
        self.subscribe(&format!("sb.default.feed.{live_chat}.>"))
            .await
    }

    /// Subscribes. The server knows the subscription when this returns.
    pub(crate) async fn subscribe(&self, subject: &str) -> Feed {
        let subscriber = self.client.subscribe(subject.to_owned()).await.unwrap();
        self.settle().await;
        Feed { subscriber }
    }

    /// Publishes a raw message with an optional reply subject.
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

    /// Waits until the server has processed everything sent before.
    pub(crate) async fn settle(&self) {
        self.client.flush().await.unwrap();
        // A flush only writes to the socket; an answer proves that the server has read it.
        drop(self.try_request("me", json!({})).await);
    }

    /// Waits until the server reports an error with this text.
    pub(crate) async fn server_error(&self, of: &str) {
        let mut server_errors = self.server_errors.clone();
        let reported = server_errors.wait_for(|all| all.iter().any(|one| one.contains(of)));
        within(&format!("a server error about {of}"), reported)
            .await
            .unwrap();
    }

    /// The errors that the server has reported so far.
    pub(crate) fn server_errors(&self) -> Vec<String> {
        self.server_errors.borrow().clone()
    }

    /// Repeats a request until `look` finds a value in the answer.
    pub(crate) async fn until<T>(
        &self,
        method: &str,
        args: Value,
        mut look: impl FnMut(&Value) -> Option<T>,
    ) -> T {
        let what = format!("the expected answer of {method} {args}");
        until(&what, async || look(&self.call(method, args.clone()).await)).await
    }
}

/// Reads an answer: exactly one member, `ok` or `error`, and two headers with an error.
fn read(reply: &Message) -> Result<Value, Rejection> {
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
    Err(Rejection {
        code: error["code"].as_str().unwrap().to_owned(),
        message: error["message"].as_str().unwrap().to_owned(),
        details: error["details"].clone(),
        status: header("Nats-Service-Error-Code").expect("an error has its code as a header"),
    })
}

/// Asserts that the subject and the id of a message are those of its event.
fn check_envelope(message: &Message, event: &Value) {
    let kind = event["type"].as_str().unwrap();
    let name = kind.strip_prefix("switchboard.").unwrap();
    assert!(
        message.subject.ends_with(&format!(".{name}")),
        "{message:?}"
    );
    if name.starts_with("session-") || name.starts_with("message-") {
        let session = event["subject"].as_str().unwrap();
        assert!(message.subject.contains(session), "{message:?}");
    }
    let id = message
        .headers
        .as_ref()
        .and_then(|headers| headers.get("Nats-Msg-Id"));
    let wanted = format!("default-{}", event["position"]);
    assert_eq!(id.map(HeaderValue::as_str), Some(wanted.as_str()));
}

/// A subscription.
pub(crate) struct Feed {
    subscriber: Subscriber,
}

impl Feed {
    /// The next message.
    pub(crate) async fn message(&mut self) -> Message {
        let next = within("a message on the feed", self.subscriber.next()).await;
        next.expect("the subscription is open")
    }

    /// The next event.
    pub(crate) async fn next(&mut self) -> Value {
        let message = self.message().await;
        let event: Value = serde_json::from_slice(&message.payload).unwrap();
        if event["position"].is_u64() {
            check_envelope(&message, &event);
        }
        event
    }

    /// The next event of this type, such as `session-opened`; skips others.
    pub(crate) async fn next_of(&mut self, kind: &str) -> Value {
        let kind = format!("switchboard.{kind}");
        let found = async {
            let mut event = self.next().await;
            while event["type"] != kind.as_str() {
                event = self.next().await;
            }
            event
        };
        within(&kind, found).await
    }

    /// All events up to and including a position.
    pub(crate) async fn up_to(&mut self, position: u64) -> Vec<Value> {
        let all = async {
            let mut events = vec![self.next().await];
            while events[events.len() - 1]["position"] != position {
                events.push(self.next().await);
            }
            events
        };
        within(&format!("the event at position {position}"), all).await
    }
}
