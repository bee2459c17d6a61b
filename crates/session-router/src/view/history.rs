//! `sessions.history`: the messages before a position.
//!
//! A page has the newest messages before the position, in the order of the log: the times at which
//! messengers say that messages were written do not move them. Changes of the sessions are added on
//! request, as they cost a walk through the log.

mod changes;

use std::collections::{BTreeSet, BinaryHeap};

use chat::id::{ContactId, SessionId};
use chat::rejection::Rejection;
use chat::state::{ChatKey, Contact, Message, Session};
use chat::workspace::{Caller, Workspace};
use serde_json::Value;

use super::Plan;
use super::contact::ContactSnapshot;
use super::list::{List, objects, related};
use super::message::MessageSnapshot;
use super::object::Object;
use crate::api::{History, HistoryOf};
use crate::sealed_log::SealedLog;
use changes::Changes;

/// The most sessions of one chat or person that a history includes.
const SESSIONS_MAX: usize = 10_000;

pub(super) fn plan(
    workspace: &Workspace,
    caller: &Caller<'_>,
    query: &History,
) -> Result<Plan, Rejection> {
    let sessions = match query.of {
        HistoryOf::Session(id) => {
            workspace.visible_session(caller, id)?;
            chain(workspace, id)
        }
        HistoryOf::Contact(id) => {
            super::visible_contact(workspace, caller, id)?;
            of_contact(workspace, workspace.contact(id)?)
        }
    };
    let before = query.before.unwrap_or(u64::MAX);
    let mut newest = Newest::of(workspace, &sessions, before);
    let messages: Vec<MessageSnapshot> = newest.by_ref().take(query.limit).collect();
    let more = newest.next().is_some();
    let oldest = messages.last().map(MessageSnapshot::position);
    let from = oldest.filter(|_| more).unwrap_or(0);
    let changes = query.events.then(|| {
        let rows = sessions
            .iter()
            .filter_map(|id| Some((*id, workspace.sessions.get(id)?)));
        Changes::of((from, before), rows, |id, session| {
            newest.entry(id, session)
        })
    });
    let authors: BTreeSet<ContactId> = messages
        .iter()
        .filter_map(MessageSnapshot::contact)
        .collect();
    let authors: Vec<ContactSnapshot> = authors
        .into_iter()
        .filter_map(|id| ContactSnapshot::of(workspace, id))
        .collect();
    Ok(Plan::new(move |sealed_log| {
        let page = render((&messages, more), &authors, sealed_log);
        match changes {
            // Messages that did not fit are on the next page, with the changes of that time.
            Some(changes) => {
                let from = page.next.unwrap_or(0);
                page.object().with("events", changes.read(from, sealed_log))
            }
            None => page.object(),
        }
    }))
}

/// A session and the earlier ones of the same chat. A reopened session may have later ones, too.
fn chain(workspace: &Workspace, id: SessionId) -> Vec<SessionId> {
    let Some(session) = workspace.sessions.get(&id) else {
        return Vec::new();
    };
    let until = if session.is_open() {
        u64::MAX
    } else {
        session.opened_position + 1
    };
    let all = workspace.sessions_before(session.chat(), until);
    all.map(|(_, id)| id).take(SESSIONS_MAX).collect()
}

/// The sessions of a person's chats, those opened last first: of each chat in which the person wrote or
/// a session was opened for the person, also those that were opened for others.
fn of_contact(workspace: &Workspace, contact: &Contact) -> Vec<SessionId> {
    let newest = contact.sessions.iter().rev().take(SESSIONS_MAX);
    let own = newest.filter_map(|id| workspace.sessions.get(id));
    let others = contact.other_chats.iter();
    let others = others.map(|chat| (contact.channel, *chat));
    let chats: BTreeSet<ChatKey> = own.map(Session::chat).chain(others).collect();
    let of_chat = |chat: &ChatKey| workspace.sessions_before(*chat, u64::MAX);
    let mut chats: Vec<_> = chats.iter().map(of_chat).collect();
    let mut heap: BinaryHeap<((u64, SessionId), usize)> = BinaryHeap::new();
    for (at, sessions) in chats.iter_mut().enumerate() {
        heap.extend(sessions.next().map(|newest| (newest, at)));
    }
    std::iter::from_fn(|| {
        let ((_, id), at) = heap.pop()?;
        let next = chats.get_mut(at).and_then(Iterator::next);
        heap.extend(next.map(|next| (next, at)));
        Some(id)
    })
    .take(SESSIONS_MAX)
    .collect()
}

/// The messages of one session, newest first, and the next of them.
type Messages<'a> = std::iter::Peekable<Box<dyn Iterator<Item = &'a Message> + 'a>>;

/// Messages of several sessions, newest first. Sessions may overlap, as notes can be added to closed
/// ones, so they are merged. A session is looked into only once its last event is reached.
struct Newest<'a> {
    workspace: &'a Workspace,
    heap: BinaryHeap<(u64, Next)>,
    /// The sessions that were looked into.
    sessions: Vec<Messages<'a>>,
    before: u64,
}

/// An entry of the heap.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    /// The next message of a session in `sessions`.
    Message(usize),
    /// A session that has no event after the position.
    Session(SessionId),
}

impl<'a> Newest<'a> {
    fn of(workspace: &'a Workspace, sessions: &[SessionId], before: u64) -> Self {
        let row = |id: &SessionId| Some((*id, workspace.sessions.get(id)?));
        let heap = sessions
            .iter()
            .filter_map(row)
            .filter(|(_, session)| session.opened_position < before)
            .map(|(id, session)| (session.head.position, Next::Session(id)))
            .collect();
        Self {
            workspace,
            heap,
            sessions: Vec::new(),
            before,
        }
    }

    /// Queues the next message of a session.
    fn push(&mut self, at: usize) {
        let next = self
            .sessions
            .get_mut(at)
            .and_then(std::iter::Peekable::peek);
        if let Some(message) = next {
            self.heap.push((message.position, Next::Message(at)));
        }
    }

    /// The position of an event of the session that is not before `before`, or of its last.
    fn entry(&self, id: SessionId, session: &Session) -> u64 {
        let message = self.workspace.messages_from(id, self.before).next();
        message.map_or(session.head.position, |message| message.position)
    }
}

impl Iterator for Newest<'_> {
    type Item = MessageSnapshot;

    fn next(&mut self) -> Option<MessageSnapshot> {
        loop {
            match self.heap.pop()?.1 {
                Next::Session(id) => {
                    let messages = self.workspace.messages_before(id, self.before);
                    let messages: Box<dyn Iterator<Item = &Message>> = Box::new(messages);
                    self.sessions.push(messages.peekable());
                    self.push(self.sessions.len() - 1);
                }
                Next::Message(at) => {
                    let message = self.sessions.get_mut(at)?.next()?;
                    self.push(at);
                    return MessageSnapshot::of_row(self.workspace, message);
                }
            }
        }
    }
}

/// A rendered page.
struct Rendered {
    messages: Vec<Value>,
    /// The contacts who wrote them.
    contacts: Vec<Value>,
    /// The position of the oldest message, if there are more before it.
    next: Option<u64>,
}

impl Rendered {
    fn object(self) -> Object {
        Object::new()
            .with("messages", self.messages)
            .with("contacts", self.contacts)
            .with("next", self.next)
    }
}

fn render(
    (newest, more): (&[MessageSnapshot], bool),
    authors: &[ContactSnapshot],
    sealed_log: &SealedLog,
) -> Rendered {
    let (mut list, mut next, mut cut) = (List::default(), None, false);
    let objects = objects(newest, |message| message.object(sealed_log));
    for (message, object) in newest.iter().zip(objects) {
        if !list.push(object) {
            cut = true;
            break;
        }
        next = Some(message.position());
    }
    let mut messages = list.values();
    messages.reverse();
    let contact = |c: &ContactSnapshot| c.with(c.read(sealed_log).without_picture());
    Rendered {
        messages,
        contacts: related(authors.iter().map(contact)),
        next: next.filter(|_| more || cut),
    }
}
