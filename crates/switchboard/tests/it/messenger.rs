//! `messenger` against a minimal Switchboard.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use chat::secret::Secret;
use chat::signature;
use serde_json::{Value, json};

use crate::program::{Running, TIMEOUT};

/// A Switchboard whose responses are chosen by the test.
struct Broker(TcpListener);

impl Broker {
    fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    fn url(&self) -> String {
        format!("http://{}/webhook/1", self.0.local_addr().unwrap())
    }

    /// Answers the next request and returns its head in lower case and its body.
    fn respond(&self, status: u16, answer: &Value) -> (String, Value) {
        let (stream, _) = self.0.accept().unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        let (head, body) = read(&stream);
        let answer = answer.to_string();
        write!(
            &stream,
            "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{answer}",
            answer.len()
        )
        .unwrap();
        (head, serde_json::from_slice(&body).unwrap())
    }
}

/// Reads an HTTP message with a content length.
fn read(stream: &TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).unwrap() > 0, "{head}");
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap();
    let length = length.split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (head, body)
}

/// Sends a request to the messenger and returns the status and the body of the response.
fn send(url: &str, headers: &str, body: &Value) -> (u16, Vec<u8>) {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let stream = TcpStream::connect(address).unwrap();
    let body = body.to_string();
    write!(
        &stream,
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .unwrap();
    let (head, body) = read(&stream);
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body)
}

struct Messenger {
    running: Running,
    url: String,
}

impl Messenger {
    fn start(flags: &[&str]) -> Self {
        let listen = ["messenger", "--listen", "127.0.0.1:0", "--json"];
        let running = Running::start(&[&listen[..], &["--code", "secret"], flags].concat());
        let url = &running.event("listening")["listening"];
        let url = url.as_str().unwrap().to_owned();
        Self { running, url }
    }

    fn connect(&self, broker: &Broker, last: Option<&str>) -> Value {
        let mut data = json!({ "webhook": broker.url(), "challenge": "riddle" });
        if let Some(last) = last {
            data["lastMessageId"] = last.into();
        }
        let connect =
            json!({ "type": "connect", "token": "secret", "channelId": "1", "data": data });
        let (status, answer) = send(&self.url, "", &connect);
        assert_eq!(status, 200);
        serde_json::from_slice(&answer).unwrap()
    }
}

#[test]
fn it_proves_the_code_and_rejects_requests_without_it() {
    let (messenger, broker) = (Messenger::start(&[]), Broker::start());
    let answer = messenger.connect(&broker, None);
    let proof = signature::answer(&Secret::new("secret"), "riddle").unwrap();
    assert_eq!(answer["challenge"], proof);
    assert_eq!(answer["capabilities"]["operatorInitiated"], true);
    let event = messenger.running.event("received");
    assert_eq!(event["received"]["type"], "connect");
    let token = &event["received"]["token"];
    assert_eq!(*token, Value::Null, "secrets are not printed");

    for token in ["wrong", ""] {
        let body = json!({ "type": "message", "token": token, "data": { "text": "boo" } });
        assert_eq!(send(&messenger.url, "", &body).0, 401);
        assert_eq!(messenger.running.event("refused")["status"], 401);
    }
    let signature = "webhook-id: 1\r\nwebhook-timestamp: 1\r\nwebhook-signature: v1,AAAA\r\n";
    let body = json!({ "type": "message", "token": "secret", "data": { "text": "boo" } });
    let status = send(&messenger.url, signature, &body).0;
    let rule = "a signature must verify even if the token is right";
    assert_eq!(status, 401, "{rule}");
}

#[test]
fn a_message_is_retried_until_it_is_accepted() {
    let (mut messenger, broker) = (
        Messenger::start(&["--user", "ann", "--chat", "c7"]),
        Broker::start(),
    );
    messenger
        .running
        .type_line("typed before there is a connection");
    messenger.connect(&broker, None);
    let (_, first) = broker.respond(503, &json!({ "code": "unavailable" }));
    assert_eq!(messenger.running.event("sent")["kept"], true);
    let (_, second) = broker.respond(200, &json!({ "status": "accepted" }));
    assert_eq!(first, second, "the same request with the same ids");
    assert_eq!(first["token"], "secret");
    assert_eq!(first["data"]["externalUserId"], "ann");
    assert_eq!(first["data"]["externalChatId"], "c7");
    let sent = messenger.running.event("sent");
    assert_eq!(
        (&sent["status"], &sent["kept"], &sent["attempt"]),
        (&json!(200), &json!(false), &json!(2))
    );
    let token = &sent["sent"]["token"];
    assert_eq!(*token, Value::Null, "secrets are not printed");
}

#[test]
fn messages_to_a_disconnected_channel_wait_for_the_next_connect() {
    let (mut messenger, broker) = (Messenger::start(&[]), Broker::start());
    messenger.connect(&broker, None);
    messenger.running.type_line("one");
    broker.respond(200, &json!({}));
    messenger.running.event("sent");

    messenger.running.type_line("two");
    let refusal = json!({ "code": "channel_disconnected", "detail": "the channel is not active" });
    let (_, two) = broker.respond(409, &refusal);
    assert_eq!(messenger.running.event("sent")["kept"], true);
    messenger.connect(&broker, Some("something-older"));
    let (_, again) = broker.respond(200, &json!({}));
    assert_eq!(two, again);

    messenger.running.type_line("/edit three");
    let (_, edited) = broker.respond(422, &json!({ "code": "invalid" }));
    assert_eq!(edited["type"], "messageEdited");
    let id = |body: &Value| body["data"]["externalMessageId"].clone();
    assert_eq!(id(&edited), id(&two));
    messenger.running.event("sent");
    let sent = messenger.running.event("sent");
    assert_eq!(sent["kept"], false, "a rejected request is not retried");
}

#[test]
fn with_signed_both_directions_are_signed() {
    let (mut messenger, broker) = (Messenger::start(&["--signed"]), Broker::start());
    let body = json!({ "type": "connect", "token": "secret", "data": { "webhook": broker.url() } });
    let status = send(&messenger.url, "", &body).0;
    assert_eq!(status, 401, "the token alone is not enough");

    let code = Secret::new("secret");
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    let now = chat::time::Timestamp::from_micros(now.as_micros().try_into().unwrap());
    let signed = signature::sign([&code], "id-1", now, body.to_string().as_bytes()).unwrap();
    let headers = format!(
        "webhook-id: {}\r\nwebhook-timestamp: {}\r\nwebhook-signature: {}\r\n",
        signed.id, signed.timestamp, signed.signature
    );
    assert_eq!(send(&messenger.url, &headers, &body).0, 200);

    messenger.running.type_line("hello");
    let (head, body) = broker.respond(200, &json!({}));
    let header = |name: &str| {
        let value = head.split(&format!("{name}: ")).nth(1).unwrap();
        value.split("\r\n").next().unwrap().to_owned()
    };
    assert!(header("webhook-signature").starts_with("v1,"));
    assert_eq!(body["data"]["externalMessageId"], header("webhook-id"));
    assert_eq!(body["token"], Value::Null);
}

#[test]
fn flags_change_the_answers() {
    let profile = json!({ "type": "userInfo", "token": "secret", "data": { "userId": "u1" } });
    let message =
        json!({ "type": "message", "token": "secret", "data": { "text": "hi", "messageId": "m" } });

    let messenger = Messenger::start(&["--broken-user-info", "--phone", "+1"]);
    let (_, answer) = send(&messenger.url, "", &profile);
    assert!(serde_json::from_slice::<Value>(&answer).is_err());
    let read = chat::messenger::lenient::profile(&answer).unwrap();
    assert_eq!(
        (read.username.as_deref(), read.phone_number.as_deref()),
        (Some("Ann"), Some("+1"))
    );

    let messenger = Messenger::start(&["--fail", "500", "--refuse"]);
    assert_eq!(send(&messenger.url, "", &message).0, 500);
    let connect =
        json!({ "type": "connect", "token": "secret", "data": { "webhook": "http://x/" } });
    assert_eq!(send(&messenger.url, "", &connect).0, 401);

    let (messenger, broker) = (Messenger::start(&["--auto-receipts"]), Broker::start());
    messenger.connect(&broker, None);
    assert_eq!(send(&messenger.url, "", &message).0, 200);
    for status in ["delivered", "read"] {
        let (_, receipt) = broker.respond(200, &json!({}));
        let wanted = json!({ "messageId": "m", "status": status });
        assert_eq!(receipt["data"], wanted);
    }
    messenger.running.signal("-INT");
    assert_eq!(messenger.running.wait(), Some(0));
}
