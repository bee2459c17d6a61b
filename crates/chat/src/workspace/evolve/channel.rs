//! Taking in what happened to channels.

use std::collections::BTreeSet;

use crate::event::{ChannelCreated, ChannelStatusChanged, Event};
use crate::id::{ChannelId, MessageId, SessionId};
use crate::model::{Capabilities, ChannelStatus};
use crate::record::{Actor, Record};
use crate::state::{Breaker, Channel, ChannelCode, Head, NoticeKind};
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    pub(super) fn evolve_channel(&mut self, id: ChannelId, head: Head, record: &Record) {
        if let Event::ChannelCreated(e) = &record.event {
            self.channels.insert(id, created(e, record.time));
        }
        match &record.event {
            Event::ChannelStatusChanged(e) => self.change_status(id, record, e),
            Event::EditParked(e) => self.park(id, record, e),
            Event::NoticesSettled(e) => {
                for number in &e.notices {
                    self.drop_notice(id, *number);
                }
            }
            _ => {}
        }
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        channel.head = head;
        match &record.event {
            Event::ChannelUpdated(e) => {
                if let Some(name) = &e.name {
                    channel.name.clone_from(name);
                }
                if let Some(webhook) = &e.webhook {
                    channel.webhook.clone_from(webhook);
                    channel.generation += 1;
                }
                if let Some(security) = e.security {
                    channel.security = security;
                    channel.revision += 1;
                }
                channel.dialect = e.dialect.unwrap_or(channel.dialect);
                channel.operator_initiated = e.operator_initiated.or(channel.operator_initiated);
            }
            Event::CodeRotated(e) => {
                channel.codes.truncate(1);
                // Nobody is to get in for a while longer with nothing.
                channel.codes.retain(|code| !code.empty);
                for code in &mut channel.codes {
                    code.until = Some(e.old_until);
                }
                channel.codes.insert(
                    0,
                    ChannelCode {
                        code: e.code.clone(),
                        empty: e.codeless,
                        since: record.time,
                        until: None,
                    },
                );
                channel.revision += 1;
                channel.generation += 1;
            }
            Event::MessagesRefused(e) => channel.refused += e.count,
            _ => {}
        }
    }

    fn change_status(&mut self, id: ChannelId, record: &Record, e: &ChannelStatusChanged) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        let before = channel.status;
        channel.status = e.status;
        channel.reason = e.reason();
        if e.status != before {
            channel.since = record.time;
        }
        let by_administrator = matches!(record.by, Actor::User(_));
        // What only opens or closes the breaker leaves the channel as it is.
        if e.status != before || e.verified.is_some() || by_administrator {
            channel.generation += 1;
        }
        channel.verified = e.verified.or(channel.verified);
        if e.verified.is_some() && e.status == ChannelStatus::Active {
            channel.breaker = Breaker::default();
            channel.refused = 0;
        }
        if let Some(capabilities) = &e.capabilities {
            channel.capabilities = capabilities.clone();
        }
        // One that has just proved itself believes that it is connected.
        let is_news = before != e.status || e.verified.is_some();
        match e.status {
            ChannelStatus::Deleted => self.delete_channel(id, record.time),
            ChannelStatus::Disconnected if by_administrator && is_news => {
                self.push_notice(id, NoticeKind::Disconnect, record.time);
            }
            _ => {}
        }
    }

    /// A channel is gone: its messenger is told, its sessions end, nothing waits any more.
    pub(super) fn delete_channel(&mut self, id: ChannelId, time: Timestamp) {
        let open: Vec<SessionId> = self.open_sessions(id).map(|(session, _)| session).collect();
        for session in open {
            self.end_session(session, time);
        }
        let closed: Vec<MessageId> = self
            .deliveries
            .iter()
            .filter(|(_, d)| {
                self.sessions
                    .get(&d.session)
                    .is_some_and(|s| s.channel == id)
            })
            .map(|(message, _)| *message)
            .collect();
        for message in closed {
            self.fail(message);
        }
        let waiting: Vec<u64> = self
            .notices
            .range((id, 0)..=(id, u64::MAX))
            .map(|((_, n), _)| *n)
            .collect();
        for number in waiting {
            self.drop_notice(id, number);
        }
        self.unpark_all(id);
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        channel.status = ChannelStatus::Deleted;
        channel.since = time;
        // What never was connected has nothing to end, and its account may be another channel's.
        if channel.verified.is_some() {
            self.push_notice(id, NoticeKind::Disconnect, time);
        }
    }
}

fn created(e: &ChannelCreated, time: Timestamp) -> Channel {
    Channel {
        live_chat: e.live_chat,
        name: e.name.clone(),
        webhook: e.webhook.clone(),
        codes: vec![ChannelCode {
            code: e.code.clone(),
            empty: e.codeless,
            since: time,
            until: None,
        }],
        revision: 1,
        generation: 1,
        security: e.security,
        dialect: e.dialect,
        operator_initiated: e.operator_initiated,
        capabilities: Capabilities::default(),
        verified: None,
        status: ChannelStatus::Pending,
        since: time,
        reason: None,
        refused: 0,
        last_error: None,
        last_external: None,
        pending: 0,
        last_attempt: 0,
        parked: 0,
        operators: BTreeSet::new(),
        breaker: Breaker::default(),
        next_notice: 0,
        head: Head::default(),
    }
}
