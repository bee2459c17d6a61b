//! Decisions on live chats and their canned replies.

use std::collections::BTreeSet;

use crate::command::{Decision, LiveChatCommand, NewEvent};
use crate::content::TEXT_CHARS_MAX;
use crate::event::{
    Event, LiveChatCreated, LiveChatDeleted, LiveChatRenamed, MembersChanged, ReplyDeleted,
    ReplySaved,
};
use crate::id::{ChannelId, LiveChatId, ReplyId, UserId};
use crate::model::ChannelStatus;
use crate::reason::Reason;
use crate::record::{Answer, Stream};
use crate::rejection::Rejection;
use crate::rules::{LIST_MAX, SHORTCUT_CHARS_MAX};
use crate::seal::{Indexed, Private};
use crate::state::{CannedReply, Channel, LiveChat, User};
use crate::workspace::users::{check_name, wrong_length};
use crate::workspace::{Caller, Context, Workspace};

impl Workspace {
    pub(super) fn decide_live_chat(
        &self,
        caller: &Caller<'_>,
        command: &LiveChatCommand,
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        match command {
            LiveChatCommand::Create { name, members } => {
                caller.require_administrator()?;
                self.decide_create_live_chat(name, members, context)
            }
            LiveChatCommand::Rename { live_chat, name } => {
                caller.require_administrator()?;
                self.live_chat(*live_chat)?;
                self.check_live_chat_name(name, Some(*live_chat))?;
                Ok(changed(*live_chat, LiveChatRenamed { name: name.clone() }))
            }
            LiveChatCommand::Delete { live_chat, force } => {
                caller.require_administrator()?;
                self.decide_delete_live_chat(caller.id, *live_chat, *force)
            }
            LiveChatCommand::Members { live_chat, users } => {
                caller.require_administrator()?;
                self.decide_members(*live_chat, users)
            }
            LiveChatCommand::CreateReply {
                live_chat,
                shortcut,
                text,
            } => {
                let reply = ReplyId::new(context.now, context.chance);
                let content = (Some(shortcut.as_str()), Some(text.as_str()));
                self.decide_save_reply(caller, *live_chat, reply, content)
            }
            LiveChatCommand::UpdateReply {
                live_chat,
                reply,
                shortcut,
                text,
            } => {
                find_reply(self.visible_live_chat(caller, *live_chat)?, *reply)?;
                let content = (shortcut.as_deref(), text.as_deref());
                self.decide_save_reply(caller, *live_chat, *reply, content)
            }
            LiveChatCommand::DeleteReply { live_chat, reply } => {
                caller.require_supervisor()?;
                find_reply(self.visible_live_chat(caller, *live_chat)?, *reply)?;
                Ok(changed(*live_chat, ReplyDeleted { reply: *reply }))
            }
        }
    }

    fn decide_create_live_chat(
        &self,
        name: &str,
        members: &[UserId],
        context: &mut Context<'_>,
    ) -> Result<Decision, Rejection> {
        self.check_live_chat_name(name, None)?;
        let members = self.check_members(members)?;
        if self.live_chats.iter().filter(|(_, l)| !l.deleted).count() >= LIST_MAX {
            return Err(Reason::LiveChatsFull { limit: LIST_MAX }.into());
        }
        let id = LiveChatId::new(context.now, context.chance);
        let event = LiveChatCreated {
            name: name.to_owned(),
            members: members.clone(),
        };
        Ok(changed(id, event).with_rights_changed(members))
    }

    /// Replaces the members. Open sessions of those who leave return to the queue.
    fn decide_members(&self, id: LiveChatId, users: &[UserId]) -> Result<Decision, Rejection> {
        let before = &self.live_chat(id)?.members;
        let members = self.check_members(users)?;
        let after: BTreeSet<UserId> = members.iter().cloned().collect();
        let touched = before.symmetric_difference(&after).cloned();
        let mut decision = changed(id, MembersChanged { members }).with_rights_changed(touched);
        for leaver in before.difference(&after) {
            let sees_all = self.users.get(leaver).is_some_and(User::sees_all);
            let stays = |live_chat| live_chat != id || sees_all;
            decision = self.returning(decision, (leaver, false), stays);
        }
        Ok(decision)
    }

    fn decide_delete_live_chat(
        &self,
        by: &UserId,
        id: LiveChatId,
        force: bool,
    ) -> Result<Decision, Rejection> {
        let live_chat = self.live_chat(id)?;
        let channels = self.channels_of(id).count();
        if channels > 0 && !force {
            let reason = Reason::LiveChatHasChannels {
                name: live_chat.name.clone(),
                count: channels,
            };
            return Err(Rejection::from(reason).with("channels", channels));
        }
        let channels: Vec<ChannelId> = self.channels_of(id).map(|(id, _)| id).collect();
        let mut decision = self.deletion(&channels, by, Answer::LiveChat(id));
        decision
            .events
            .push(live_chat_event(id, LiveChatDeleted {}));
        Ok(decision.with_rights_changed(live_chat.members.iter().cloned()))
    }

    /// Saves a canned reply; what is `None` stays as it was.
    fn decide_save_reply(
        &self,
        caller: &Caller<'_>,
        live_chat: LiveChatId,
        reply: ReplyId,
        (shortcut, text): (Option<&str>, Option<&str>),
    ) -> Result<Decision, Rejection> {
        caller.require_supervisor()?;
        let replies = &self.visible_live_chat(caller, live_chat)?.replies;
        let plain = |c: char| !c.is_whitespace() && !c.is_control();
        let fits =
            |s: &str| (1..=SHORTCUT_CHARS_MAX).contains(&s.chars().count()) && s.chars().all(plain);
        if !shortcut.is_none_or(fits) {
            let max = SHORTCUT_CHARS_MAX;
            return Err(Reason::InvalidShortcut { max }.into());
        }
        let fits = |t: &str| !t.trim().is_empty() && t.chars().count() <= TEXT_CHARS_MAX;
        if !text.is_none_or(fits) {
            return Err(wrong_length("/text", 1, TEXT_CHARS_MAX, "characters"));
        }
        let digest = shortcut.map(|s| self.digest(live_chat.as_bytes(), s));
        let is_taken = |(id, other): (&ReplyId, &CannedReply)| {
            *id != reply && Some(other.shortcut.digest()) == digest
        };
        if replies.iter().any(is_taken) {
            let shortcut = shortcut.unwrap_or_default().to_owned();
            return Err(Reason::ShortcutTaken { shortcut }.into());
        }
        if replies.len() >= LIST_MAX && !replies.contains_key(&reply) {
            return Err(Reason::RepliesFull { limit: LIST_MAX }.into());
        }
        let (new, known) = (digest.zip(shortcut), replies.get(&reply));
        let new = new.map(|(digest, shortcut)| Indexed::new(digest, shortcut));
        let shortcut = new.or_else(|| Some(known?.shortcut.renewed()));
        let text = text.map(|text| Private::Clear(text.to_owned()));
        let text = text.or_else(|| Some(known?.text.renewed()));
        let (Some(shortcut), Some(text)) = (shortcut, text) else {
            return Err(no_such_reply(reply));
        };
        let event = ReplySaved {
            reply,
            shortcut,
            text,
        };
        Ok(Decision::new(
            [live_chat_event(live_chat, event)],
            Answer::Reply(live_chat, reply),
        ))
    }

    /// Returns the channels of a live chat that are not deleted.
    pub fn channels_of(
        &self,
        live_chat: LiveChatId,
    ) -> impl Iterator<Item = (ChannelId, &Channel)> {
        self.channels
            .iter()
            .filter(move |(_, c)| c.live_chat == live_chat && c.status != ChannelStatus::Deleted)
            .map(|(id, c)| (*id, c))
    }

    fn check_live_chat_name(&self, name: &str, own: Option<LiveChatId>) -> Result<(), Rejection> {
        check_name("/name", name)?;
        let taken =
            |(id, l): (&LiveChatId, &LiveChat)| !l.deleted && l.name == name && Some(*id) != own;
        if self.live_chats.iter().any(taken) {
            let name = name.to_owned();
            return Err(Reason::LiveChatNameTaken { name }.into());
        }
        Ok(())
    }

    fn check_members(&self, users: &[UserId]) -> Result<Vec<UserId>, Rejection> {
        if users.len() > LIST_MAX {
            let (pointer, limit) = ("/users".to_owned(), LIST_MAX);
            return Err(Reason::TooManyElements { pointer, limit }.into());
        }
        if let Some(stranger) = users.iter().find(|user| self.users.get(user).is_none()) {
            let user = stranger.to_string();
            return Err(Reason::UnknownMember { user }.into());
        }
        let distinct: BTreeSet<_> = users.iter().cloned().collect();
        Ok(distinct.into_iter().collect())
    }
}

fn find_reply(live_chat: &LiveChat, reply: ReplyId) -> Result<&CannedReply, Rejection> {
    let found = live_chat.replies.get(&reply);
    found.ok_or_else(|| no_such_reply(reply))
}

fn no_such_reply(reply: ReplyId) -> Rejection {
    let reply = reply.to_string();
    Reason::NoSuchReply { reply }.into()
}

fn changed(live_chat: LiveChatId, event: impl Into<Event>) -> Decision {
    Decision::new(
        [live_chat_event(live_chat, event)],
        Answer::LiveChat(live_chat),
    )
}

fn live_chat_event(live_chat: LiveChatId, event: impl Into<Event>) -> NewEvent {
    NewEvent::new(Stream::LiveChat(live_chat), None, event)
}
