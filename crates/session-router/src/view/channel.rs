//! Channels. Confirmation codes are never shown.

use std::ops::Bound;

use chat::id::{ChannelId, LiveChatId};
use chat::messenger::outbound::{Dialect, webhook};
use chat::model::{Capabilities, ChannelStatus, Verified};
use chat::reason::Reason;
use chat::rejection::Rejection;
use chat::rpc::Security;
use chat::state::Channel;
use chat::time::Timestamp;
use chat::workspace::{Caller, Workspace};
use serde_json::Value;

use super::object::Object;
use super::{Plan, list as lists};
use crate::api::Page;

/// How much of a webhook is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Webhook {
    /// All of it.
    Whole,
    /// Scheme and host.
    Host,
}

/// A copy of a channel.
#[derive(Clone, Debug)]
pub(crate) struct ChannelSnapshot {
    id: ChannelId,
    live_chat: LiveChatId,
    name: String,
    webhook: String,
    public_url: String,
    status: ChannelStatus,
    since: Timestamp,
    reason: Option<Reason>,
    verified: Option<Verified>,
    security: Security,
    dialect: Dialect,
    capabilities: Capabilities,
    pending: u64,
    refused: u64,
    last_error: Option<(Timestamp, Reason)>,
    /// Since when and until when each code is valid.
    codes: Vec<(Timestamp, Option<Timestamp>)>,
    /// Since when the messenger uses a code that was replaced.
    old_code: Option<Timestamp>,
}

impl ChannelSnapshot {
    pub(crate) fn of(id: ChannelId, channel: &Channel, public_url: &str) -> Self {
        Self {
            id,
            live_chat: channel.live_chat,
            name: channel.name.clone(),
            webhook: channel.webhook.clone(),
            public_url: webhook(public_url, id),
            status: channel.status,
            since: channel.since,
            reason: channel.reason.clone(),
            verified: channel.verified,
            security: channel.security,
            dialect: channel.dialect,
            capabilities: Capabilities {
                operator_initiated: channel.may_initiate(),
                ..channel.capabilities.clone()
            },
            pending: channel.pending,
            refused: channel.refused,
            last_error: channel.last_error.clone(),
            codes: (channel.codes.iter().filter(|code| !code.empty))
                .map(|code| (code.since, code.until))
                .collect(),
            old_code: channel.old_code.since(),
        }
    }

    /// The channel with the status of an event, whatever came later.
    pub(crate) fn at(
        mut self,
        status: ChannelStatus,
        reason: Option<Reason>,
        time: Timestamp,
    ) -> Self {
        if status != self.status {
            self.since = time;
        }
        self.status = status;
        self.reason = reason;
        self
    }

    /// The object `channel`. Administrators see the whole webhook, when codes
    /// are valid, and whether the messenger uses an old one.
    pub(crate) fn object(&self, webhook: Webhook) -> Value {
        let (webhook, codes, old_code) = match webhook {
            Webhook::Whole => (self.webhook.as_str(), Some(self.codes()), self.old_code),
            Webhook::Host => (host(&self.webhook), None, None),
        };
        let error = self.last_error.as_ref();
        Object::new()
            .with("id", self.id)
            .with("liveChat", self.live_chat)
            .with("name", &self.name)
            .with("webhook", webhook)
            .with("status", self.status)
            .with("since", self.since)
            .with_some("reason", self.reason.as_ref().map(Reason::object))
            .with("verified", self.verified)
            .with("security", self.security)
            .with("dialect", self.dialect)
            .with("capabilities", &self.capabilities)
            .with("publicUrl", &self.public_url)
            .with("pendingDeliveries", self.pending)
            .with_some("lastErrorAt", error.map(|(at, _)| at))
            .with_some("lastError", error.map(|(_, reason)| reason.to_string()))
            .with_some("lastErrorReason", error.map(|(_, reason)| reason.object()))
            .with("refusedWhileDisconnected", self.refused)
            .with_some("codes", codes)
            .with_some("oldCodeUsedAt", old_code)
            .value()
    }

    fn codes(&self) -> Vec<Value> {
        let code = |(since, until): &(Timestamp, Option<Timestamp>)| {
            Object::new()
                .with("since", since)
                .with_some("until", *until)
                .value()
        };
        self.codes.iter().map(code).collect()
    }
}

/// Scheme and host of a URL.
fn host(url: &str) -> &str {
    let behind = url.find("://").map_or(0, |at| at + 3);
    let end = url
        .get(behind..)
        .and_then(|rest| rest.find(['/', '?', '#']));
    url.get(..end.map_or(url.len(), |end| behind + end))
        .unwrap_or_default()
}

/// Plans `channels.list`, oldest first, without deleted ones.
pub(super) fn list(
    workspace: &Workspace,
    caller: &Caller<'_>,
    (live_chat, page): (Option<LiveChatId>, &Page<ChannelId>),
    webhook: Webhook,
    public_url: &str,
) -> Result<Plan, Rejection> {
    if let Some(id) = live_chat {
        workspace.visible_live_chat(caller, id)?;
    }
    let from = page.before.map_or(Bound::Unbounded, Bound::Excluded);
    let channels: Vec<_> = workspace
        .channels
        .range((from, Bound::Unbounded))
        .filter(|(_, c)| c.status != ChannelStatus::Deleted)
        .filter(|(_, c)| live_chat.is_none_or(|id| c.live_chat == id))
        .filter(|(_, c)| workspace.visible_live_chat(caller, c.live_chat).is_ok())
        .take(page.limit + 1)
        .map(|(id, c)| (*id, ChannelSnapshot::of(*id, c, public_url)))
        .collect();
    let limit = page.limit;
    Ok(Plan::new(move |_| {
        let (list, next) = lists::page(channels, limit, |c| c.object(webhook));
        Object::new().with("channels", list).with("next", next)
    }))
}
