//! What can be asked to be shown.

use std::str::FromStr;

use chat::id::{ChannelId, ContactId, LiveChatId, MessageId, ReplyId, SessionId, UserId};
use chat::model::DeliveryState;
use chat::record::Stream;
use chat::rejection::Rejection;
use chat::workspace::Cursor;
use serde::Deserialize;

use super::args::{Args, need, wrong};

/// The most that a search looks for, in characters.
const TEXT_CHARS_MAX: usize = 255;

/// What is to be shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Query {
    /// `me`
    Me,
    /// `live-chats.list`
    LiveChats(Page<LiveChatId>),
    /// `channels.list`: of all live chats or of one.
    Channels(Option<LiveChatId>, Page<ChannelId>),
    /// `channels.get`
    Channel(ChannelId),
    /// `users.list`
    Users(Page<UserId>),
    /// `sessions.list`
    Sessions(Sessions),
    /// `sessions.get`
    Session(SessionId),
    /// `sessions.history`
    History(History),
    /// `replies.list`
    Replies(LiveChatId, Page<ReplyId>),
    /// `audit.list`
    Audit(Audit),
    /// `deliveries.list`
    Deliveries(Deliveries),
    /// `contacts.list`
    Contacts(Contacts),
    /// `contacts.get`
    Contact(ContactId),
    /// `events.after`
    EventsAfter(EventsAfter),
}

/// A page of a list: so many behind the entry that the page before named as `next`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Page<K> {
    pub(crate) before: Option<K>,
    pub(crate) limit: usize,
}

/// See [`Query::Sessions`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sessions {
    pub(crate) view: ViewName,
    pub(crate) live_chat: Option<LiveChatId>,
    /// In lower case.
    pub(crate) text: Option<String>,
    pub(crate) before: Option<Cursor>,
    pub(crate) limit: usize,
}

/// Which sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ViewName {
    /// Nobody has them.
    Queue,
    /// The caller has them.
    Mine,
    /// Somebody has them.
    Active,
    /// They ended.
    Closed,
}

/// See [`Query::History`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct History {
    pub(crate) of: HistoryOf,
    /// Whether what happened to the sessions is wanted too.
    pub(crate) events: bool,
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
}

/// Whose messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HistoryOf {
    /// Of a session, and of the sessions before it on the same chat.
    Session(SessionId),
    /// Of a person's sessions.
    Contact(ContactId),
}

/// See [`Query::Audit`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Audit {
    pub(crate) user: Option<UserId>,
    pub(crate) stream: Option<Stream>,
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
}

/// See [`Query::Deliveries`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deliveries {
    pub(crate) channel: Option<ChannelId>,
    pub(crate) message: Option<MessageId>,
    pub(crate) state: Option<DeliveryState>,
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
}

/// See [`Query::Contacts`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Contacts {
    pub(crate) channel: Option<ChannelId>,
    /// In lower case.
    pub(crate) text: Option<String>,
    pub(crate) before: Option<ContactId>,
    pub(crate) limit: usize,
}

/// See [`Query::EventsAfter`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventsAfter {
    pub(crate) position: u64,
    /// Only this one's feed.
    pub(crate) live_chat: Option<LiveChatId>,
    pub(crate) limit: usize,
}

pub(super) fn read(method: &str, args: &Args) -> Result<Option<Query>, Rejection> {
    Ok(Some(match method {
        "me" => Query::Me,
        "live-chats.list" => Query::LiveChats(page(args)?),
        "channels.list" => Query::Channels(args.id("liveChat")?, page(args)?),
        "channels.get" => Query::Channel(args.need_id("channel")?),
        "users.list" => Query::Users(page(args)?),
        "sessions.list" => Query::Sessions(sessions(args)?),
        "sessions.get" => Query::Session(args.need_id("session")?),
        "sessions.history" => Query::History(history(args)?),
        "replies.list" => Query::Replies(args.need_id("liveChat")?, page(args)?),
        "audit.list" => Query::Audit(Audit {
            user: args.parsed("user", "must be a user's id")?,
            stream: args.parsed(
                "stream",
                "must name a stream: user-, livechat-, channel- or contact-<id>",
            )?,
            before: args.number("before")?,
            limit: args.limit(50, 500)?,
        }),
        "deliveries.list" => Query::Deliveries(Deliveries {
            channel: args.id("channel")?,
            message: args.id("message")?,
            state: args.choice("state", STATES)?,
            before: args.number("before")?,
            limit: args.limit(50, 500)?,
        }),
        "contacts.list" => Query::Contacts(Contacts {
            channel: args.id("channel")?,
            text: search(args)?,
            before: args.id("before")?,
            limit: args.limit(50, 200)?,
        }),
        "contacts.get" => Query::Contact(args.need_id("contact")?),
        "events.after" => Query::EventsAfter(EventsAfter {
            position: need("position", args.number("position")?)?,
            live_chat: args.id("liveChat")?,
            limit: args.limit(1_000, 1_000)?,
        }),
        _ => return Ok(None),
    }))
}

const STATES: &str = "queued, sending, accepted, delivered, read, failed, expired";

/// A list that the rules keep short comes as one page, unless it is asked for in parts.
fn page<K: FromStr>(args: &Args) -> Result<Page<K>, Rejection> {
    Ok(Page {
        before: args.id("before")?,
        limit: args.limit(1_000, 1_000)?,
    })
}

fn sessions(args: &Args) -> Result<Sessions, Rejection> {
    let view = args.choice("view", "queue, mine, active, closed")?;
    let before = args.text("before")?;
    let cursor = before.map(|text| {
        cursor(&text).ok_or_else(|| wrong("before", "must be the next of the page before"))
    });
    Ok(Sessions {
        view: view.unwrap_or(ViewName::Queue),
        live_chat: args.id("liveChat")?,
        text: search(args)?,
        before: cursor.transpose()?,
        limit: args.limit(50, 200)?,
    })
}

fn history(args: &Args) -> Result<History, Rejection> {
    let of = match (args.id("session")?, args.id("contact")?) {
        (Some(session), None) => HistoryOf::Session(session),
        (None, Some(contact)) => HistoryOf::Contact(contact),
        _ => {
            let words = "exactly one of session and contact is required";
            return Err(wrong("session", words));
        }
    };
    Ok(History {
        of,
        events: args.flag("events")?.unwrap_or(false),
        before: args.number("before")?,
        limit: args.limit(50, 500)?,
    })
}

/// What is searched for, in lower case; nothing is no search.
fn search(args: &Args) -> Result<Option<String>, Rejection> {
    let text = args.text("text")?.map(|text| text.trim().to_lowercase());
    if text
        .as_ref()
        .is_some_and(|t| t.chars().count() > TEXT_CHARS_MAX)
    {
        let words = format!("must have at most {TEXT_CHARS_MAX} characters");
        return Err(wrong("text", &words));
    }
    Ok(text.filter(|text| !text.is_empty()))
}

/// The other way round: `cursor` in the view of sessions.
fn cursor(text: &str) -> Option<Cursor> {
    let (micros, session) = text.split_once('.')?;
    let micros = micros.parse().ok()?;
    Some((
        chat::time::Timestamp::from_micros(micros),
        session.parse().ok()?,
    ))
}
