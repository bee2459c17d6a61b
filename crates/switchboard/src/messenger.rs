//! `messenger`: plays a custom messenger, for a demonstration and for trying an operator's side.
//!
//! It is both halves of the protocol: a webhook that believes only what is signed or carries the
//! code, and a person who types. What is typed is kept until Switchboard has it: the same
//! `externalMessageId` is sent again until 200, and after a disconnection with the next `connect`.

mod answer;
mod compose;
mod health;
mod outbox;
mod page;
mod people;
mod phone;
mod screen;
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
use tokio_util::sync::CancellationToken;

use crate::cli::block_on;
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::settings::Address;
use crate::{clock, data, http, ports, signals};
use answer::{Answering, Incoming};
use compose::{Composer, Typed};
use health::Watch;
use outbox::{Connection, Outbox, Queue};
use page::Page;
use phone::Phone;
use screen::Screen;
use tell::{Event, Teller};

/// How much of a request's body is read; Switchboard sends less.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Where the page is when nobody says.
const PAGE: &str = "127.0.0.1:7080";
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
it is interrupted.

With --page it is also a phone in a browser, for several people. Whoever reaches that page writes as
them: keep it on this machine.")]
pub(crate) struct Args {
    /// Where to receive; port 0 is a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:7000")]
    listen: SocketAddr,
    /// Serve a phone to write on, as a page for a browser.
    #[arg(long, value_name = "ADDRESS:PORT", num_args = 0..=1, default_missing_value = PAGE)]
    page: Option<SocketAddr>,
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
    let (listener, url) = listen("--listen", args.listen).await?;
    let people = people::all(args);
    let screen = args.page.map(|_| {
        let phone = Phone::new(&people, &url, args.public.is_some(), clock::now());
        Screen::new(phone)
    });
    let teller = Teller::new(args.json, args.name.clone(), screen.clone());
    teller.tell(&Event::Listening { url: &url })?;

    let connection = Connection::new(args.public.clone());
    let (queue, queued) = Queue::new(OUTBOX_MAX, teller.clone());
    let page = match screen {
        Some(screen) => Some(Page::new(screen, queue.clone(), &people)?),
        None => None,
    };
    let composer = Composer::new(people::named(args), args.json, clock::chance()?);
    let webhook = Webhook {
        answering: Arc::new(Answering::new(args.clone(), code.clone(), people)),
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
    let watch = Watch::beside(&outbox);
    let handle = move |request| webhook.clone().handle(request);
    tokio::select! {
        () = http::serve(listener, handle, CancellationToken::new()) => Ok(()),
        result = outbox.run(queued) => result,
        result = show(args.page.zip(page), watch, &teller) => result,
        result = type_in(composer, queue, teller.clone()) => result,
        result = signals::asked_to_stop() => result,
    }
}

/// Takes the address that a flag gives; the URL that it has then.
async fn listen(flag: &str, address: SocketAddr) -> Result<(TcpListener, String)> {
    let listener = ports::bind(flag, Address(address)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    Ok((listener, url))
}

/// Serves the page, where there is to be one, and watches for it how Switchboard is.
async fn show(page: Option<(SocketAddr, Page)>, watch: Watch, teller: &Teller) -> Result {
    let Some((address, page)) = page else {
        return std::future::pending().await;
    };
    let (listener, url) = listen("--page", address).await?;
    teller.tell(&Event::Page { url: &url })?;
    let handle = move |request| page.clone().handle(request);
    tokio::select! {
        () = http::serve(listener, handle, CancellationToken::new()) => Ok(()),
        result = watch.run() => result,
    }
}

/// An id that nothing else has.
fn fresh_id(kind: &str) -> std::result::Result<String, getrandom::Error> {
    let id = u128::from_be_bytes(clock::chance()?.bytes());
    Ok(format!("{kind}-{id:032x}"))
}

/// The webhook side, one clone a request.
#[derive(Clone)]
struct Webhook {
    answering: Arc<Answering>,
    connection: Connection,
    queue: Queue,
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
            drop(self.queue.try_put(outbox::Item::receipt(receipt)));
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
async fn type_in(mut composer: Composer, queue: Queue, teller: Teller) -> Result {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match composer.typed(line.trim(), teller.last_message(), clock::now()) {
            Typed::Nothing => {}
            Typed::Said(words) => teller.tell(&Event::Note { words: &words })?,
            Typed::Quit => return Ok(()),
            Typed::Send(item) => {
                if !queue.put(item).await? {
                    return Ok(());
                }
            }
        }
    }
    std::future::pending().await
}
