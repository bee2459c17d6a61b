//! Applies channel events.

use std::collections::BTreeSet;

use crate::event::{
    ChannelCreated, ChannelEvent, ChannelStatusChanged, ChannelUpdated, CodeRotated,
};
use crate::id::{ChannelId, MessageId, SessionId};
use crate::model::{Capabilities, ChannelStatus};
use crate::record::{Actor, Record};
use crate::seal::Private;
use crate::secret::Secret;
use crate::state::{Breaker, Channel, ChannelCode, Head, NoticeKind, OldCode};
use crate::time::Timestamp;
use crate::workspace::Workspace;

impl Workspace {
    pub(super) fn evolve_channel(
        &mut self,
        id: ChannelId,
        event: ChannelEvent<'_>,
        record: &Record,
    ) {
        match event {
            ChannelEvent::ChannelCreated(e) => {
                self.channels.insert(id, created(e, record.time));
            }
            ChannelEvent::ChannelStatusChanged(e) => self.change_status(id, record, e),
            ChannelEvent::ChannelUpdated(e) => self.change_channel(id, |c| update(c, e)),
            ChannelEvent::CodeRotated(e) => self.change_channel(id, |c| rotate(c, e, record.time)),
            ChannelEvent::CodeUsed(e) => {
                self.change_channel(id, |c| c.old_code.apply(*e, record.time));
            }
            ChannelEvent::MessagesRefused(e) => self.change_channel(id, |c| c.refused += e.count),
            ChannelEvent::NoticesSettled(e) => {
                for number in &e.notices {
                    self.drop_notice(id, *number);
                }
                if let Some(error) = &e.error {
                    self.change_channel(id, |c| c.last_error = Some((record.time, error.clone())));
                }
            }
            ChannelEvent::ScheduleShifted(e) => self.shift_schedule(id, e.by_ms),
            ChannelEvent::EditParked(e) => self.park(id, record, e),
            ChannelEvent::RequestAccepted(e) => self.remember_request(id, *e, record.time),
        }
    }

    fn change_channel(&mut self, id: ChannelId, change: impl FnOnce(&mut Channel)) {
        if let Some(channel) = self.channels.get_mut(&id) {
            change(channel);
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
        // A change of the breaker alone does not start a new generation.
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
        if e.verified.is_some() && e.status == ChannelStatus::Active {
            self.retry_all(id, record.time);
        }
        // A messenger that just passed verification considers itself connected.
        let is_news = before != e.status || e.verified.is_some();
        if e.status == ChannelStatus::Deleted {
            self.delete_channel(id, record.time);
        } else if e.status == ChannelStatus::Disconnected && by_administrator && is_news {
            self.push_notice(id, NoticeKind::Disconnect, record.time);
        }
    }

    /// Deletes a channel: ends its sessions, fails its deliveries and queues a `disconnect` notice.
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
        // A channel that was never verified has no connection, and another channel may own its account.
        if channel.verified.is_some() {
            self.push_notice(id, NoticeKind::Disconnect, time);
        }
    }
}

fn update(channel: &mut Channel, e: &ChannelUpdated) {
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

fn rotate(channel: &mut Channel, e: &CodeRotated, time: Timestamp) {
    channel.codes.truncate(1);
    // An empty code must not stay valid during the overlap.
    channel.codes.retain(|code| !code.empty);
    for code in &mut channel.codes {
        code.until = Some(e.old_until);
    }
    channel.codes.insert(0, new_code(&e.code, e.codeless, time));
    channel.old_code = OldCode::default();
    channel.revision += 1;
    channel.generation += 1;
}

fn new_code(code: &Private<Secret>, empty: bool, since: Timestamp) -> ChannelCode {
    ChannelCode {
        code: code.clone(),
        empty,
        since,
        until: None,
    }
}

fn created(e: &ChannelCreated, time: Timestamp) -> Channel {
    Channel {
        live_chat: e.live_chat,
        name: e.name.clone(),
        webhook: e.webhook.clone(),
        codes: vec![new_code(&e.code, e.codeless, time)],
        old_code: OldCode::default(),
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
        has_retries: false,
        probed_at: None,
        next_notice: 0,
        dropped_notices: 0,
        head: Head::default(),
    }
}
