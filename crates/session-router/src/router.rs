//! The state, and what requests do to it: decide, seal, fold, encode. Nothing here waits.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chat::chance::Chance;
use chat::command::{Command, Decision, Effect, NewEvent, Reply, Request};
use chat::event::Event;
use chat::id::{ChannelId, CommandId, UserId};
use chat::model::ChannelStatus;
use chat::record::{Actor, Cause};
use chat::rejection::{Code, Rejection};
use chat::secret::Secret;
use chat::state::NoticeKind;
use chat::time::Timestamp;
use chat::verification::Purpose;
use chat::workspace::{Context, Workspace};

use crate::api::SignalKind;
use crate::audience::Audience;
use crate::batch::{Batch, Release};
use crate::config::Config;
use crate::feed;
use crate::library::{Library, context};
use crate::notices::Notices;
use crate::presence::Presence;
use crate::verify::Verify;
use crate::view::Facts;

/// The state of the workspace with what is decided and not yet handed to the log.
pub(crate) struct Router {
    pub(crate) workspace: Workspace,
    pub(crate) library: Library,
    pub(crate) config: Arc<Config>,
    /// What answers need from the settings.
    pub(crate) facts: Facts,
    pub(crate) subjects: chat::subject::Subjects,
    pub(crate) chance: Chance,
    pub(crate) batch: Batch,
    /// Batches that are full, oldest first: each becomes a frame.
    pub(crate) full: Vec<Batch>,
    pub(crate) notices: Notices,
    /// Messages refused since the last tick because their channel was not active.
    pub(crate) refused: BTreeMap<ChannelId, u64>,
    /// Whose console is there.
    pub(crate) presence: Presence,
    /// The hashes of users' tokens, as of a version of the user: opening them all for each sign-in
    /// would hold up the loop.
    pub(crate) tokens: BTreeMap<UserId, (u64, Vec<Secret>)>,
    /// Who may be listening to the feed.
    pub(crate) audience: Audience,
    /// Messengers that are being verified.
    pub(crate) verifying: Verifying,
    /// New messages are refused until there is room again.
    pub(crate) disk_full: bool,
}

/// Messengers that are being verified.
#[derive(Default)]
pub(crate) struct Verifying {
    /// How many.
    pub(crate) count: usize,
    /// The commands that asked for it, as far as they have an id.
    pub(crate) commands: BTreeSet<(UserId, CommandId)>,
}

impl Router {
    /// Whether a frame is full already: it goes to the log before more is taken.
    pub(crate) const fn has_full_frame(&self) -> bool {
        !self.full.is_empty()
    }

    /// Has a request take effect in memory; its events join the batch. The caller puts the answer
    /// among the batch's releases, so that it waits for them.
    pub(crate) fn apply(
        &mut self,
        request: &Request,
        now: Timestamp,
    ) -> Result<(Reply, Vec<Effect>), Rejection> {
        self.apply_by(request, &request.by, now)
    }

    /// The same for what Switchboard decides and somebody asked for: the events say who.
    pub(crate) fn apply_by(
        &mut self,
        request: &Request,
        by: &Actor,
        now: Timestamp,
    ) -> Result<(Reply, Vec<Effect>), Rejection> {
        // Words are sealed or not kept: without a key there is no decision.
        let given = self.workspace.keys_given();
        if let Err(error) = self.library.keyring.provide_now(given, &mut self.chance) {
            tracing::error!(error = &error as &dyn std::error::Error, "no new keys");
            let words = "the keys cannot be extended; nothing was stored, try again later";
            return Err(Rejection::new(Code::Unavailable, words));
        }
        let mut context = Context {
            now,
            chance: &mut self.chance,
            rules: &self.config.rules,
        };
        let Decision {
            events,
            effects,
            reply,
        } = self.workspace.decide(request, &mut context)?;
        let last = events.len();
        let mut encoded = Vec::with_capacity(last);
        let mut feed = Vec::new();
        for (nth, event) in events.into_iter().enumerate() {
            let cause = if nth + 1 == last {
                cause(request, &reply)
            } else {
                None
            };
            encoded.push(self.fold(event, by, cause, now, &mut feed));
        }
        if !self.batch.fits(&encoded) {
            self.full.push(std::mem::take(&mut self.batch));
        }
        self.batch.extend(encoded);
        self.batch.releases.extend(feed);
        Ok((reply, effects))
    }

    /// The same for what Switchboard does by itself, where nobody waits for an answer.
    pub(crate) fn apply_system(&mut self, command: Command, now: Timestamp) {
        match self.apply(&Request::system(command), now) {
            Ok((_, effects)) => self.release_effects(effects, now),
            Err(rejection) => tracing::debug!(%rejection, "nothing to do"),
        }
    }

    /// Seals an event, makes it a record, and takes it in.
    fn fold(
        &mut self,
        mut new: NewEvent,
        by: &Actor,
        cause: Option<Cause>,
        now: Timestamp,
        feed: &mut Vec<Release>,
    ) -> event_log::NewEvent {
        let number = self.workspace.key_of(&new.stream, &new.event);
        let key = number.and_then(|number| self.library.keyring.get(number));
        if let (Some(number), None) = (number, &key) {
            tracing::error!(number, stream = %new.stream, "a key is missing; the words are not kept");
        }
        let bound = context(&new.stream);
        new.event.seal(
            key.as_ref(),
            self.library.keyring.master(),
            &bound,
            &mut self.chance,
        );
        let (record, link) = self.workspace.record(new, by, cause, now);
        self.workspace.evolve(&record);
        self.insist_on_disconnect(&record.event);
        if self.audience.may_listen(now) {
            let item = feed::item(&self.workspace, &record, &self.facts);
            feed.extend(item.map(|item| Release::Feed(Box::new(item))));
        }
        event_log::NewEvent {
            link,
            bytes: record.encode(),
        }
    }

    /// A messenger is told `disconnect` although its channel is not active any more.
    fn insist_on_disconnect(&mut self, event: &Event) {
        let ended = match event {
            Event::ChannelStatusChanged(e) => {
                matches!(
                    e.status,
                    ChannelStatus::Disconnected | ChannelStatus::Deleted
                )
            }
            Event::LiveChatDeleted(_) => true,
            _ => false,
        };
        if ended {
            for id in disconnects(&self.workspace) {
                self.notices.insist(id);
            }
        }
    }

    /// Puts what a decision asks for among the releases.
    pub(crate) fn release_effects(&mut self, effects: Vec<Effect>, now: Timestamp) {
        for effect in effects {
            match effect {
                Effect::Verify(channel, purpose) => {
                    if let Some(verify) = self.verify(channel, purpose, now) {
                        self.batch.releases.push(Release::Verify(Box::new(verify)));
                    }
                }
                Effect::DestroyKeys(keys) => self.batch.releases.push(Release::DestroyKeys(keys)),
                Effect::Rights(user) => {
                    let position = self.workspace.position;
                    self.batch.releases.push(Release::Rights(user, position));
                }
                Effect::Typing(channel, chat, user) => {
                    self.batch
                        .releases
                        .extend(self.contact_typing(channel, &chat, &user, now));
                }
            }
        }
    }

    pub(crate) fn verify(
        &mut self,
        id: ChannelId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Option<Verify> {
        let channel = self.workspace.channels.get(&id)?;
        self.verifying.count += 1;
        let (library, url) = (&self.library, self.config.public_url.as_str());
        Some(Verify::of(
            library,
            (id, channel),
            purpose,
            url,
            (now, &mut self.chance),
        ))
    }

    /// Channels whose verification a restart cut off are asked again.
    pub(crate) fn verify_pending(&mut self, now: Timestamp) {
        let channels = self.workspace.channels.iter();
        let pending: Vec<ChannelId> = channels
            .filter(|(_, c)| c.status == ChannelStatus::Pending)
            .map(|(id, _)| *id)
            .collect();
        let effects = pending
            .into_iter()
            .map(|id| Effect::Verify(id, Purpose::Connect))
            .collect();
        self.release_effects(effects, now);
        for id in disconnects(&self.workspace) {
            self.notices.insist(id);
        }
    }

    /// Somebody writes: colleagues see it, if the chat has an open session.
    fn contact_typing(
        &self,
        channel: ChannelId,
        chat: &str,
        user: &str,
        now: Timestamp,
    ) -> Option<Release> {
        let session = self.workspace.chats.get(&(channel, chat.into()))?.open?;
        let live_chat = self.workspace.sessions.get(&session)?.live_chat;
        let contact = self.workspace.contact_by_external(channel, user)?;
        let signal = feed::Signal {
            session,
            kind: SignalKind::Typing,
            who: feed::Who::Contact(contact),
            ended: false,
        };
        let (subject, payload) = signal.message(&self.subjects, live_chat, now);
        Some(Release::Signal(subject, payload))
    }
}

/// The last `disconnect` notices that wait.
fn disconnects(workspace: &Workspace) -> Vec<(ChannelId, u64)> {
    let inactive = workspace
        .channels
        .iter()
        .filter(|(_, c)| c.status != ChannelStatus::Active);
    inactive
        .filter_map(|(id, _)| {
            // Near the end, behind it only what was read or assigned since.
            let all = workspace.notices.range((*id, 0)..=(*id, u64::MAX));
            let mut newest = all.rev().map(|(id, notice)| (*id, &notice.kind));
            let (id, _) = newest.find(|(_, kind)| **kind == NoticeKind::Disconnect)?;
            Some(id)
        })
        .collect()
}

/// What is remembered of a command that has an id.
fn cause(request: &Request, reply: &Reply) -> Option<Cause> {
    let (Some(command), Reply::Answer(answer)) = (request.command_id, reply) else {
        return None;
    };
    Some(Cause {
        command,
        digest: request.digest,
        answer: *answer,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::tests::shell::Shell;

    #[test]
    fn an_end_that_is_to_be_told_is_found_behind_what_was_read_since() {
        let mut shell = Shell::new();
        let live_chat = shell.live_chat("Desk", &[]);
        let channel = shell.channel(&live_chat, "https://chat.example/hook");
        let accepted = shell.writes(channel, "chat", "ada", "hello");
        shell.ok(
            "root",
            "channels.disconnect",
            &json!({ "channel": channel }),
        );
        let read = json!({ "session": accepted.session_id, "upTo": accepted.message_id });
        shell.ok("root", "messages.read", &read);
        let found = disconnects(&shell.workspace);
        let kinds = found
            .iter()
            .map(|id| &shell.workspace.notices.get(id).unwrap().kind);
        assert_eq!(kinds.collect::<Vec<_>>(), [&NoticeKind::Disconnect]);
    }
}
