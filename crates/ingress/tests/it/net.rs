//! A gateway on a real socket, and clients that speak HTTP by hand.

use std::net::SocketAddr;
use std::time::Duration;

use chat::rpc::Security;
use ingress::Config;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::fake_router::{FakeRouter, access};
use crate::test_gateway::{CODE, config, message, path};

/// The timeout of every wait: longer than anything here takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// Waits for an event that must happen.
pub(crate) async fn in_time<T>(happens: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, happens)
        .await
        .expect("it must happen")
}

/// A gateway that listens on a socket.
pub(crate) struct TestServer {
    pub(crate) address: SocketAddr,
    pub(crate) router: FakeRouter,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl TestServer {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// Starts a server with changed limits.
    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = config();
        change(&mut config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = FakeRouter::new(access(CODE, Security::Token));
        let stop = CancellationToken::new();
        let (upstream, token) = (router.clone(), stop.clone());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { ingress::serve(&config, listener, upstream, token).await });
        Self {
            address,
            router,
            stop,
            tasks,
        }
    }

    pub(crate) fn stop(&self) {
        self.stop.cancel();
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.tasks.try_join_next().is_none()
    }

    /// Waits until it has stopped.
    pub(crate) async fn end(mut self) {
        self.stop();
        in_time(self.tasks.join_next()).await.unwrap().unwrap();
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::new(in_time(TcpStream::connect(self.address)).await.unwrap())
    }

    /// A client at another address.
    pub(crate) async fn connect_from(&self, from: &str) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        Client::new(in_time(socket.connect(self.address)).await.unwrap())
    }

    /// A client with a small receive buffer.
    pub(crate) async fn connect_narrow(&self) -> Client {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        Client::new(in_time(socket.connect(self.address)).await.unwrap())
    }
}

/// A connection to a gateway.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// A response as received.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    /// The head's lines, in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Client {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self {
            stream: BufReader::new(stream),
        }
    }

    pub(crate) async fn send(&mut self, text: &str) {
        in_time(self.try_send(text.as_bytes())).await.unwrap();
    }

    pub(crate) async fn try_send(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.stream.get_mut().write_all(bytes).await
    }

    /// Reads one response; `None` when the connection ends instead.
    pub(crate) async fn response(&mut self) -> Option<HttpResponse> {
        in_time(self.read()).await
    }

    async fn read(&mut self) -> Option<HttpResponse> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match self.stream.read_line(&mut head).await {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
        head.make_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).await.ok()?;
        let status = head.split(' ').nth(1)?.parse().ok()?;
        Some(HttpResponse {
            status,
            head,
            body: String::from_utf8(body).unwrap(),
        })
    }

    /// Waits until the connection ends and returns the number of bytes received before.
    pub(crate) async fn ended(&mut self) -> usize {
        let mut rest = Vec::new();
        let read = in_time(self.stream.read_to_end(&mut rest)).await;
        // A reset is an end too.
        read.unwrap_or(rest.len())
    }

    /// Sends everything while reading until the connection ends. Returns what was received, and whether
    /// everything was sent.
    pub(crate) async fn exchange(self, request: &str) -> (String, bool) {
        let (mut reader, mut writer) = self.stream.into_inner().into_split();
        let send = async {
            let sent = writer.write_all(request.as_bytes()).await;
            sent.and(writer.shutdown().await).is_ok()
        };
        let mut received = Vec::new();
        // A server that closes before it has read everything may reset the connection.
        let read = reader.read_to_end(&mut received);
        let (_end, sent) = in_time(async { tokio::join!(read, send) }).await;
        (String::from_utf8(received).unwrap(), sent)
    }
}

/// The head of a request with this content length.
pub(crate) fn head(length: usize) -> String {
    format!(
        "POST {} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n\r\n",
        path()
    )
}

/// A complete, valid request.
pub(crate) fn good() -> String {
    let body = message(CODE);
    format!("{}{body}", head(body.len()))
}
