//! A messenger over plain sockets, with scripted behaviour.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A successful response.
pub(crate) const DENIED: &str = "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n";
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

/// The reaction to a request.
#[derive(Clone, Debug)]
pub(crate) enum Behaviour {
    /// Writes this and reads the next request.
    Answer(Vec<u8>),
    /// Answers 200 to bodies that contain this, 401 to others.
    Know(&'static str),
    /// Writes this and closes.
    Close(String),
    /// Answers 200 and closes after this time.
    CloseAfter(Duration),
    /// Answers the first request of a connection, reads the next one, writes this and closes.
    CloseSecond(&'static str),
    /// Writes this and keeps the connection open.
    Hang(String),
    /// Writes this, then bytes as fast as the client reads them, without end.
    Flood(String),
    /// Writes this, then one byte every 5 ms, without end.
    Drip(String),
    /// Responds 204 after `Messenger::release`.
    Wait,
}

/// A request as received.
#[derive(Clone, Debug)]
pub(crate) struct ReceivedRequest {
    /// The first line.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl ReceivedRequest {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(n, _)| n == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert!(found.next().is_none(), "{name} comes once");
        value
    }
}

/// The requests and connections so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Log {
    pub(crate) requests: Vec<ReceivedRequest>,
    pub(crate) connections: usize,
    pub(crate) closed: usize,
    pub(crate) answering: usize,
    pub(crate) answering_max: usize,
}

pub(crate) struct Messenger {
    pub(crate) port: u16,
    log: Arc<Mutex<Log>>,
    released: watch::Sender<bool>,
    _tasks: JoinSet<()>,
}

impl Messenger {
    /// Starts a messenger that answers 200.
    pub(crate) async fn ok() -> Self {
        Self::start(Behaviour::Answer(OK.into())).await
    }

    pub(crate) async fn start(behaviour: Behaviour) -> Self {
        Self::start_at("127.0.0.1", behaviour).await
    }

    pub(crate) async fn start_at(address: &str, behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind((address, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let (released, release) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let shared = Arc::clone(&log);
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                shared.lock().unwrap().connections += 1;
                let (log, behaviour, release) =
                    (Arc::clone(&shared), behaviour.clone(), release.clone());
                connections.spawn(async move {
                    serve(tcp, &log, &behaviour, release).await;
                    log.lock().unwrap().closed += 1;
                });
            }
        });
        Self {
            port,
            log,
            released,
            _tasks: tasks,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?x=1", self.port)
    }

    pub(crate) fn log(&self) -> Log {
        self.log.lock().unwrap().clone()
    }

    /// Waits up to 20 s until the log satisfies the condition.
    pub(crate) async fn until(&self, wanted: impl Fn(&Log) -> bool) {
        let wait = async {
            while !wanted(&self.log()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
        assert!(waited.is_ok(), "the condition is not met: {:?}", self.log());
    }

    pub(crate) fn release(&self) {
        self.released.send_replace(true);
    }
}

async fn serve(
    mut tcp: TcpStream,
    log: &Mutex<Log>,
    behaviour: &Behaviour,
    mut release: watch::Receiver<bool>,
) {
    let mut count = 0;
    while let Some(seen) = read(&mut tcp).await {
        count += 1;
        let body = String::from_utf8_lossy(&seen.body).into_owned();
        {
            let mut log = log.lock().unwrap();
            log.requests.push(seen);
            log.answering += 1;
            log.answering_max = log.answering_max.max(log.answering);
        }
        let on = match behaviour {
            Behaviour::CloseSecond(text) if count > 1 => {
                drop(tcp.write_all(text.as_bytes()).await);
                false
            }
            behaviour => answer(&mut tcp, &body, behaviour, &mut release).await,
        };
        log.lock().unwrap().answering -= 1;
        if !on {
            break;
        }
    }
}

/// Returns whether the connection stays open for another request.
async fn answer(
    tcp: &mut TcpStream,
    body: &str,
    behaviour: &Behaviour,
    release: &mut watch::Receiver<bool>,
) -> bool {
    match behaviour {
        Behaviour::Answer(bytes) => tcp.write_all(bytes).await.is_ok(),
        Behaviour::Know(known) => {
            let answer = if body.contains(known) { OK } else { DENIED };
            tcp.write_all(answer.as_bytes()).await.is_ok()
        }
        Behaviour::CloseSecond(_) => tcp.write_all(OK.as_bytes()).await.is_ok(),
        Behaviour::CloseAfter(pause) => {
            drop(tcp.write_all(OK.as_bytes()).await);
            tokio::time::sleep(*pause).await;
            false
        }
        Behaviour::Close(text) => {
            drop(tcp.write_all(text.as_bytes()).await);
            false
        }
        Behaviour::Hang(text) => {
            drop(tcp.write_all(text.as_bytes()).await);
            // Until the client closes.
            drop(tcp.read_u8().await);
            false
        }
        Behaviour::Flood(text) => {
            drop(tcp.write_all(text.as_bytes()).await);
            while tcp.write_all(&[b'x'; 8_192]).await.is_ok() {}
            false
        }
        Behaviour::Drip(text) => {
            drop(tcp.write_all(text.as_bytes()).await);
            while tcp.write_all(b"x").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            false
        }
        Behaviour::Wait => {
            drop(release.wait_for(|released| *released).await);
            tcp.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")
                .await
                .is_ok()
        }
    }
}

async fn read(tcp: &mut TcpStream) -> Option<ReceivedRequest> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(tcp.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let mut lines = head.trim_end().split("\r\n");
    let line = lines.next()?.to_owned();
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let mut body = vec![0; length?.1.parse().ok()?];
    tcp.read_exact(&mut body).await.ok()?;
    Some(ReceivedRequest {
        line,
        headers,
        body,
    })
}
