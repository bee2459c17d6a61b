//! What consoles are shown (console-api sections 2 and 5), in two steps, so that the loop never
//! reads the disk. A **plan** is made on the loop: who may see what, and the facts that the state
//! has, copied. It is **rendered** on a blocking thread: the words are read from the log, and what
//! is sealed is opened. What cannot be opened any more, because the person was forgotten, is absent.
//!
//! A plan rests on the state that it was made from, so its answer must not leave before that state
//! is durable.
//!
//! Two queries need the log before the state: what a console missed, and the list of attempts. They
//! are a [`Scan`]: read on a blocking thread, brought back to the loop, and planned there.
//!
//! A webhook may hold a secret in its query: administrators see it whole, others its scheme and host.

mod audit;
pub(crate) mod channel;
pub(crate) mod contact;
mod contacts;
mod cut;
mod deliveries;
mod events;
mod history;
pub(crate) mod house;
pub(crate) mod message;
pub(crate) mod object;
pub(crate) mod session;
mod sessions;
#[cfg(test)]
pub(crate) mod tests;

use chat::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use chat::model::Group;
use chat::record::Answer;
use chat::rejection::{Code, Rejection};
use chat::workspace::{Caller, Cursor, Workspace};
use serde_json::Value;

use crate::api::{LogQuery, Query};
use crate::library::Library;
use channel::{ChannelFacts, Webhook};
use contact::ContactFacts;
use house::{LiveChatFacts, UserFacts};
use message::MessageFacts;
use object::Object;
use session::SessionFacts;

pub(crate) use audit::change;
pub(crate) use deliveries::plan_attempts;
pub(crate) use events::plan_events;

/// The most sessions that are shown beside a person.
const CONTACT_SESSIONS_MAX: usize = 20;

/// An answer whose words are yet to be read.
pub(crate) struct Plan(Box<dyn FnOnce(&Library) -> Object + Send>);

impl Plan {
    /// An answer that these facts make, once the log is there.
    fn new(render: impl FnOnce(&Library) -> Object + Send + 'static) -> Self {
        Self(Box::new(render))
    }

    /// The whole `ok` object. Reads the disk.
    pub(crate) fn render(self, library: &Library) -> Value {
        (self.0)(library).value()
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Plan(..)")
    }
}

/// What is to be read from the log before an answer can be planned. From [`scan`].
#[derive(Debug)]
pub(crate) enum Scan {
    /// `events.after`
    Events(events::After),
    /// `deliveries.list`
    Attempts(deliveries::Walk),
}

/// What a [`Scan`] found.
#[derive(Debug)]
pub(crate) enum Scanned {
    /// For [`plan_events`].
    Events(events::Found),
    /// For [`plan_attempts`].
    Attempts(deliveries::Found),
}

impl Scan {
    /// Reads the log; for a blocking thread. What it does is bounded.
    pub(crate) fn run(self, library: &Library) -> Scanned {
        match self {
            Self::Events(after) => Scanned::Events(after.run(library)),
            Self::Attempts(walk) => Scanned::Attempts(walk.run(library)),
        }
    }
}

/// What to read for a query that needs the log before it can be planned.
pub(crate) fn scan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &LogQuery,
) -> Result<Scan, Rejection> {
    match query {
        LogQuery::EventsAfter(query) => Ok(events::scan(workspace, caller, query)),
        LogQuery::Deliveries(query) => deliveries::scan(workspace, caller, query),
    }
}

/// Plans the answer to a query.
pub(crate) fn plan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &Query,
    online: &dyn Fn(&UserId) -> bool,
    public_url: &str,
) -> Result<Plan, Rejection> {
    let webhook = webhook_for(caller);
    match query {
        Query::Me => Ok(house::me(workspace, caller, public_url)),
        Query::LiveChats(page) => Ok(house::live_chats(workspace, caller, page, online)),
        Query::Channels(live_chat, page) => {
            channel::list(workspace, caller, (*live_chat, page), webhook, public_url)
        }
        Query::Channel(id) => {
            let channel = workspace.channel(*id)?;
            workspace.visible_live_chat(caller, channel.live_chat)?;
            Ok(one_channel(
                ChannelFacts::of(*id, channel, public_url),
                webhook,
            ))
        }
        Query::Users(page) => house::users(workspace, caller, page),
        Query::Sessions(query) => sessions::plan(workspace, caller, query),
        Query::Session(id) => one_session(workspace, caller, *id, public_url),
        Query::History(query) => history::plan(workspace, caller, query),
        Query::Replies(id, page) => house::replies(workspace, caller, *id, page),
        Query::Audit(query) => audit::plan(workspace, caller, query),
        Query::Contacts(query) => contacts::plan(workspace, caller, query),
        Query::Contact(id) => {
            let contact = visible_contact(workspace, caller, *id)?;
            Ok(one_contact(workspace, caller, contact))
        }
    }
}

/// What a command's answer shows: the named thing as it is now. `about` is the user that a command
/// on users is about. Who may give the command may see the thing whole.
pub(crate) fn plan_answer(
    workspace: &Workspace,
    about: &UserId,
    answer: &Answer,
    public_url: &str,
) -> Plan {
    match *answer {
        Answer::Done => Plan::new(|_| Object::new()),
        Answer::User | Answer::Token => user_answer(workspace, about),
        Answer::LiveChat(id) => live_chat_answer(workspace, id),
        Answer::Reply(live_chat, id) => house::reply(workspace, live_chat, id),
        Answer::Channel(id) => channel_answer(workspace, id, public_url),
        Answer::Session(id) => {
            let session = SessionFacts::of(workspace, id);
            Plan::new(move |library| {
                Object::new().with_some("session", session.map(|s| s.object(library)))
            })
        }
        Answer::Message(id, position) => message_answer(workspace, id, position),
        Answer::Contact(id) => {
            let contact = ContactFacts::of(workspace, id);
            Plan::new(move |library| {
                Object::new().with_some("contact", contact.map(|c| c.object(library)))
            })
        }
        Answer::Count(count) => Plan::new(move |_| Object::new().with("count", count)),
    }
}

fn user_answer(workspace: &Workspace, about: &UserId) -> Plan {
    let user = workspace.users.get(about);
    let user = user.map(|user| UserFacts::of(about, user));
    Plan::new(move |_| Object::new().with_some("user", user.map(|u| u.object())))
}

fn live_chat_answer(workspace: &Workspace, id: LiveChatId) -> Plan {
    let live_chat = LiveChatFacts::of(workspace, id);
    Plan::new(move |_| Object::new().with_some("liveChat", live_chat.map(|l| l.object())))
}

fn channel_answer(workspace: &Workspace, id: ChannelId, public_url: &str) -> Plan {
    let channel = workspace.channels.get(&id);
    channel.map_or_else(
        || Plan::new(|_| Object::new()),
        |channel| one_channel(ChannelFacts::of(id, channel, public_url), Webhook::Whole),
    )
}

fn message_answer(workspace: &Workspace, id: MessageId, position: u64) -> Plan {
    let message = MessageFacts::of(workspace, id);
    Plan::new(move |library| {
        Object::new()
            .with("messageId", id)
            .with("position", position)
            .with_some("message", message.map(|m| m.object(library)))
    })
}

fn one_channel(channel: ChannelFacts, webhook: Webhook) -> Plan {
    Plan::new(move |_| Object::new().with("channel", channel.object(webhook)))
}

/// `contacts.get`: the person, and the newest sessions with them that the caller sees.
fn one_contact(workspace: &Workspace, caller: &Caller<'_>, contact: ContactFacts) -> Plan {
    let all = workspace.contacts.get(&contact.id);
    let newest = all.map(|contact| contact.sessions.iter().rev());
    let seen = |id: &&SessionId| workspace.visible_session(caller, **id).is_ok();
    let sessions: Vec<SessionFacts> = (newest.into_iter().flatten())
        .filter(seen)
        .take(CONTACT_SESSIONS_MAX)
        .filter_map(|id| SessionFacts::of(workspace, *id))
        .collect();
    Plan::new(move |library| {
        let sessions: Vec<Value> = sessions.iter().map(|s| s.object(library)).collect();
        Object::new()
            .with("contact", contact.object(library))
            .with("sessions", sessions)
    })
}

/// `sessions.get`: the session, and whom and what it is about.
fn one_session(
    workspace: &Workspace,
    caller: &Caller<'_>,
    id: SessionId,
    public_url: &str,
) -> Result<Plan, Rejection> {
    let row = workspace.visible_session(caller, id)?;
    let webhook = webhook_for(caller);
    let channel = workspace.channels.get(&row.channel);
    let channel = channel.map(|channel| ChannelFacts::of(row.channel, channel, public_url));
    let contact = ContactFacts::of(workspace, row.contact);
    let operator = row.operator.as_ref();
    let operator = operator.and_then(|id| Some(UserFacts::of(id, workspace.users.get(id)?)));
    let session = SessionFacts::of(workspace, id);
    Ok(Plan::new(move |library| {
        Object::new()
            .with_some("session", session.map(|s| s.object(library)))
            .with_some("contact", contact.map(|c| c.object(library)))
            .with_some("channel", channel.map(|c| c.object(webhook)))
            .with_some("operator", operator.map(|u| u.card()))
    }))
}

/// A contact whose channel's live chat the caller sees.
fn visible_contact(
    workspace: &Workspace,
    caller: &Caller<'_>,
    id: ContactId,
) -> Result<ContactFacts, Rejection> {
    let contact = workspace.contact(id)?;
    let missing = || Rejection::new(Code::NotFound, format!("there is no contact {id}"));
    let channel = workspace
        .channels
        .get(&contact.channel)
        .ok_or_else(missing)?;
    workspace.visible_live_chat(caller, channel.live_chat)?;
    ContactFacts::of(workspace, id).ok_or_else(missing)
}

/// How much of a webhook the caller sees.
fn webhook_for(caller: &Caller<'_>) -> Webhook {
    if caller.user.is(Group::Administrators) {
        Webhook::Whole
    } else {
        Webhook::Host
    }
}

/// Where `sessions.list` goes on, as a text.
fn cursor((at, session): Cursor) -> String {
    format!("{}.{session}", at.as_micros())
}
