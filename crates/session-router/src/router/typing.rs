//! Typing signals, from contacts to operators and back. No event records them.

use chat::id::{ContactId, SessionId};
use chat::model::ChannelStatus;
use chat::time::Timestamp;
use chat::workspace::Workspace;

use super::Router;
use crate::api::SignalKind;
use crate::attempt::Target;
use crate::batch::Release;
use crate::external;
use crate::feed;
use crate::sealed_log::SealedLog;
use crate::side_jobs::{SideJob, TYPING_TIMEOUT_MS, TypingNotice};

impl Router {
    /// The signal that a contact is typing.
    pub(super) fn contact_typing(
        &self,
        session: SessionId,
        contact: ContactId,
        now: Timestamp,
    ) -> Option<Release> {
        let workspace = self.state.workspace();
        let live_chat = workspace.sessions.get(&session)?.live_chat;
        let signal = feed::Signal {
            session,
            kind: SignalKind::Typing,
            who: feed::Who::Contact(contact),
            ended: false,
        };
        let (subject, payload) = signal.message(&self.subjects, live_chat, now);
        Some(Release::Publish(subject, payload))
    }

    /// Notifies a messenger that an operator is typing, if it supports that.
    pub(super) fn notify_typing(&mut self, session: SessionId, now: Timestamp) {
        let looked = self
            .state
            .look(|workspace, sealed_log| typing_notice(workspace, sealed_log, session, now));
        if let Ok(Some(notice)) = looked {
            let job = SideJob::Typing(Box::new(notice));
            self.batches.release(Release::Start(job));
        }
    }
}

/// The request that tells a messenger that an operator is typing.
fn typing_notice(
    workspace: &Workspace,
    sealed_log: &SealedLog,
    session: SessionId,
    now: Timestamp,
) -> Option<TypingNotice> {
    let session = workspace.sessions.get(&session)?;
    let id = session.channel;
    let channel = workspace.channels.get(&id)?;
    let is_reachable = channel.status == ChannelStatus::Active && !channel.is_hanging();
    if !channel.supports_typing() || !is_reachable {
        return None;
    }
    let chat = (&session.external_chat_id, session.contact);
    let chat = external::open(workspace, sealed_log, chat)?;
    let target = Target::of(sealed_log, id, channel, now);
    let attempt = format!("typing-{id}-{}", now.as_micros());
    let mut request = target.request(attempt, |to| to.typing(&chat));
    request.timeout_ms = TYPING_TIMEOUT_MS;
    Some(TypingNotice {
        channel: id,
        request,
    })
}
