//! The order of events in a large log.
//!
//! The number of open sessions is constant: when one is closed, another contact writes. So the
//! events of a session are far apart in the log, as they are at a busy company. New contacts arrive
//! at an even rate; in between, known contacts write again.

use std::path::Path;
use std::time::Duration;

use chat::id::{ChannelId, SessionId};

use crate::clock::instant;
use crate::options::Shape;
use crate::process::own_thread_cpu;

use super::plan::Plan;
use super::writer::{OPERATORS, Writer};

/// The share of messages that belong to chats with a long history.
const LONG_SHARE: f64 = 0.05;
/// The number of sessions in progress while nothing but open sessions is written.
const IN_PROGRESS: u64 = 20_000;
/// The messages of each of those.
const OPEN_MESSAGES: u64 = 8;
/// When more contacts than this are late, new ones have sessions of one or two messages, so that
/// all fit into the log.
const LATE: u64 = 20;

/// What was written.
pub(super) struct Written {
    /// The sessions with a long history.
    pub(super) long: Vec<SessionId>,
    pub(super) contacts: u64,
    /// The number of sessions, and of those that are open.
    pub(super) sessions: u64,
    pub(super) open: u64,
    pub(super) messages: u64,
    pub(super) events: u64,
    pub(super) took: Duration,
    /// The CPU time of the thread that decides, seals, folds and encodes.
    pub(super) cpu: Duration,
}

/// A session in progress.
#[derive(Clone, Copy)]
struct Talk {
    contact: u64,
    operator: u64,
    session: Option<SessionId>,
    is_taken: bool,
    said: u64,
    /// After this many messages it is over.
    length: u64,
}

struct Script {
    plan: Plan,
    writer: Writer,
    talks: Vec<Talk>,
    long: Vec<Talk>,
    /// Whether a contact has an open session.
    busy: Vec<bool>,
    contacts: u64,
    sessions: u64,
    /// Sessions that are over and stay open.
    left_open: u64,
}

/// Writes to the log of a stopped broker.
pub(super) fn write(data: &Path, channel: ChannelId, plan: Plan) -> Written {
    let mut script = Script {
        plan,
        writer: Writer::open(data, channel),
        talks: Vec::new(),
        long: Vec::new(),
        busy: vec![false; usize::try_from(plan.contacts).unwrap()],
        contacts: 0,
        sessions: 0,
        left_open: 0,
    };
    let (start, cpu, before) = (instant(), own_thread_cpu(), script.writer.position());
    script.open();
    while !script.is_over() {
        script.step();
    }
    let cpu = own_thread_cpu().saturating_sub(cpu);
    let long = script.long.iter().filter_map(|talk| talk.session);
    let in_progress = script.talks.len() + script.long.len();
    let mut written = Written {
        long: long.collect(),
        contacts: script.contacts,
        sessions: script.sessions,
        open: script.left_open + in_progress as u64,
        messages: script.writer.messages,
        events: script.writer.position() - before,
        took: Duration::ZERO,
        cpu,
    };
    script.writer.finish();
    written.took = start.elapsed();
    written
}

impl Script {
    /// Opens the first sessions.
    fn open(&mut self) {
        for _ in 0..self.plan.long() {
            let talk = Talk {
                operator: 0,
                ..self.newcomer(u64::MAX)
            };
            let talk = self.say(talk);
            self.long.push(talk);
        }
        let in_progress = match self.plan.shape {
            Shape::History => self.plan.open - self.plan.long(),
            Shape::OpenSessions => IN_PROGRESS.min(self.plan.open),
        };
        for _ in 0..in_progress {
            let length = self.length();
            let talk = self.newcomer(length);
            let talk = self.say(talk);
            self.talks.push(talk);
        }
    }

    fn is_over(&self) -> bool {
        match self.plan.shape {
            Shape::History => {
                let all_came = self.contacts >= self.plan.contacts;
                all_came && self.writer.position() >= self.plan.events
            }
            Shape::OpenSessions => self.talks.is_empty(),
        }
    }

    /// Writes the next message of some session, or closes it, and somebody else writes.
    fn step(&mut self) {
        if !self.long.is_empty() && self.writer.chance.fraction() < LONG_SHARE {
            let at = self.index_below(self.long.len());
            self.long[at] = self.say(self.long[at]);
            return;
        }
        let at = self.index_below(self.talks.len());
        let talk = self.talks[at];
        if talk.said < talk.length {
            self.talks[at] = self.say(talk);
            return;
        }
        self.end(talk);
        match self.next_talk() {
            Some(talk) => self.talks[at] = self.say(talk),
            None => drop(self.talks.swap_remove(at)),
        }
    }

    fn end(&mut self, talk: Talk) {
        match (self.plan.shape, talk.session) {
            (Shape::History, Some(session)) => {
                let talk = self.taken(talk, session);
                self.writer.close(talk.operator, session);
                self.busy[usize::try_from(talk.contact).unwrap()] = false;
            }
            (Shape::History, None) => {}
            (Shape::OpenSessions, _) => self.left_open += 1,
        }
    }

    /// Who writes next. `None` if everybody has.
    fn next_talk(&mut self) -> Option<Talk> {
        let Plan {
            shape,
            events,
            contacts,
            ..
        } = self.plan;
        if shape == Shape::OpenSessions {
            return (self.contacts < contacts).then(|| self.newcomer(OPEN_MESSAGES));
        }
        let due = (self.writer.position() * contacts / events).min(contacts);
        if self.contacts >= due
            && let Some(contact) = self.returning()
        {
            let length = self.length();
            return Some(self.talk(contact, length));
        }
        let length = if due.saturating_sub(self.contacts) > LATE {
            1 + self.writer.number_below(2)
        } else {
            self.length()
        };
        Some(self.newcomer(length))
    }

    /// A contact without an open session, if one is found soon.
    fn returning(&mut self) -> Option<u64> {
        let all = self.contacts;
        (0..64).find_map(|_| {
            let contact = self.writer.number_below(all);
            (!self.busy[usize::try_from(contact).unwrap()]).then_some(contact)
        })
    }

    fn newcomer(&mut self, length: u64) -> Talk {
        self.contacts += 1;
        self.talk(self.contacts - 1, length)
    }

    fn talk(&mut self, contact: u64, length: u64) -> Talk {
        self.sessions += 1;
        self.busy[usize::try_from(contact).unwrap()] = true;
        Talk {
            contact,
            operator: contact % OPERATORS,
            session: None,
            is_taken: false,
            said: 0,
            length,
        }
    }

    /// The number of messages of a usual session.
    fn length(&mut self) -> u64 {
        match self.plan.shape {
            Shape::History => 8 + self.writer.number_below(5),
            Shape::OpenSessions => OPEN_MESSAGES,
        }
    }

    /// Writes the next message: of the contact and of the operator in turns.
    fn say(&mut self, talk: Talk) -> Talk {
        let mut talk = match talk.session {
            Some(session) if talk.said % 2 == 1 => {
                let talk = self.taken(talk, session);
                self.writer.send(talk.operator, session);
                talk
            }
            _ => Talk {
                session: Some(self.writer.receive(talk.contact)),
                ..talk
            },
        };
        talk.said += 1;
        talk
    }

    fn taken(&mut self, talk: Talk, session: SessionId) -> Talk {
        if !talk.is_taken {
            self.writer.take(talk.operator, session);
        }
        Talk {
            is_taken: true,
            ..talk
        }
    }

    fn index_below(&mut self, end: usize) -> usize {
        usize::try_from(self.writer.number_below(end as u64)).unwrap()
    }
}
