//! `messenger`: plays a custom messenger, for a demonstration and for trying an operator's side.
//!
//! It is both halves of the protocol: a webhook that believes only what is signed or carries the
//! code, and a person who types. What is typed is kept until Switchboard has it: the same
//! `externalMessageId` is sent again until 200, and after a disconnection with the next `connect`.

mod answer;
mod compose;
mod outbox;
mod tell;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chat::secret::Secret;
use http_body_util::Full;
use hyper::{Request, Response};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cli::block_on;
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::{clock, data, http, signals};
use answer::{Answering, Incoming};
use compose::{Composer, Typed};
use outbox::{Connection, Outbox};
use tell::{Event, Teller};

/// How much of a request's body is read; Switchboard sends less.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// How many typed messages wait to be sent; past it typing waits.
const OUTBOX_MAX: usize = 1_000;

/// Play a custom messenger: receive what operators write, type what a user writes.
#[derive(clap::Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
#[command(after_help = "Examples:
  switchboard messenger --code secret --user ann --name Ann
  switchboard messenger --listen 127.0.0.1:7001 --code-file ./code --signed --auto-receipts
  echo 'Hello' | switchboard messenger --code secret --json

Connect a channel with webhook http://127.0.0.1:7000/ and the same code; then type. Lines that begin
with / are commands: /help lists them. With --json each event is one JSON line, and a typed JSON
object is sent as it is, signed or with the token. It serves on after the end of its input, until
it is interrupted.")]
pub(crate) struct Args {
    /// Where to receive; port 0 is a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7000")]
    listen: SocketAddr,
    /// The confirmation code that the channel is connected with.
    #[arg(long, value_name = "CODE", required_unless_present = "code_file")]
    code: Option<String>,
    /// A file with the confirmation code.
    #[arg(long, value_name = "FILE", conflicts_with = "code")]
    code_file: Option<PathBuf>,
    /// The address to send to, when the channel was connected before.
    #[arg(long, value_name = "URL")]
    public: Option<String>,
    /// The id of the person who types.
    #[arg(long, value_name = "ID", default_value = "u1")]
    user: String,
    /// The id of the conversation.
    #[arg(long, value_name = "ID", default_value = "c1")]
    chat: String,
    /// The name of the person.
    #[arg(long, value_name = "NAME", default_value = "Ann")]
    name: String,
    /// The telephone number of the person.
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// Sign what is sent and believe only what is signed (Standard Webhooks).
    #[arg(long)]
    signed: bool,
    /// Report every message as delivered and read.
    #[arg(long)]
    auto_receipts: bool,
    /// Take so many milliseconds over each answer.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    slow: u64,
    /// Refuse to be connected: answer connect with 401.
    #[arg(long)]
    refuse: bool,
    /// Answer each message with this status.
    #[arg(long, value_name = "STATUS", value_parser = clap::value_parser!(u16).range(200..=599))]
    fail: Option<u16>,
    /// Answer userInfo as some adapters do: with no commas between the members.
    #[arg(long)]
    broken_user_info: bool,
    /// Print one JSON line for each event.
    #[arg(long)]
    json: bool,
}

/// Plays until it is interrupted.
pub(crate) fn run(args: &Args) -> Result {
    let code = match (&args.code, &args.code_file) {
        (Some(code), _) => Secret::new(code),
        (None, Some(path)) => data::read_secret(path)
            .or_fail(Exit::Failure, || format!("cannot read {}", path.display()))?,
        (None, None) => return Err(Failure::say(Exit::Usage, "give --code or --code-file")),
    };
    if chat::signature::key(&code).is_err() {
        let words = "a code that begins with whsec_ must be base64 after it";
        return Err(Failure::say(Exit::Usage, words));
    }
    block_on(play(args, code))
}

async fn play(args: &Args, code: Secret) -> Result {
    let listener = TcpListener::bind(args.listen)
        .await
        .or_fail(Exit::Failure, || {
            format!("cannot listen on {}", args.listen)
        })?;
    let url = format!("http://{}/", listener.local_addr()?);
    let teller = Teller::new(args.json, args.name.clone());
    teller.tell(&Event::Listening { url: &url })?;

    let stop = CancellationToken::new();
    let connection = Connection::new(args.public.clone());
    let (queue, queued) = mpsc::channel(OUTBOX_MAX);
    let answering = Arc::new(Answering::new(args.clone(), code.clone()));
    let webhook = Webhook {
        answering,
        connection: connection.clone(),
        queue: queue.clone(),
        teller: teller.clone(),
        slow: Duration::from_millis(args.slow),
    };
    let outbox = Outbox {
        client: http::client()?,
        code,
        signed: args.signed,
        connection,
        teller: teller.clone(),
    };
    let composer = Composer::new(args, clock::chance()?);
    let handle = move |request| webhook.clone().handle(request);
    tokio::select! {
        () = http::serve(listener, handle, stop.clone()) => Ok(()),
        result = outbox.run(queued) => result,
        result = type_in(composer, queue, teller) => result,
        result = signals::asked_to_stop() => result,
    }
}

/// The webhook side, one clone a request.
#[derive(Clone)]
struct Webhook {
    answering: Arc<Answering>,
    connection: Connection,
    queue: mpsc::Sender<outbox::Item>,
    teller: Teller,
    slow: Duration,
}

impl Webhook {
    async fn handle(self, request: Request<hyper::body::Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let incoming = match http::read(body, BODY_BYTES_MAX).await {
            Ok(body) => Incoming::new(&head, &body),
            Err(_) => return respond(413, Vec::new()),
        };
        tokio::time::sleep(self.slow).await;
        let answer = self.answering.answer(&incoming, clock::now());
        if let Some(url) = &answer.connected {
            self.connection
                .connect(url, answer.last_message_id.as_deref());
        }
        // Nobody reads any more: the one who types will notice.
        drop(self.teller.tell(&answer.event()));
        for receipt in answer.receipts {
            // A full queue drops receipts, as any messenger would rather than stop receiving.
            drop(self.queue.try_send(outbox::Item::receipt(receipt)));
        }
        respond(answer.status, answer.body)
    }
}

fn respond(status: u16, body: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() =
        hyper::StatusCode::from_u16(status).unwrap_or(hyper::StatusCode::INTERNAL_SERVER_ERROR);
    let json = hyper::header::HeaderValue::from_static("application/json");
    response
        .headers_mut()
        .insert(hyper::header::CONTENT_TYPE, json);
    response
}

/// Reads the terminal, or whatever stands in its place, and goes on living after its end.
async fn type_in(
    mut composer: Composer,
    queue: mpsc::Sender<outbox::Item>,
    teller: Teller,
) -> Result {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match composer.typed(line.trim(), teller.last_message(), clock::now()) {
            Typed::Nothing => {}
            Typed::Said(words) => teller.tell(&Event::Note { words: &words })?,
            Typed::Quit => return Ok(()),
            Typed::Send(item) => {
                if queue.send(item).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    std::future::pending().await
}
