//! Requests of messengers, which ingress has verified.

use chat::command::{Effect, Origin, Reply, Request, SystemCommand};
use chat::event::CodeUsed;
use chat::id::ChannelId;
use chat::messenger::Inbound;
use chat::model::ChannelStatus;
use chat::reason::Reason;
use chat::rejection::{Code, Rejection};
use chat::rpc::{InboundReply, InboundRequest};
use chat::state::Channel;
use chat::time::Timestamp;

use super::Router;
use super::users::disk_full;
use crate::loader::{Inbounds, Load, Waiting};
use crate::outbox::Answer;

impl Router {
    /// Serves requests in their order. If one needs rows that are not in memory, it and those after it
    /// wait for them.
    pub(crate) fn serve_inbounds(
        &mut self,
        mut inbounds: Inbounds,
        now: Timestamp,
    ) -> Option<Load> {
        while let Some(request) = inbounds.rest.pop_front() {
            match self.inbound(request, now) {
                Ok(reply) => inbounds.replies.push(reply),
                Err(request) => {
                    inbounds.rest.push_front(*request);
                    return self.wait_for_rows(inbounds, now);
                }
            }
        }
        // The replies are one answer, sent once the events of all requests are durable.
        self.reply(inbounds.message, Answer::role(&inbounds.replies));
        None
    }

    /// Finds out what all waiting requests need, so that it is loaded together.
    fn wait_for_rows(&mut self, inbounds: Inbounds, now: Timestamp) -> Option<Load> {
        let at = self.at(now);
        for waiting in inbounds.rest.iter().skip(1) {
            let request = Request::inbound(waiting.channel, waiting.inbound.clone());
            let request = request.keyed(self.state.sealed_log().keyring.master());
            drop(self.state.try_decide(&request, at));
        }
        let needs = self.state.take_needs()?;
        let waiting = Waiting::Inbound(inbounds);
        Some(Load { waiting, needs })
    }

    /// Returns the request if rows are needed that are not in memory.
    pub(super) fn inbound(
        &mut self,
        mut request: InboundRequest,
        now: Timestamp,
    ) -> Result<InboundReply, Box<InboundRequest>> {
        if self.is_stale(request.channel, request.revision) {
            return Ok(InboundReply::Stale);
        }
        let channel = request.channel;
        // It would end nothing now, and the messenger's answer to `connect` would undo it.
        if matches!(request.inbound, Inbound::Disconnect)
            && self.verifications.is_connecting(channel)
        {
            return Ok(InboundReply::Rejected(Reason::ChannelConnecting.into()));
        }
        if let Err(rejection) = self.has_room(channel, &request.inbound, now) {
            return Ok(InboundReply::Rejected(rejection));
        }
        let edit_has_effect = match self.edit_has_effect(channel, &request.inbound) {
            Ok(has_effect) => has_effect,
            Err(rejection) => return Ok(InboundReply::Rejected(rejection)),
        };
        if let Inbound::Status {
            reason: Some(reason),
            ..
        } = &mut request.inbound
            && let Some(codes) = self.known_codes(channel)
        {
            *reason = codes.redact(reason, usize::MAX);
        }
        let (revision, old_code, webhook_id) =
            (request.revision, request.old_code, request.webhook_id);
        let master = self.state.sealed_log().keyring.master();
        let request = Request {
            edit_has_effect,
            ..Request::inbound(channel, request.inbound)
        };
        let request = match &webhook_id {
            Some(id) => request.signed(id).keyed(master),
            None => request.keyed(master),
        };
        let at = self.at(now);
        let decided = self.state.try_decide(&request, at);
        if self.state.misses_rows()
            && let Origin::Messenger(_, inbound) = request.origin
        {
            return Err(Box::new(InboundRequest {
                channel,
                revision,
                inbound,
                old_code,
                webhook_id,
            }));
        }
        let applied =
            decided.and_then(|decision| self.record(decision, &request, &request.by(), at));
        let used = old_code.map(|old| CodeUsed { old, inbound: true });
        Ok(self.replied(&request, used, applied, now))
    }

    /// The reply to an applied or rejected request.
    fn replied(
        &mut self,
        request: &Request,
        used: Option<CodeUsed>,
        applied: Result<(Reply, Vec<Effect>), Rejection>,
        now: Timestamp,
    ) -> InboundReply {
        let Origin::Messenger(channel, inbound) = &request.origin else {
            return InboundReply::Rejected(Reason::InternalError.into());
        };
        let (channel, is_message) = (*channel, matches!(inbound, Inbound::Message(_)));
        let known = self.state.workspace().channels.get(&channel);
        if let Some(used) = used
            && known.is_some_and(|c| c.old_code.is_changed_by(used))
        {
            self.apply_system(SystemCommand::CodeUsed(channel, used), now);
        }
        match applied {
            Ok((reply, effects)) => {
                self.queue_effects(effects, now);
                match reply {
                    Reply::Accepted(accepted) => InboundReply::Accepted(accepted),
                    Reply::User(card) => InboundReply::User(card),
                    Reply::Answer(_) => InboundReply::Done,
                    Reply::Repeated => InboundReply::Repeated,
                }
            }
            Err(rejection) => {
                InboundReply::Rejected(self.not_accepted(channel, is_message, rejection))
            }
        }
    }

    /// Rejects a message that cannot be stored, or whose outcome cannot. One that was accepted before
    /// needs no room.
    fn has_room(
        &mut self,
        channel: ChannelId,
        inbound: &Inbound,
        now: Timestamp,
    ) -> Result<(), Rejection> {
        let Inbound::Message(message) = inbound else {
            return Ok(());
        };
        if !self.disk_full && !self.has_full_notices(channel, now) {
            return Ok(());
        }
        let is_known = self.state.look(|workspace, _| {
            let known = workspace.message_by_external(channel, &message.external_message_id);
            known.is_some()
        });
        if is_known? {
            Ok(())
        } else if self.disk_full {
            Err(disk_full())
        } else {
            let limit = self.state.rules().notices_full;
            Err(Reason::NoticesFull { limit }.into())
        }
    }

    /// Whether new messages of a channel are rejected because too many notices wait: their outcomes would
    /// be dropped. While the messenger does not answer, messages are accepted nevertheless, because what
    /// people write matters more than notices.
    fn has_full_notices(&self, id: ChannelId, now: Timestamp) -> bool {
        let workspace = self.state.workspace();
        let answers = |channel: &Channel| {
            channel.status == ChannelStatus::Active
                && !channel.breaker.open
                && !self.notices.is_away(id, now)
        };
        workspace.notices_of(id) >= self.state.rules().notices_full
            && workspace.channels.get(&id).is_some_and(answers)
    }

    /// The rejection of an inbound request. Counts the messages of inactive channels, except while the
    /// messenger may consider itself connected because it has `connect`.
    fn not_accepted(
        &mut self,
        channel: ChannelId,
        is_message: bool,
        rejection: Rejection,
    ) -> Rejection {
        if rejection.code != Code::ChannelDisconnected {
            return rejection;
        }
        if self.verifications.is_connecting(channel) {
            return Reason::ChannelConnecting.into();
        }
        if is_message {
            *self.rejected.entry(channel).or_default() += 1;
        }
        rejection
    }
}
