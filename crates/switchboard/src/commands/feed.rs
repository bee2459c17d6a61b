//! `feed`: everything that happens, as JSON lines, without a gap and without a double.
//!
//! NATS carries hints: what is published may be lost. So every live event is held against what is
//! known (`previous`, the position of the event before it in its live chat), and a gap, like a
//! reconnection, is filled by asking for what came after the last position that is known for sure.

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

/// How many events are asked for at once.
const PAGE: u64 = 1_000;
/// How many live events wait to be looked at.
const QUEUE_MAX: usize = 1_024;
/// How many live events are remembered before history is asked again, to forget them.
const SHOWN_MAX: usize = 10_000;

/// Print everything that happens as JSON lines: history first, then live.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard feed --live-chat Sales
  switchboard feed --from 1200 | jq 'select(.type == \"switchboard.message-received\")'

Each line is one event in CloudEvents 1.0 JSON. To go on where a run ended, give the last `position`
as --from.")]
pub(crate) struct Args {
    /// Only this live chat, by id or name.
    #[arg(long, value_name = "ID|NAME")]
    live_chat: Option<String>,
    /// Begin after this position; 0 is the beginning.
    #[arg(long, value_name = "POSITION", default_value_t = 0)]
    from: u64,
    /// End after the history.
    #[arg(long)]
    no_follow: bool,
    #[command(flatten)]
    sign_in: SignIn,
}

/// Prints until it is interrupted.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    block_on(async {
        tokio::select! {
            result = follow(args, environment) => result,
            result = signals::asked_to_stop() => result,
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
    // First listen, then ask: what happens in between comes twice rather than never.
    let mut live = feed.listen().await?;
    feed.catch_up().await?;
    loop {
        tokio::select! {
            biased; // A gap is filled before what lies behind it.
            changed = link.changed() => {
                let now = *link.borrow_and_update();
                if changed.is_err() || now.closed {
                    return Err(Failure::say(Exit::NotConnected, "the connection to NATS is closed"));
                }
                if now.connected && now.has_gap_since(&before) {
                    before = now;
                    feed.catch_up().await?;
                }
            }
            message = live.next() => match message {
                Some(message) => feed.take(&message).await?,
                None => return Err(Failure::say(Exit::NotConnected, "the feed has ended")),
            },
        }
    }
}

/// Live events of all that is listened to.
struct Live {
    queue: mpsc::Receiver<Message>,
    /// Ends its tasks when it is dropped.
    _tasks: JoinSet<()>,
}

impl Live {
    async fn next(&mut self) -> Option<Message> {
        self.queue.recv().await
    }
}

/// What is shown already.
struct Feed {
    caller: Caller,
    /// The one live chat that is wanted.
    live_chat: Option<String>,
    /// All up to here is shown.
    sure: u64,
    /// Shown beyond that.
    shown: BTreeSet<u64>,
    /// The last event shown of each live chat.
    last: BTreeMap<String, u64>,
}

impl Feed {
    fn new(caller: Caller, live_chat: Option<String>, from: u64) -> Self {
        Self {
            caller,
            live_chat,
            sure: from,
            shown: BTreeSet::new(),
            last: BTreeMap::new(),
        }
    }

    /// Listens to all that the user may see: NATS refuses a wildcard that covers more.
    async fn listen(&self) -> Result<Live> {
        let workspace = &self.caller.workspace;
        let feed_of = |id: &str| Some(workspace.feed_of(id.parse().ok()?));
        let subjects: Vec<String> = if let Some(id) = &self.live_chat {
            feed_of(id).into_iter().collect()
        } else {
            let me = Me::ask(&self.caller).await?;
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
            tasks.spawn(pass_on(subscription, sender.clone()));
        }
        // With no subject at all there is nothing to hear, which is no end.
        tasks.spawn(async move { sender.closed().await });
        Ok(Live {
            queue,
            _tasks: tasks,
        })
    }

    /// Shows everything after what is shown for sure.
    async fn catch_up(&mut self) -> Result {
        loop {
            let mut request = json!({ "position": self.sure, "limit": PAGE });
            if let (Some(id), Some(request)) = (&self.live_chat, request.as_object_mut()) {
                request.insert("liveChat".to_owned(), id.as_str().into());
            }
            let page = self.caller.ask("events.after", &request).await?;
            let before = self.sure;
            let events = page.get("events").and_then(Value::as_array);
            for event in events.into_iter().flatten() {
                let Some(position) = position(event) else {
                    continue;
                };
                if !self.shown.contains(&position) {
                    output::data(event)?;
                }
                self.note(event, position);
                self.sure = self.sure.max(position);
            }
            // A page may be empty because nothing up to `next` is for the caller's eyes.
            let number = |name: &str| page.get(name).and_then(Value::as_u64);
            let next = number("next");
            self.sure = self
                .sure
                .max(next.or_else(|| number("position")).unwrap_or(0));
            let sure = self.sure;
            self.shown.retain(|shown| *shown > sure);
            if next.is_none() || self.sure == before {
                return Ok(());
            }
        }
    }

    /// Shows a live event, and before it what was missed.
    async fn take(&mut self, message: &Message) -> Result {
        let Ok(event) = serde_json::from_slice::<Value>(&message.payload) else {
            return Ok(());
        };
        // Without a position it is a passing thing, such as typing.
        let Some(position) = position(&event) else {
            return Ok(());
        };
        if position <= self.sure || self.shown.contains(&position) {
            return Ok(());
        }
        let previous = event.get("previous").and_then(Value::as_u64).unwrap_or(0);
        let known = previous <= self.sure
            || self.shown.contains(&previous)
            || live_chat(&event).and_then(|id| self.last.get(id)) >= Some(&previous);
        if !known || self.shown.len() >= SHOWN_MAX {
            return self.catch_up().await;
        }
        output::data(&event)?;
        self.shown.insert(position);
        self.note(&event, position);
        Ok(())
    }

    fn note(&mut self, event: &Value, position: u64) {
        if let Some(id) = live_chat(event) {
            let last = self.last.entry(id.to_owned()).or_default();
            *last = position.max(*last);
        }
    }
}

/// What the caller may listen to.
struct Me {
    sees_all: bool,
    audits: bool,
    live_chats: Vec<String>,
}

impl Me {
    async fn ask(caller: &Caller) -> Result<Self> {
        let me = caller.ask("me", &json!({})).await?;
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

async fn pass_on(mut subscription: Subscription, queue: mpsc::Sender<Message>) {
    while let Some(message) = subscription.next().await {
        if queue.send(message).await.is_err() {
            return;
        }
    }
}

fn position(event: &Value) -> Option<u64> {
    event.get("position").and_then(Value::as_u64)
}

/// The live chat whose chain an event is in.
fn live_chat(event: &Value) -> Option<&str> {
    event.get("livechat").and_then(Value::as_str)
}
