//! A messenger that records webhooks, responds as a test wants, and sends messages of its users.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::HeaderMap;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::http::{self, Reply};
use crate::response::{Behaviour, WebhookResponse};
use crate::wait::within;
use crate::{ports, signing};

/// A request from Switchboard.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) raw: Vec<u8>,
    pub(crate) body: Value,
}

impl Received {
    /// The `type` member.
    pub(crate) fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default()
    }

    /// The `data` member.
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// The `text` of `data`, or an empty string.
    pub(crate) fn text(&self) -> &str {
        self.data()["text"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// The `webhook-id` header.
    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// Whether one of its signatures was made with this code.
    pub(crate) fn is_signed_with(&self, code: &str) -> bool {
        let wanted =
            signing::signature(code, self.id(), self.header("webhook-timestamp"), &self.raw);
        self.header("webhook-signature")
            .split(' ')
            .any(|one| one == wanted)
    }
}

type Rule = Box<dyn FnMut(&Received) -> Option<WebhookResponse> + Send>;

/// The state that all connections share.
struct Shared {
    code: String,
    behaviour: Behaviour,
    received: watch::Sender<Vec<Arc<Received>>>,
    rule: Mutex<Rule>,
    /// Chats that have a message in flight.
    in_flight: Mutex<Vec<String>>,
    /// Chats that got a message while another one was in flight.
    overlapping: Mutex<Vec<String>>,
}

pub(crate) struct Messenger {
    pub(crate) code: String,
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinSet<()>,
}

impl Messenger {
    pub(crate) async fn start(code: &str, behaviour: Behaviour) -> Self {
        let shared = Shared {
            code: code.to_owned(),
            behaviour,
            received: watch::Sender::new(Vec::new()),
            rule: Mutex::new(Box::new(|_| None)),
            in_flight: Mutex::default(),
            overlapping: Mutex::default(),
        };
        let [address] = ports::free();
        let mut messenger = Self {
            code: code.to_owned(),
            address,
            shared: Arc::new(shared),
            serving: JoinSet::new(),
        };
        messenger.up().await;
        messenger
    }

    /// The URL of its webhook.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/webhook", self.address)
    }

    /// Stops listening and closes all connections.
    pub(crate) async fn down(&mut self) {
        self.serving.shutdown().await;
    }

    /// Starts to listen.
    pub(crate) async fn up(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving.spawn(serve(listener, self.shared.clone()));
    }

    /// Responds with what the rule returns, or by default where it returns `None`.
    pub(crate) fn respond_with(
        &self,
        rule: impl FnMut(&Received) -> Option<WebhookResponse> + Send + 'static,
    ) {
        *self.shared.rule.lock().unwrap() = Box::new(rule);
    }

    /// Sets the response to all requests of a type.
    pub(crate) fn respond_to(&self, kind: &'static str, answer: WebhookResponse) {
        self.respond_with(move |request| (request.kind() == kind).then(|| answer.clone()));
    }

    /// Responds with a status to all requests of a type.
    pub(crate) fn respond_status(&self, kind: &'static str, status: u16) {
        self.respond_to(kind, WebhookResponse::status(status));
    }

    /// Restores the default responses.
    pub(crate) fn respond_as_usual(&self) {
        self.respond_with(|_| None);
    }

    /// All requests so far, in order.
    pub(crate) fn received(&self) -> Vec<Arc<Received>> {
        self.shared.received.borrow().clone()
    }

    /// All requests of a type so far, in order.
    pub(crate) fn received_of(&self, kind: &str) -> Vec<Arc<Received>> {
        self.received()
            .into_iter()
            .filter(|one| one.kind() == kind)
            .collect()
    }

    /// Waits for `count` requests of a type.
    pub(crate) async fn wait_for(&self, kind: &str, count: usize) -> Vec<Arc<Received>> {
        let what = format!("{count} requests of type {kind}");
        self.wait_until(&what, |all| {
            all.iter().filter(|one| one.kind() == kind).count() >= count
        })
        .await;
        self.received_of(kind)
    }

    /// Waits until the requests so far satisfy a condition.
    pub(crate) async fn wait_until(&self, what: &str, enough: impl Fn(&[Arc<Received>]) -> bool) {
        let mut received = self.shared.received.subscribe();
        let came = received.wait_for(|all| enough(all));
        within(what, came).await.unwrap();
    }

    /// Chats that got a message while another one was in flight.
    pub(crate) fn overlapping(&self) -> Vec<String> {
        self.shared.overlapping.lock().unwrap().clone()
    }

    /// The URL for messages, from the last `connect`.
    pub(crate) fn ingress_url(&self) -> String {
        let connects = self.received_of("connect");
        let last = connects.last().expect("a connect request");
        last.data()["webhook"].as_str().unwrap().to_owned()
    }

    /// Posts an event with the confirmation code as its `token`.
    pub(crate) async fn post(&self, body: &Value) -> Reply {
        let mut body = body.clone();
        body["token"] = self.code.clone().into();
        http::post(&self.ingress_url(), &[], body.to_string().as_bytes()).await
    }

    /// Posts a signed event. Messages may share a `webhook-id`.
    pub(crate) async fn post_signed(&self, body: &Value) -> Reply {
        self.post_signed_as("own-1", body).await
    }

    /// Posts an event with this `webhook-id`.
    pub(crate) async fn post_signed_as(&self, id: &str, body: &Value) -> Reply {
        let body = body.to_string();
        let headers = signing::headers(&self.code, id, &signing::timestamp(0), body.as_bytes());
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        http::post(&self.ingress_url(), &headers, body.as_bytes()).await
    }

    /// Posts an event of this type.
    pub(crate) async fn event(&self, kind: &str, data: Value) -> Reply {
        self.post(&json!({ "type": kind, "data": data })).await
    }

    /// Posts an event of this type that must be accepted.
    pub(crate) async fn accepted(&self, kind: &str, data: Value) -> Value {
        self.event(kind, data).await.ok()
    }

    /// Posts an event that must be rejected with this problem.
    pub(crate) async fn expect_problem(&self, body: &Value, status: u16, code: &str) -> Value {
        self.post(body).await.problem(status, code)
    }

    /// Posts a message of a user; it must be accepted.
    pub(crate) async fn say(&self, id: &str, chat: &str, text: &str) -> Value {
        let accepted = self.post(&message(id, chat, text)).await.ok();
        assert_eq!(accepted["status"], "accepted");
        accepted
    }
}

/// A message of the only user of a chat.
pub(crate) fn message(id: &str, chat: &str, text: &str) -> Value {
    json!({ "type": "message", "data": {
        "externalMessageId": id, "externalChatId": chat, "externalUserId": format!("user-of-{chat}"),
        "externalChatName": format!("Chat {chat}"), "text": text, "createdAt": "2026-01-02T03:04:05Z",
    }})
}

async fn serve(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = shared.clone();
        let service = service_fn(move |request| handle(request, shared.clone()));
        let http = hyper::server::conn::http1::Builder::new();
        connections.spawn(http.serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

async fn handle(
    request: Request<hyper::body::Incoming>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // The body ends early if the broker is killed during the request.
    let raw = http::read(body).await.unwrap_or_default();
    let Ok(body) = serde_json::from_slice(&raw) else {
        return Ok(respond(WebhookResponse::status(400)));
    };
    let request = Arc::new(Received {
        headers: head.headers,
        raw,
        body,
    });
    let default = shared.behaviour.respond(&shared.code, &request);
    let answer = shared.rule.lock().unwrap()(&request).unwrap_or(default);
    let _in_flight = InFlight::of(&request, &shared);
    shared.received.send_modify(|all| all.push(request.clone()));
    if let Some(mut gate) = answer.gate.clone() {
        // A dropped gate counts as open.
        gate.wait_for(|open| *open).await.map(drop).ok();
    }
    Ok(respond(answer))
}

fn respond(answer: WebhookResponse) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Full::new(answer.body.into())).unwrap()
}

/// Marks a message as in flight until it is dropped.
struct InFlight<'a>(&'a Shared, Option<String>);

impl<'a> InFlight<'a> {
    fn of(request: &Received, shared: &'a Shared) -> Self {
        let chat = request.data()["targetChatId"].as_str().map(str::to_owned);
        let chat = chat.filter(|_| request.kind() == "message");
        if let Some(chat) = &chat {
            let mut in_flight = shared.in_flight.lock().unwrap();
            if in_flight.contains(chat) {
                shared.overlapping.lock().unwrap().push(chat.clone());
            }
            in_flight.push(chat.clone());
        }
        Self(shared, chat)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let mut in_flight = self.0.in_flight.lock().unwrap();
        if let Some(at) = in_flight
            .iter()
            .position(|chat| Some(chat) == self.1.as_ref())
        {
            in_flight.swap_remove(at);
        }
    }
}
