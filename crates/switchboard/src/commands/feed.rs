//! `feed`: prints all events as JSON lines, without gaps and without duplicates.
//!
//! Events published over NATS may be lost. Each live event carries `previous`, the position of the
//! event before it in its live chat. If the previous event was not received, or after a reconnection,
//! the missing events are requested with `events.after`.

use std::collections::{BTreeMap, BTreeSet};

use bus::{Message, Subscription};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::commands::api::{Caller, Named, SignIn, id_of};
use crate::exit::{Exit, Failure, Result};
use crate::output;
use crate::runtime::block_on;
use crate::settings::Environment;
use crate::signals;

/// Events per request for history.
const PAGE: u64 = 1_000;
/// The most live events that are queued.
const QUEUE_MAX: usize = 1_024;
/// The most positions in `Feed::ahead`. Then history is requested, which removes them.
const AHEAD_MAX: usize = 10_000;

/// Print all events as JSON lines: history first, then live.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard feed --live-chat Sales
  switchboard feed --from 1200 | jq 'select(.type == \"switchboard.message-received\")'

Each line is one event in CloudEvents 1.0 JSON. To continue where a run ended, give the last \
`position` as --from.")]
pub(crate) struct Args {
    /// Only this live chat, by id or name.
    #[arg(long, value_name = "ID|NAME")]
    live_chat: Option<String>,
    /// Start after this position; 0 is the beginning.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    from: u64,
    /// Exit after the history.
    #[arg(long)]
    no_follow: bool,
    #[command(flatten)]
    sign_in: SignIn,
}

/// Prints until interrupted.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    block_on(async {
        tokio::select! {
            result = follow(args, environment) => result,
            result = signals::stop() => result,
        }
    })
}

async fn follow(args: &Args, environment: &Environment) -> Result {
    let caller = Caller::sign_in(&args.sign_in, environment).await?;
    let live_chat = match &args.live_chat {
        Some(text) => Some(id_of(&caller, Named::LiveChat, text).await?),
        None => None,
    };
    let mut feed = Feed::new(caller, live_chat, args.from);
    if args.no_follow {
        return feed.catch_up().await;
    }
    let mut link = feed.caller.bus.changes();
    let mut before = *link.borrow_and_update();
    // Subscribe before the history is read, so that no event is missed in between.
    let mut live = feed.listen().await?;
    feed.catch_up().await?;
    loop {
        tokio::select! {
            biased; // Fill a gap before printing the events behind it.
            changed = link.changed() => {
                let now = *link.borrow_and_update();
                if changed.is_err() || now.closed {
                    return Err(Failure::message(Exit::NotConnected, "the connection to NATS is closed"));
                }
                if !now.connected {
                    output::message("connection lost, reconnecting");
                } else if now.has_gap_since(&before) {
                    before = now;
                    feed.catch_up().await?;
                }
            }
            message = live.next() => match message {
                Some(message) => feed.receive(&message).await?,
                None => return Err(Failure::message(Exit::NotConnected, "the feed ended")),
            },
        }
    }
}

/// The live events of all subscriptions.
struct Live {
    queue: mpsc::Receiver<Message>,
    /// Aborted on drop.
    _tasks: JoinSet<()>,
}

impl Live {
    async fn next(&mut self) -> Option<Message> {
        self.queue.recv().await
    }
}

/// The printed part of the feed.
struct Feed {
    caller: Caller,
    /// The only live chat to print, if one was given.
    live_chat: Option<String>,
    /// All events up to this position are printed.
    complete: u64,
    /// The printed positions after `complete`.
    ahead: BTreeSet<u64>,
    /// The last printed position of each live chat.
    last: BTreeMap<String, u64>,
}

impl Feed {
    fn new(caller: Caller, live_chat: Option<String>, from: u64) -> Self {
        Self {
            caller,
            live_chat,
            complete: from,
            ahead: BTreeSet::new(),
            last: BTreeMap::new(),
        }
    }

    /// Subscribes to everything the user may read. NATS rejects wildcards that cover more.
    async fn listen(&self) -> Result<Live> {
        let workspace = &self.caller.workspace;
        let feed_of = |id: &str| Some(workspace.feed_of(id.parse().ok()?));
        let subjects: Vec<String> = if let Some(id) = &self.live_chat {
            feed_of(id).into_iter().collect()
        } else {
            let me = Me::call(&self.caller).await?;
            let mut subjects = Vec::new();
            if me.sees_all {
                subjects.push(workspace.all_feeds());
            } else {
                subjects.extend(me.live_chats.iter().filter_map(|id| feed_of(id)));
            }
            if me.audits {
                subjects.push(workspace.all_audit());
            }
            subjects
        };
        let (sender, queue) = mpsc::channel(QUEUE_MAX);
        let mut tasks = JoinSet::new();
        for subject in subjects {
            let subscription = self.caller.listen(&subject).await?;
            tasks.spawn(forward(subscription, sender.clone()));
        }
        // Keeps the queue open if there are no subjects.
        tasks.spawn(async move { sender.closed().await });
        Ok(Live {
            queue,
            _tasks: tasks,
        })
    }

    /// Prints the history after `complete`.
    async fn catch_up(&mut self) -> Result {
        loop {
            let mut request = json!({ "position": self.complete, "limit": PAGE });
            if let (Some(id), Some(request)) = (&self.live_chat, request.as_object_mut()) {
                request.insert("liveChat".to_owned(), id.as_str().into());
            }
            let page = self.caller.call("events.after", &request).await?;
            let before = self.complete;
            let events = page.get("events").and_then(Value::as_array);
            for event in events.into_iter().flatten() {
                let Some(position) = position(event) else {
                    continue;
                };
                if !self.ahead.contains(&position) {
                    output::data(event)?;
                }
                self.record(event, position);
                self.complete = self.complete.max(position);
            }
            // A page may be empty: the caller may read none of the events up to `next`.
            let number = |name: &str| page.get(name).and_then(Value::as_u64);
            let next = number("next");
            let end = next.or_else(|| number("position")).unwrap_or(0);
            self.complete = self.complete.max(end);
            let complete = self.complete;
            self.ahead.retain(|position| *position > complete);
            if next.is_none() || self.complete == before {
                return Ok(());
            }
        }
    }

    /// Prints a live event, preceded by the events that were missed.
    async fn receive(&mut self, message: &Message) -> Result {
        let Ok(event) = serde_json::from_slice::<Value>(&message.payload) else {
            return Ok(());
        };
        // Transient signals, such as typing, have no position.
        let Some(position) = position(&event) else {
            return Ok(());
        };
        if position <= self.complete || self.ahead.contains(&position) {
            return Ok(());
        }
        let previous = event.get("previous").and_then(Value::as_u64).unwrap_or(0);
        let known = previous <= self.complete
            || self.ahead.contains(&previous)
            || live_chat(&event).and_then(|id| self.last.get(id)) >= Some(&previous);
        if !known || self.ahead.len() >= AHEAD_MAX {
            return self.catch_up().await;
        }
        output::data(&event)?;
        self.ahead.insert(position);
        self.record(&event, position);
        Ok(())
    }

    fn record(&mut self, event: &Value, position: u64) {
        if let Some(id) = live_chat(event) {
            let last = self.last.entry(id.to_owned()).or_default();
            *last = position.max(*last);
        }
    }
}

/// What the caller may read.
struct Me {
    sees_all: bool,
    audits: bool,
    live_chats: Vec<String>,
}

impl Me {
    async fn call(caller: &Caller) -> Result<Self> {
        let me = caller.call("me", &json!({})).await?;
        let user = me.get("user").unwrap_or(&me);
        let list = |name: &str| {
            user.get(name)
                .or_else(|| me.get(name))
                .and_then(Value::as_array)
        };
        let has = |group: &str| {
            list("groups").is_some_and(|groups| groups.iter().any(|g| g.as_str() == Some(group)))
        };
        let live_chats = list("liveChats").into_iter().flatten().filter_map(|one| {
            let id = one.get("id").unwrap_or(one);
            id.as_str().map(str::to_owned)
        });
        Ok(Self {
            sees_all: has("administrators") || has("supervisors"),
            audits: has("administrators"),
            live_chats: live_chats.collect(),
        })
    }
}

async fn forward(mut subscription: Subscription, queue: mpsc::Sender<Message>) {
    while let Some(message) = subscription.next().await {
        if queue.send(message).await.is_err() {
            return;
        }
    }
}

fn position(event: &Value) -> Option<u64> {
    event.get("position").and_then(Value::as_u64)
}

/// The live chat of an event.
fn live_chat(event: &Value) -> Option<&str> {
    event.get("livechat").and_then(Value::as_str)
}
