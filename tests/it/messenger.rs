//! A messenger: takes webhooks, in order, answers as it is told, and says what its people say.

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

use crate::answer::{Answer, Manners};
use crate::http::{self, Reply};
use crate::patience::within;
use crate::{host, proof};

/// A request of Switchboard.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) raw: Vec<u8>,
    pub(crate) body: Value,
}

impl Received {
    /// `type`.
    pub(crate) fn kind(&self) -> &str {
        self.body["type"].as_str().unwrap_or_default()
    }

    /// `data`.
    pub(crate) fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// What is written in it.
    pub(crate) fn text(&self) -> &str {
        self.data()["text"].as_str().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    /// `webhook-id`.
    pub(crate) fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// Whether one of its signatures is that of a code.
    pub(crate) fn is_signed_with(&self, code: &str) -> bool {
        let wanted = proof::signature(code, self.id(), self.header("webhook-timestamp"), &self.raw);
        self.header("webhook-signature")
            .split(' ')
            .any(|one| one == wanted)
    }
}

type Rule = Box<dyn FnMut(&Received) -> Option<Answer> + Send>;

/// What all connections share.
struct Desk {
    code: String,
    manners: Manners,
    received: watch::Sender<Vec<Arc<Received>>>,
    rule: Mutex<Rule>,
    /// The chats whose message is being answered.
    in_hand: Mutex<Vec<String>>,
    /// The chats that got a message while another was being answered.
    crowded: Mutex<Vec<String>>,
}

pub(crate) struct Messenger {
    pub(crate) code: String,
    address: SocketAddr,
    desk: Arc<Desk>,
    serving: JoinSet<()>,
}

impl Messenger {
    pub(crate) async fn start(code: &str, manners: Manners) -> Self {
        let desk = Desk {
            code: code.to_owned(),
            manners,
            received: watch::Sender::new(Vec::new()),
            rule: Mutex::new(Box::new(|_| None)),
            in_hand: Mutex::default(),
            crowded: Mutex::default(),
        };
        let [address] = host::free();
        let mut messenger = Self {
            code: code.to_owned(),
            address,
            desk: Arc::new(desk),
            serving: JoinSet::new(),
        };
        messenger.up().await;
        messenger
    }

    /// Its webhook.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/webhook", self.address)
    }

    /// Refuses connections, and cuts those that are.
    pub(crate) async fn down(&mut self) {
        self.serving.shutdown().await;
    }

    /// Takes connections.
    pub(crate) async fn up(&mut self) {
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.serving.spawn(serve(listener, self.desk.clone()));
    }

    /// Answers what the rule answers, and as usual where it answers nothing.
    pub(crate) fn answers(&self, rule: impl FnMut(&Received) -> Option<Answer> + Send + 'static) {
        *self.desk.rule.lock().unwrap() = Box::new(rule);
    }

    /// Answers this to all requests of a type.
    pub(crate) fn answers_to(&self, kind: &'static str, answer: Answer) {
        self.answers(move |request| (request.kind() == kind).then(|| answer.clone()));
    }

    /// Answers as usual again.
    pub(crate) fn answers_as_usual(&self) {
        self.answers(|_| None);
    }

    /// Everything that came, in order.
    pub(crate) fn received(&self) -> Vec<Arc<Received>> {
        self.desk.received.borrow().clone()
    }

    /// What came of a type, in order.
    pub(crate) fn received_of(&self, kind: &str) -> Vec<Arc<Received>> {
        self.received()
            .into_iter()
            .filter(|one| one.kind() == kind)
            .collect()
    }

    /// Waits until so many of a type have come.
    pub(crate) async fn wait_for(&self, kind: &str, count: usize) -> Vec<Arc<Received>> {
        let what = format!("the messenger gets {count} times {kind}");
        self.wait_until(&what, |all| {
            all.iter().filter(|one| one.kind() == kind).count() >= count
        })
        .await;
        self.received_of(kind)
    }

    /// Waits until what has come is enough.
    pub(crate) async fn wait_until(&self, what: &str, enough: impl Fn(&[Arc<Received>]) -> bool) {
        let mut received = self.desk.received.subscribe();
        let came = received.wait_for(|all| enough(all));
        within(what, came).await.unwrap();
    }

    /// The chats that got a message while another of theirs was being answered.
    pub(crate) fn crowded(&self) -> Vec<String> {
        self.desk.crowded.lock().unwrap().clone()
    }

    /// Where Switchboard said that it listens.
    pub(crate) fn broker(&self) -> String {
        let connects = self.received_of("connect");
        let last = connects.last().expect("it was connected");
        last.data()["webhook"].as_str().unwrap().to_owned()
    }

    /// Says something, with `token` as the proof.
    pub(crate) async fn post(&self, body: &Value) -> Reply {
        let mut body = body.clone();
        body["token"] = self.code.clone().into();
        http::post(&self.broker(), &[], body.to_string().as_bytes()).await
    }

    /// Says something, signed.
    pub(crate) async fn post_signed(&self, body: &Value) -> Reply {
        let body = body.to_string();
        let headers = proof::headers(&self.code, "own-1", &proof::timestamp(0), body.as_bytes());
        let headers = headers
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        http::post(&self.broker(), &headers, body.as_bytes()).await
    }

    /// A person writes; it must be accepted.
    pub(crate) async fn say(&self, id: &str, chat: &str, text: &str) -> Value {
        let accepted = self.post(&message(id, chat, text)).await.ok();
        assert_eq!(accepted["status"], "accepted");
        accepted
    }
}

/// A message of the one person of a chat.
pub(crate) fn message(id: &str, chat: &str, text: &str) -> Value {
    json!({ "type": "message", "data": {
        "externalMessageId": id, "externalChatId": chat, "externalUserId": format!("user-of-{chat}"),
        "externalChatName": format!("Chat {chat}"), "text": text, "createdAt": "2026-01-02T03:04:05Z",
    }})
}

async fn serve(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let desk = desk.clone();
        let service = service_fn(move |request| take(request, desk.clone()));
        let http = hyper::server::conn::http1::Builder::new();
        connections.spawn(http.serve_connection(TokioIo::new(stream), service));
        while connections.try_join_next().is_some() {}
    }
}

async fn take(
    request: Request<hyper::body::Incoming>,
    desk: Arc<Desk>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    // A broker that is killed in the middle of a request is none of the messenger's business.
    let raw = http::read(body).await.unwrap_or_default();
    let Ok(body) = serde_json::from_slice(&raw) else {
        return Ok(respond(Answer::status(400)));
    };
    let request = Arc::new(Received {
        headers: head.headers,
        raw,
        body,
    });
    let usual = desk.manners.answer(&desk.code, &request);
    let answer = desk.rule.lock().unwrap()(&request).unwrap_or(usual);
    let _in_hand = InHand::of(&request, &desk);
    desk.received.send_modify(|all| all.push(request.clone()));
    if let Some(mut gate) = answer.gate.clone() {
        // A gate that was dropped lets everything through.
        gate.wait_for(|open| *open).await.map(drop).ok();
    }
    Ok(respond(answer))
}

fn respond(answer: Answer) -> Response<Full<Bytes>> {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Full::new(answer.body.into())).unwrap()
}

/// A message that is being answered.
struct InHand<'a>(&'a Desk, Option<String>);

impl<'a> InHand<'a> {
    fn of(request: &Received, desk: &'a Desk) -> Self {
        let chat = request.data()["targetChatId"].as_str().map(str::to_owned);
        let chat = chat.filter(|_| request.kind() == "message");
        if let Some(chat) = &chat {
            let mut in_hand = desk.in_hand.lock().unwrap();
            if in_hand.contains(chat) {
                desk.crowded.lock().unwrap().push(chat.clone());
            }
            in_hand.push(chat.clone());
        }
        Self(desk, chat)
    }
}

impl Drop for InHand<'_> {
    fn drop(&mut self) {
        let mut in_hand = self.0.in_hand.lock().unwrap();
        if let Some(at) = in_hand
            .iter()
            .position(|chat| Some(chat) == self.1.as_ref())
        {
            in_hand.swap_remove(at);
        }
    }
}
