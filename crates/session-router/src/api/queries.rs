//! Queries.

use std::str::FromStr;

use chat::id::{ChannelId, ContactId, LiveChatId, MessageId, ReplyId, SessionId, UserId};
use chat::model::DeliveryState;
use chat::record::Stream;
use chat::rejection::Rejection;
use chat::rules::SEARCH_CHARS_MAX;
use chat::workspace::Cursor;
use serde::Deserialize;

use super::Call;
use super::args::{Args, required, wrong};
use crate::view::search::fold;

/// A query.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Query {
    /// `me`
    Me,
    /// `live-chats.list`
    LiveChats(Page<LiveChatId>),
    /// `channels.list`, optionally of one live chat
    Channels(Option<LiveChatId>, Page<ChannelId>),
    /// `channels.get`
    Channel(ChannelId),
    /// `users.list`
    Users(Page<UserId>),
    /// `users.tokens`, the caller's by default
    Tokens(Option<UserId>),
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
    /// `contacts.list`
    Contacts(Contacts),
    /// `contacts.get`
    Contact(ContactId),
}

impl Query {
    /// Whether it looks at many rows or records for one page.
    const fn is_search(&self) -> bool {
        match self {
            Self::Sessions(query) => query.text.is_some(),
            Self::Audit(query) => query.user.is_some() || query.stream.is_some(),
            Self::Contacts(_) => true,
            Self::Me
            | Self::LiveChats(_)
            | Self::Channels(..)
            | Self::Channel(_)
            | Self::Users(_)
            | Self::Tokens(_)
            | Self::Session(_)
            | Self::History(_)
            | Self::Replies(..)
            | Self::Contact(_) => false,
        }
    }
}

/// A query that reads much of the log, or looks at many rows of the state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum LogQuery {
    /// `sessions.list` with a text, `contacts.list`, `audit.list` with a filter
    Search(Query),
    /// `deliveries.list`
    Deliveries(Deliveries),
    /// `events.after`
    EventsAfter(EventsAfter),
}

/// A page of a list: up to `limit` entries after `before`, the `next` of the previous page.
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

/// Which sessions to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ViewName {
    /// Not assigned.
    Queue,
    /// Assigned to the caller.
    Mine,
    /// Assigned to anybody.
    Active,
    /// Closed.
    Closed,
}

/// See [`Query::History`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct History {
    pub(crate) of: HistoryOf,
    /// Whether to include changes of the sessions.
    pub(crate) events: bool,
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
}

/// Whose messages to list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HistoryOf {
    /// Those of a session and of earlier sessions of the same chat.
    Session(SessionId),
    /// Those of all sessions of a person.
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

/// See [`LogQuery::Deliveries`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deliveries {
    pub(crate) channel: Option<ChannelId>,
    pub(crate) message: Option<MessageId>,
    pub(crate) state: Option<DeliveryState>,
    /// The present state of the message's delivery.
    pub(crate) outcome: Option<DeliveryState>,
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

/// See [`LogQuery::EventsAfter`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventsAfter {
    pub(crate) position: u64,
    /// Only the feed of this live chat.
    pub(crate) live_chat: Option<LiveChatId>,
    pub(crate) limit: usize,
}

pub(super) fn read(method: &str, args: &Args) -> Result<Option<Call>, Rejection> {
    let query = match method {
        "me" => Query::Me,
        "live-chats.list" => Query::LiveChats(page(args)?),
        "channels.list" => Query::Channels(args.id("liveChat")?, page(args)?),
        "channels.get" => Query::Channel(args.required_id("channel")?),
        "users.list" => Query::Users(page(args)?),
        "users.tokens" => Query::Tokens(super::users::login(args)?),
        "sessions.list" => Query::Sessions(sessions(args)?),
        "sessions.get" => Query::Session(args.required_id("session")?),
        "sessions.history" => Query::History(history(args)?),
        "replies.list" => Query::Replies(args.required_id("liveChat")?, page(args)?),
        "audit.list" => Query::Audit(Audit {
            user: args.parsed("user", "must be a user's id")?,
            stream: args.parsed(
                "stream",
                "must name a stream: user-, livechat-, channel- or contact-<id>",
            )?,
            before: args.number("before")?,
            limit: args.limit()?,
        }),
        "deliveries.list" => {
            return Ok(Some(Call::LogQuery(LogQuery::Deliveries(Deliveries {
                channel: args.id("channel")?,
                message: args.id("message")?,
                state: args.choice("state")?,
                outcome: args.choice("outcome")?,
                before: args.number("before")?,
                limit: args.limit()?,
            }))));
        }
        "contacts.list" => Query::Contacts(Contacts {
            channel: args.id("channel")?,
            text: search(args)?,
            before: args.id("before")?,
            limit: args.limit()?,
        }),
        "contacts.get" => Query::Contact(args.required_id("contact")?),
        "events.after" => {
            return Ok(Some(Call::LogQuery(LogQuery::EventsAfter(EventsAfter {
                position: required("position", args.number("position")?)?,
                live_chat: args.id("liveChat")?,
                limit: args.limit()?,
            }))));
        }
        _ => return Ok(None),
    };
    Ok(Some(if query.is_search() {
        Call::LogQuery(LogQuery::Search(query))
    } else {
        Call::Query(query)
    }))
}

fn page<K: FromStr>(args: &Args) -> Result<Page<K>, Rejection> {
    Ok(Page {
        before: args.id("before")?,
        limit: args.limit()?,
    })
}

fn sessions(args: &Args) -> Result<Sessions, Rejection> {
    let before = args.text("before")?;
    let cursor = before.map(|text| {
        cursor(&text).ok_or_else(|| wrong("before", "must be the next of the page before"))
    });
    Ok(Sessions {
        view: args.choice("view")?.unwrap_or(ViewName::Queue),
        live_chat: args.id("liveChat")?,
        text: search(args)?,
        before: cursor.transpose()?,
        limit: args.limit()?,
    })
}

fn history(args: &Args) -> Result<History, Rejection> {
    let of = match (args.id("session")?, args.id("contact")?) {
        (Some(session), None) => HistoryOf::Session(session),
        (None, Some(contact)) => HistoryOf::Contact(contact),
        _ => {
            let message = "exactly one of session and contact is required";
            return Err(wrong("session", message));
        }
    };
    Ok(History {
        of,
        events: args.flag("events")?.unwrap_or(false),
        before: args.number("before")?,
        limit: args.limit()?,
    })
}

/// The text to search for, folded; `None` when nothing is left of it.
fn search(args: &Args) -> Result<Option<String>, Rejection> {
    let text = args.text("text")?;
    let text = text.as_deref().map(str::trim);
    if text.is_some_and(|text| text.chars().count() > SEARCH_CHARS_MAX) {
        let message = format!("must have at most {SEARCH_CHARS_MAX} characters");
        return Err(wrong("text", &message));
    }
    Ok(text.map(fold).filter(|text| !text.is_empty()))
}

/// Parses what `view::sessions` writes as `next`.
fn cursor(text: &str) -> Option<Cursor> {
    let (micros, session) = text.split_once('.')?;
    let micros = micros.parse().ok()?;
    Some((
        chat::time::Timestamp::from_micros(micros),
        session.parse().ok()?,
    ))
}
