//! A NATS client over a plain socket, which returns the server's errors unchanged.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// The timeout of every response.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    subscriptions: u64,
    /// Subjects and payloads of the messages received while waiting for something else.
    pub(crate) messages: Vec<(String, String)>,
}

/// The credentials of a user.
pub(crate) fn by_password(user: &str, password: &str) -> Value {
    json!({ "user": user, "pass": password })
}

/// The credentials of a program.
pub(crate) fn by_token(token: &str) -> Value {
    json!({ "auth_token": token })
}

impl Client {
    /// Connects, or returns the server's error.
    pub(crate) async fn connect(port: u16, proof: Value) -> Result<Self, String> {
        Self::open(port).await.sign_in(proof).await
    }

    /// Opens a connection without credentials.
    pub(crate) async fn open(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        let mut client = Self {
            stream: BufReader::new(stream),
            subscriptions: 0,
            messages: Vec::new(),
        };
        assert!(client.line().await.unwrap().starts_with("INFO "));
        client
    }

    /// Sends the credentials.
    pub(crate) async fn sign_in(mut self, mut proof: Value) -> Result<Self, String> {
        for (name, value) in [("verbose", false), ("pedantic", false), ("headers", true)] {
            proof[name] = value.into();
        }
        proof["lang"] = "test".into();
        self.send(&format!("CONNECT {proof}\r\n")).await;
        self.settled().await.map(|()| self)
    }

    /// Subscribes, or returns the server's error.
    pub(crate) async fn subscribe(&mut self, subject: &str) -> Result<(), String> {
        self.subscriptions += 1;
        let id = self.subscriptions;
        self.send(&format!("SUB {subject} {id}\r\n")).await;
        self.settled().await
    }

    /// Publishes, or returns the server's error.
    pub(crate) async fn publish(&mut self, subject: &str, payload: &str) -> Result<(), String> {
        let bytes = payload.len();
        self.send(&format!("PUB {subject} {bytes}\r\n{payload}\r\n"))
            .await;
        self.settled().await
    }

    /// Sends a request with this reply subject.
    pub(crate) async fn request(&mut self, subject: &str, reply: &str) -> Result<(), String> {
        self.send(&format!("PUB {subject} {reply} 0\r\n\r\n")).await;
        self.settled().await
    }

    /// Checks that the connection is open.
    pub(crate) async fn ping(&mut self) -> Result<(), String> {
        self.settled().await
    }

    /// Waits until the server closes the connection.
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
            self.receive(&line).await;
        }
        self.messages.remove(0)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        // Reading reports a closed connection.
        self.stream.write_all(text.as_bytes()).await.ok();
    }

    /// Waits until the server has processed everything sent, and returns its first error.
    async fn settled(&mut self) -> Result<(), String> {
        self.send("PING\r\n").await;
        let mut error = Ok(());
        loop {
            match self.line().await {
                None => return error.and(Err("closed".to_owned())),
                Some(line) if line == "PONG" => return error,
                Some(line) if line.starts_with("-ERR") => error = error.and(Err(line)),
                Some(line) => self.receive(&line).await,
            }
        }
    }

    async fn receive(&mut self, line: &str) {
        let fields: Vec<&str> = line.split(' ').collect();
        if fields[0] == "PING" {
            self.send("PONG\r\n").await;
        } else if fields[0] == "MSG" {
            let bytes: usize = fields[fields.len() - 1].parse().unwrap();
            let mut payload = vec![0; bytes + 2];
            self.stream.read_exact(&mut payload).await.unwrap();
            payload.truncate(bytes);
            let payload = String::from_utf8(payload).unwrap();
            self.messages.push((fields[1].to_owned(), payload));
        }
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = tokio::time::timeout(PATIENCE, self.stream.read_line(&mut line));
        match read.await.expect("a line within the timeout") {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.trim_end().to_owned()),
        }
    }
}
