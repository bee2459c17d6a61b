//! A NATS client in plain text, so that a test sees the very errors that the server sends.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// What no answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    subscriptions: u64,
    /// Subject and payload of what came while something else was awaited.
    pub(crate) messages: Vec<(String, String)>,
}

/// How somebody signs in.
pub(crate) fn by_password(user: &str, password: &str) -> Value {
    json!({ "user": user, "pass": password })
}

/// How a program does.
pub(crate) fn by_token(token: &str) -> Value {
    json!({ "auth_token": token })
}

impl Client {
    /// Connects, or says what the server said.
    pub(crate) async fn connect(port: u16, mut proof: Value) -> Result<Self, String> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut client = Self {
            stream: BufReader::new(stream),
            subscriptions: 0,
            messages: Vec::new(),
        };
        assert!(client.line().await.unwrap().starts_with("INFO "));
        for (name, value) in [("verbose", false), ("pedantic", false), ("headers", true)] {
            proof[name] = value.into();
        }
        client.send(&format!("CONNECT {proof}\r\n")).await;
        client.settled().await.map(|()| client)
    }

    /// Subscribes, or says what the server said.
    pub(crate) async fn subscribe(&mut self, subject: &str) -> Result<(), String> {
        self.subscriptions += 1;
        let id = self.subscriptions;
        self.send(&format!("SUB {subject} {id}\r\n")).await;
        self.settled().await
    }

    /// Publishes, or says what the server said.
    pub(crate) async fn publish(&mut self, subject: &str, payload: &str) -> Result<(), String> {
        let bytes = payload.len();
        self.send(&format!("PUB {subject} {bytes}\r\n{payload}\r\n"))
            .await;
        self.settled().await
    }

    /// Asks for a reply.
    pub(crate) async fn request(&mut self, subject: &str, reply: &str) -> Result<(), String> {
        self.send(&format!("PUB {subject} {reply} 0\r\n\r\n")).await;
        self.settled().await
    }

    /// Whether the server still answers.
    pub(crate) async fn ping(&mut self) -> Result<(), String> {
        self.settled().await
    }

    /// Waits until the server ends the connection.
    pub(crate) async fn ended(&mut self) {
        while let Some(line) = self.line().await {
            if line == "PING" {
                self.send("PONG\r\n").await;
            }
        }
    }

    /// Waits for a message.
    pub(crate) async fn message(&mut self) -> (String, String) {
        while self.messages.is_empty() {
            let line = self.line().await.expect("a message");
            self.take_in(&line).await;
        }
        self.messages.remove(0)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        // A server that has hung up is found out by reading.
        self.stream.write_all(text.as_bytes()).await.ok();
    }

    /// Waits until the server has dealt with everything before.
    async fn settled(&mut self) -> Result<(), String> {
        self.send("PING\r\n").await;
        let mut complaint = Ok(());
        loop {
            match self.line().await {
                None => return complaint.and(Err("closed".to_owned())),
                Some(line) if line == "PONG" => return complaint,
                Some(line) if line.starts_with("-ERR") => complaint = complaint.and(Err(line)),
                Some(line) => self.take_in(&line).await,
            }
        }
    }

    async fn take_in(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == "PING" {
            self.send("PONG\r\n").await;
        } else if words[0] == "MSG" {
            let bytes: usize = words[words.len() - 1].parse().unwrap();
            let mut payload = vec![0; bytes + 2];
            self.stream.read_exact(&mut payload).await.unwrap();
            payload.truncate(bytes);
            let payload = String::from_utf8(payload).unwrap();
            self.messages.push((words[1].to_owned(), payload));
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_line(&mut line));
        match read.await.expect("the server says something") {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }
}
