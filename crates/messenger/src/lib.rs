//! A simulated custom messenger, for demonstrations and for trying the operators' side.
//!
//! It implements both halves of the public messenger protocol: a webhook that accepts only signed
//! requests or the right token, and people who type. What they type is sent until Switchboard
//! answers 200: with the same `externalMessageId` each time, and after a disconnection again with
//! the next `connect`. The crate depends on none of the broker's crates.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod channel_status;
mod code;
mod composer;
mod event;
mod http;
mod options;
mod outbox;
mod page;
mod people;
mod phone;
mod report;
mod responder;
mod screen;
#[cfg(test)]
mod tests;
mod webhook;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpListener;

use channel_status::ChannelStatus;
pub use code::Code;
use composer::{Composer, Input};
use event::Event;
pub use options::Options;
use outbox::{Connection, Outbox, Queue};
use page::Page;
use phone::Phone;
use report::Reporter;
use responder::Responder;
use screen::Screen;
use webhook::Webhook;

/// The sockets, which the caller binds.
#[derive(Debug)]
pub struct Listeners {
    /// Receives Switchboard's requests.
    pub webhook: TcpListener,
    /// Serves the phone in a browser.
    pub page: Option<TcpListener>,
}

/// Runs until the user types `/quit` or the future is dropped.
///
/// # Errors
///
/// A listener has no address, TLS cannot be set up, or stdin or stdout fails.
pub async fn run(options: &Options, code: Code, listeners: Listeners) -> anyhow::Result<()> {
    let url = url(&listeners.webhook)?;
    let code = Arc::new(code);
    let people = people::all(options, listeners.page.is_some());
    let screen = listeners
        .page
        .is_some()
        .then(|| Screen::new(Phone::new(&people, &url, options.public.is_some())));
    let reporter = Reporter::new(options.json, options.name.clone(), screen.clone());
    reporter.report(&Event::Listening { url: &url })?;

    let connection = Connection::new(options.public.clone());
    let (queue, queued) = Queue::new(reporter.clone());
    let outbox = Outbox::new(
        code.clone(),
        options.signed,
        connection.clone(),
        reporter.clone(),
    )?;
    let status = ChannelStatus::new(&outbox);
    let page = listeners.page.zip(screen);
    let page = page.map(|(listener, screen)| (listener, Page::new(screen, queue.clone(), &people)));
    let composer = Composer::new(people::named(options), options.json);
    let webhook = Webhook::new(
        Responder::new(options.clone(), code, people, page.is_some()),
        connection,
        queue.clone(),
        reporter.clone(),
    );
    let handle = move |request| webhook.clone().handle(request);
    tokio::select! {
        () = http::serve(listeners.webhook, handle) => Ok(()),
        result = outbox.run(queued) => result,
        result = serve_page(page, status, &reporter) => result,
        result = read_input(composer, queue, &reporter) => result,
    }
}

fn url(listener: &TcpListener) -> std::io::Result<String> {
    Ok(format!("http://{}/", listener.local_addr()?))
}

/// Serves the page, if there is one, and polls the channel's status for it.
async fn serve_page(
    page: Option<(TcpListener, Page)>,
    status: ChannelStatus,
    reporter: &Reporter,
) -> anyhow::Result<()> {
    let Some((listener, page)) = page else {
        return std::future::pending().await;
    };
    let url = url(&listener)?;
    reporter.report(&Event::Page { url: &url })?;
    let handle = move |request| page.clone().handle(request);
    tokio::select! {
        () = http::serve(listener, handle) => Ok(()),
        result = status.poll() => result,
    }
}

/// Reads lines from stdin. Does not return at end of file: the webhook keeps running.
async fn read_input(
    mut composer: Composer,
    queue: Queue,
    reporter: &Reporter,
) -> anyhow::Result<()> {
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        match composer.read(line.trim(), reporter.last_message(), Timestamp::now()) {
            Input::Empty => {}
            Input::Note(text) => reporter.report(&Event::Note { text: &text })?,
            Input::Quit => return Ok(()),
            Input::Send(item) => {
                if !queue.put(item).await? {
                    return Ok(());
                }
            }
        }
    }
    std::future::pending().await
}
