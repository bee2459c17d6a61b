//! Answers of the console API (console-api sections 2 and 5), made in two steps, so that the loop never
//! reads the disk. A [`Plan`] is made on the loop: it checks rights and copies rows of the state. It is
//! rendered on a blocking thread, which reads the content from the log and unseals it. Content
//! of a forgotten person cannot be opened and is omitted.
//!
//! An answer must not leave before the state that it was planned from is durable.
//!
//! Two queries read the log before the state: `events.after` and `deliveries.list`. A [`Scan`] is run on
//! a blocking thread, and its result is planned on the loop. Searches look at many rows of the state or
//! many records, so they have the limits of scans.
//!
//! A webhook may have a secret in its query: administrators see all of it, others scheme and host.

mod audit;
pub(crate) mod change;
pub(crate) mod channel;
pub(crate) mod contact;
mod contacts;
mod deliveries;
mod events;
mod history;
mod list;
pub(crate) mod live_chats;
mod me;
pub(crate) mod message;
pub(crate) mod object;
pub(crate) mod search;
pub(crate) mod session;
mod sessions;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod users;

use chat::command::{Command, Person, SessionCommand};
use chat::id::{ChannelId, ContactId, LiveChatId, MessageId, SessionId, UserId};
use chat::model::Group;
use chat::reason::Reason;
use chat::record::Answer;
use chat::rejection::{Code, Rejection};
use chat::time::Timestamp;
use chat::workspace::{Caller, Cursor, Workspace};
use serde_json::Value;

use crate::api::{LogQuery, Query};
use crate::quota::Place;
use crate::sealed_log::SealedLog;
use channel::{ChannelSnapshot, Webhook};
use contact::ContactSnapshot;
use live_chats::LiveChatSnapshot;
use message::MessageSnapshot;
use object::Object;
use session::SessionSnapshot;
use users::UserSnapshot;

pub(crate) use deliveries::plan_attempts;
pub(crate) use events::plan_events;

/// The most sessions in the answer of `contacts.get`.
const CONTACT_SESSIONS_MAX: usize = 20;

/// An answer that is not rendered yet.
pub(crate) struct Plan {
    render: Box<dyn FnOnce(&SealedLog) -> Object + Send>,
    place: Option<Place>,
}

impl Plan {
    fn new(render: impl FnOnce(&SealedLog) -> Object + Send + 'static) -> Self {
        Self {
            render: Box::new(render),
            place: None,
        }
    }

    /// The same plan, which holds the place of its request.
    pub(crate) fn holding(self, place: Place) -> Self {
        Self {
            place: Some(place),
            ..self
        }
    }

    /// Takes the place, which is to be dropped once the answer is sent.
    pub(crate) const fn take_place(&mut self) -> Option<Place> {
        self.place.take()
    }

    /// Renders the `ok` object. Reads the disk.
    pub(crate) fn render(self, sealed_log: &SealedLog) -> Value {
        (self.render)(sealed_log).value()
    }
}

impl std::fmt::Debug for Plan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Plan(..)")
    }
}

/// Slow work before a query can be planned, made by [`scan`].
#[derive(Debug)]
pub(crate) enum Scan {
    /// None: planning and rendering the query are the slow work.
    Search(Query),
    /// `events.after`
    Events(events::After),
    /// `deliveries.list`
    Attempts(deliveries::Walk),
}

/// The result of a [`Scan`].
#[derive(Debug)]
pub(crate) enum Scanned {
    /// For [`plan`].
    Search(Query),
    /// For [`plan_events`].
    Events(events::Found),
    /// For [`plan_attempts`].
    Attempts(deliveries::Found),
}

impl Scan {
    /// Reads the log. Blocks; the work is bounded.
    pub(crate) fn run(self, sealed_log: &SealedLog) -> Scanned {
        match self {
            Self::Search(query) => Scanned::Search(query),
            Self::Events(after) => Scanned::Events(after.run(sealed_log)),
            Self::Attempts(walk) => Scanned::Attempts(walk.run(sealed_log)),
        }
    }
}

/// Prepares a query that reads the log first.
pub(crate) fn scan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &LogQuery,
) -> Result<Scan, Rejection> {
    match query {
        LogQuery::Search(query) => Ok(Scan::Search(query.clone())),
        LogQuery::EventsAfter(query) => Ok(events::scan(workspace, caller, query)),
        LogQuery::Deliveries(query) => deliveries::scan(workspace, caller, query),
    }
}

/// Plans the answer to a query.
pub(crate) fn plan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    (query, now): (&Query, Timestamp),
    online: &dyn Fn(&UserId) -> bool,
    public_url: &str,
) -> Result<Plan, Rejection> {
    let webhook = webhook_for(caller);
    match query {
        Query::Me => Ok(me::plan(workspace, caller, now, public_url)),
        Query::LiveChats(page) => Ok(live_chats::live_chats(workspace, caller, page, online)),
        Query::Channels(live_chat, page) => {
            channel::list(workspace, caller, (*live_chat, page), webhook, public_url)
        }
        Query::Channel(id) => {
            let channel = workspace.channel(*id)?;
            workspace.visible_live_chat(caller, channel.live_chat)?;
            Ok(one_channel(
                ChannelSnapshot::of(*id, channel, public_url),
                webhook,
            ))
        }
        Query::Users(page) => users::users(workspace, caller, page),
        Query::Tokens(user) => users::tokens(workspace, caller, user.as_ref()),
        Query::Sessions(query) => sessions::plan(workspace, caller, query),
        Query::Session(id) => one_session(workspace, caller, *id, public_url),
        Query::History(query) => history::plan(workspace, caller, query),
        Query::Replies(id, page) => live_chats::replies(workspace, caller, *id, page),
        Query::Audit(query) => audit::plan(workspace, caller, query),
        Query::Contacts(query) => contacts::plan(workspace, caller, query),
        Query::Contact(id) => {
            let contact = visible_contact(workspace, caller, *id)?;
            Ok(one_contact(workspace, caller, contact))
        }
    }
}

/// Plans the answer to a command: the changed object. `about` is the user that a command on users is
/// about. The caller may see all of it, as they may change it.
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
        Answer::Reply(live_chat, id) => live_chats::reply(workspace, live_chat, id),
        Answer::Channel(id) => channel_answer(workspace, id, public_url),
        Answer::Session(id) => {
            let session = SessionSnapshot::of(workspace, id);
            Plan::new(move |sealed_log| {
                Object::new().with_some("session", session.map(|s| s.object(sealed_log)))
            })
        }
        Answer::Message(id, position) => message_answer(workspace, id, position),
        Answer::Contact(id) => {
            let contact = ContactSnapshot::of(workspace, id);
            Plan::new(move |sealed_log| {
                Object::new().with_some("contact", contact.map(|c| c.object(sealed_log)))
            })
        }
        Answer::Count(count) => Plan::new(move |_| Object::new().with("count", count)),
    }
}

/// Plans the `details` of a rejected command that are read from the log: the chats of a contact, if it
/// is not clear which one is meant.
pub(crate) fn details_of(
    workspace: &Workspace,
    command: &Command,
    rejection: &Rejection,
) -> Option<Plan> {
    let (
        Code::ChatAmbiguous,
        Command::Session(SessionCommand::Create {
            person: Person::Contact(contact),
            ..
        }),
    ) = (rejection.code, command)
    else {
        return None;
    };
    let newest = workspace.chats_of_contact(*contact).into_iter();
    let sessions = newest.filter_map(|id| SessionSnapshot::of(workspace, id));
    let sessions: Vec<SessionSnapshot> = sessions.collect();
    Some(Plan::new(move |sealed_log| {
        let chats = sessions.iter().map(|session| session.chat(sealed_log));
        Object::new().with("chats", chats.collect::<Vec<_>>())
    }))
}

fn user_answer(workspace: &Workspace, about: &UserId) -> Plan {
    let user = workspace.users.get(about);
    let user = user.map(|user| UserSnapshot::of(about, user));
    Plan::new(move |_| Object::new().with_some("user", user.map(|u| u.object())))
}

fn live_chat_answer(workspace: &Workspace, id: LiveChatId) -> Plan {
    let live_chat = LiveChatSnapshot::of(workspace, id);
    Plan::new(move |_| Object::new().with_some("liveChat", live_chat.map(|l| l.object())))
}

fn channel_answer(workspace: &Workspace, id: ChannelId, public_url: &str) -> Plan {
    let channel = workspace.channels.get(&id);
    channel.map_or_else(
        || Plan::new(|_| Object::new()),
        |channel| one_channel(ChannelSnapshot::of(id, channel, public_url), Webhook::Whole),
    )
}

fn message_answer(workspace: &Workspace, id: MessageId, position: u64) -> Plan {
    let message = MessageSnapshot::of(workspace, id);
    Plan::new(move |sealed_log| {
        Object::new()
            .with("messageId", id)
            .with("position", position)
            .with_some("message", message.map(|m| m.object(sealed_log)))
    })
}

fn one_channel(channel: ChannelSnapshot, webhook: Webhook) -> Plan {
    Plan::new(move |_| Object::new().with("channel", channel.object(webhook)))
}

/// Plans `contacts.get`: the contact with the newest sessions that the caller may see.
fn one_contact(workspace: &Workspace, caller: &Caller<'_>, contact: ContactSnapshot) -> Plan {
    let all = workspace.contacts.get(&contact.id);
    let newest = all.map(|contact| contact.sessions.iter().rev());
    let seen = |id: &&SessionId| workspace.visible_session(caller, **id).is_ok();
    let sessions: Vec<SessionSnapshot> = (newest.into_iter().flatten())
        .filter(seen)
        .take(CONTACT_SESSIONS_MAX)
        .filter_map(|id| SessionSnapshot::of(workspace, *id))
        .collect();
    Plan::new(move |sealed_log| {
        let sessions: Vec<Value> = sessions.iter().map(|s| s.object(sealed_log)).collect();
        Object::new()
            .with("contact", contact.object(sealed_log))
            .with("sessions", sessions)
    })
}

/// Plans `sessions.get`: the session with its contact, channel and operator.
fn one_session(
    workspace: &Workspace,
    caller: &Caller<'_>,
    id: SessionId,
    public_url: &str,
) -> Result<Plan, Rejection> {
    let row = workspace.visible_session(caller, id)?;
    let webhook = webhook_for(caller);
    let channel = workspace.channels.get(&row.channel);
    let channel = channel.map(|channel| ChannelSnapshot::of(row.channel, channel, public_url));
    let contact = ContactSnapshot::of(workspace, row.contact);
    let operator = row.operator.as_ref();
    let operator = operator.and_then(|id| Some(UserSnapshot::of(id, workspace.users.get(id)?)));
    let session = SessionSnapshot::of(workspace, id);
    Ok(Plan::new(move |sealed_log| {
        Object::new()
            .with_some("session", session.map(|s| s.object(sealed_log)))
            .with_some("contact", contact.map(|c| c.object(sealed_log)))
            .with_some("channel", channel.map(|c| c.object(webhook)))
            .with_some("operator", operator.map(|u| u.card()))
    }))
}

/// A contact that the caller may see.
fn visible_contact(
    workspace: &Workspace,
    caller: &Caller<'_>,
    id: ContactId,
) -> Result<ContactSnapshot, Rejection> {
    let contact = workspace.contact(id)?;
    let missing = || Reason::NoSuchContact {
        contact: id.to_string(),
    };
    let channel = workspace
        .channels
        .get(&contact.channel)
        .ok_or_else(missing)?;
    workspace.visible_live_chat(caller, channel.live_chat)?;
    Ok(ContactSnapshot::of(workspace, id).ok_or_else(missing)?)
}

/// How much of a webhook the caller may see.
fn webhook_for(caller: &Caller<'_>) -> Webhook {
    if caller.user.is(Group::Administrators) {
        Webhook::Whole
    } else {
        Webhook::Host
    }
}

/// The `next` of `sessions.list`.
fn cursor((at, session): Cursor) -> String {
    format!("{}.{session}", at.as_micros())
}
