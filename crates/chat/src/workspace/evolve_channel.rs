//! Taking in what happened to channels, their notices and their deliveries.

use crate::event::{ChannelCreated, ChannelStatusChanged, DeliveryChanged, Event};
use crate::id::{ChannelId, ContactId, MessageId, SessionId};
use crate::noun::{Capabilities, ChannelStatus, DeliveryState};
use crate::record::{Actor, Record};
use crate::rules::{NOTICES_MAX, PROFILE_AGE_MAX};
use crate::state::{Breaker, Channel, ChannelCode, Delivery, Head, Notice, NoticeKind};
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
                    self.notices.remove(&(id, *number));
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
                for code in &mut channel.codes {
                    code.until = Some(e.old_until);
                }
                channel.codes.insert(
                    0,
                    ChannelCode {
                        code: e.code.clone(),
                        until: None,
                    },
                );
                channel.revision += 1;
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
        channel.reason.clone_from(&e.reason);
        if e.status != before {
            channel.since = record.time;
        }
        if let Some(verified) = e.verified {
            channel.verified = Some(verified);
            channel.breaker = Breaker::default();
            channel.refused = 0;
        }
        if let Some(capabilities) = &e.capabilities {
            channel.capabilities = capabilities.clone();
        }
        let by_administrator = matches!(record.by, Actor::User(_));
        match e.status {
            ChannelStatus::Deleted => self.delete_channel(id, record.time),
            ChannelStatus::Disconnected if by_administrator && before != e.status => {
                self.push_notice(id, NoticeKind::Disconnect, record.time);
            }
            _ => {}
        }
    }

    /// A channel is gone: its messenger is told, its sessions end, nothing waits any more.
    pub(super) fn delete_channel(&mut self, id: ChannelId, time: Timestamp) {
        let open: Vec<SessionId> = self
            .index
            .open_sessions
            .get(&id)
            .into_iter()
            .flatten()
            .copied()
            .collect();
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
            self.notices.remove(&(id, number));
        }
        if let Some(channel) = self.channels.get_mut(&id) {
            channel.status = ChannelStatus::Deleted;
            channel.since = time;
        }
        self.push_notice(id, NoticeKind::Disconnect, time);
    }

    /// Ends a session because its person or its channel is gone: what waited for delivery fails.
    pub(super) fn end_session(&mut self, id: SessionId, time: Timestamp) {
        self.close(id, time);
        let Some(chat) = self.sessions.get(&id).map(crate::state::Session::chat) else {
            return;
        };
        let lane = self
            .chats
            .get(&chat)
            .map(|c| c.lane.clone())
            .unwrap_or_default();
        for message in lane {
            if self
                .deliveries
                .get(&message)
                .is_some_and(|d| d.session == id)
            {
                self.fail(message);
            }
        }
    }

    fn fail(&mut self, message: MessageId) {
        self.change_message(message, |m| m.state = Some(DeliveryState::Failed));
        self.settle(message);
    }

    /// Puts a message at the end of its chat's lane.
    pub(super) fn enqueue(
        &mut self,
        session: SessionId,
        message: MessageId,
        due: Timestamp,
        expires_at: Timestamp,
    ) {
        let Some(row) = self.sessions.get(&session) else {
            return;
        };
        let (channel, chat) = (row.channel, row.chat());
        let before = self.lane_head(&chat);
        let delivery = Delivery {
            session,
            tries: 0,
            first_at: None,
            due,
            expires_at,
        };
        self.deliveries.insert(message, delivery);
        self.index.expiry.insert((expires_at, message));
        self.chats.entry(chat.clone()).lane.push_back(message);
        self.reindex_lane(channel, before, &chat);
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.pending += 1;
        }
    }

    /// Takes a message out of its chat's lane: it is at its end.
    fn settle(&mut self, message: MessageId) {
        let Some(session) = self
            .deliveries
            .get(&message)
            .and_then(|d| self.sessions.get(&d.session))
        else {
            return;
        };
        let (channel, chat) = (session.channel, session.chat());
        let before = self.lane_head(&chat);
        if let Some(delivery) = self.deliveries.remove(&message) {
            self.index.expiry.remove(&(delivery.expires_at, message));
        }
        if let Some(chat) = self.chats.get_mut(&chat) {
            chat.lane.retain(|other| *other != message);
        }
        self.reindex_lane(channel, before, &chat);
        if let Some(channel) = self.channels.get_mut(&channel) {
            channel.pending = channel.pending.saturating_sub(1);
        }
    }

    pub(super) fn evolve_delivery(&mut self, id: SessionId, record: &Record, e: &DeliveryChanged) {
        self.change_message(e.message, |m| {
            m.state = Some(e.state);
            m.attempts = e.attempts;
            m.delivery_at = record.position;
            match e.state {
                DeliveryState::Delivered => m.delivered_at = Some(record.time),
                DeliveryState::Queued => m.delivered_at = None,
                _ => {}
            }
        });
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let (channel_id, chat) = (session.channel, session.chat());
        if e.requeued {
            self.enqueue(id, e.message, record.time, e.expires_at);
        } else if e.state.is_pending() {
            let before = self.lane_head(&chat);
            if let Some(delivery) = self.deliveries.get_mut(&e.message) {
                delivery.due = e.next_attempt_at.unwrap_or(record.time);
                if e.attempt.is_none() {
                    delivery.tries += 1;
                    delivery.first_at.get_or_insert(record.time);
                }
            }
            self.reindex_lane(channel_id, before, &chat);
        } else {
            self.settle(e.message);
        }
        if let (Some(channel), Some(attempt)) = (self.channels.get_mut(&channel_id), &e.attempt) {
            channel.breaker = channel.breaker.after(e, record.time);
            channel.last_attempt = record.position;
            if e.state != DeliveryState::Accepted {
                let words = attempt
                    .error
                    .clone()
                    .or_else(|| e.reason.clone())
                    .unwrap_or_default();
                channel.last_error = Some((record.time, words));
            }
        }
    }

    /// Has a person's profile asked for at the first message, and again when it is old.
    pub(super) fn ask_profile(&mut self, channel: ChannelId, id: ContactId, time: Timestamp) {
        let Some(contact) = self.contacts.get(&id) else {
            return;
        };
        let fresh = contact
            .asked_at
            .is_some_and(|at| time.since(at) <= PROFILE_AGE_MAX);
        if fresh || contact.asking {
            return;
        }
        if let Some(contact) = self.contacts.get_mut(&id) {
            contact.asked_at = Some(time);
            contact.asking = true;
        }
        self.push_notice(channel, NoticeKind::Profile(id), time);
    }

    /// Tells a messenger that can show it how a session goes.
    pub(super) fn tell_session(&mut self, id: SessionId, state: &str, time: Timestamp) {
        let Some(session) = self.sessions.get(&id) else {
            return;
        };
        let channel = session.channel;
        if self
            .channels
            .get(&channel)
            .is_some_and(|c| c.capabilities.sessions)
        {
            let chat = session.external_chat_id.to_string();
            self.push_notice(
                channel,
                NoticeKind::Session(chat, id, state.to_owned()),
                time,
            );
        }
    }

    pub(super) fn push_notice(&mut self, id: ChannelId, kind: NoticeKind, at: Timestamp) {
        let Some(channel) = self.channels.get_mut(&id) else {
            return;
        };
        let number = channel.next_notice;
        channel.next_notice += 1;
        self.notices.insert((id, number), Notice { kind, at });
        let oldest = number
            .checked_sub(NOTICES_MAX)
            .and_then(|n| self.notices.remove(&(id, n)));
        if let Some(NoticeKind::Profile(contact)) = oldest.map(|n| n.kind)
            && let Some(contact) = self.contacts.get_mut(&contact)
        {
            contact.asking = false;
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
            until: None,
        }],
        revision: 1,
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
        operators: std::collections::BTreeSet::new(),
        breaker: Breaker::default(),
        next_notice: 0,
        head: Head::default(),
    }
}
