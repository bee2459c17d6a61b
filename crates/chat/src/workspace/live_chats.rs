//! Deciding about live chats and their canned replies.

use std::collections::BTreeSet;

use crate::command::{Decision, Effect, LiveChatCommand, NewEvent};
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
use crate::state::LiveChat;
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
                self.check_live_chat_name(name, None)?;
                let members = self.check_members(members)?;
                if self.live_chats.iter().filter(|(_, l)| !l.deleted).count() >= LIST_MAX {
                    return Err(Reason::LiveChatsFull { limit: LIST_MAX }.into());
                }
                let id = LiveChatId::new(context.now, context.chance);
                let decision = changed(
                    id,
                    LiveChatCreated {
                        name: name.clone(),
                        members: members.clone(),
                    },
                );
                Ok(members
                    .into_iter()
                    .fold(decision, |d, user| d.then(Effect::RightsChanged(user))))
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
                let before = &self.live_chat(*live_chat)?.members;
                let members = self.check_members(users)?;
                let after: BTreeSet<UserId> = members.iter().cloned().collect();
                let decision = changed(*live_chat, MembersChanged { members });
                let touched = before.symmetric_difference(&after).cloned();
                Ok(touched.fold(decision, |d, user| d.then(Effect::RightsChanged(user))))
            }
            LiveChatCommand::CreateReply {
                live_chat,
                shortcut,
                text,
            } => {
                let reply = ReplyId::new(context.now, context.chance);
                self.decide_save_reply(caller, *live_chat, reply, shortcut, text)
            }
            LiveChatCommand::UpdateReply {
                live_chat,
                reply,
                shortcut,
                text,
            } => {
                let now = canned(self.visible_live_chat(caller, *live_chat)?, *reply)?;
                let shortcut = shortcut.as_ref().unwrap_or(&now.shortcut);
                let text = text.as_ref().unwrap_or(&now.text);
                self.decide_save_reply(caller, *live_chat, *reply, shortcut, text)
            }
            LiveChatCommand::DeleteReply { live_chat, reply } => {
                caller.require_supervisor()?;
                canned(self.visible_live_chat(caller, *live_chat)?, *reply)?;
                Ok(changed(*live_chat, ReplyDeleted { reply: *reply }))
            }
        }
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
        decision.events.push(of(id, LiveChatDeleted {}));
        Ok(live_chat.members.iter().fold(decision, |d, user| {
            d.then(Effect::RightsChanged(user.clone()))
        }))
    }

    fn decide_save_reply(
        &self,
        caller: &Caller<'_>,
        live_chat: LiveChatId,
        reply: ReplyId,
        shortcut: &str,
        text: &str,
    ) -> Result<Decision, Rejection> {
        caller.require_supervisor()?;
        let replies = &self.visible_live_chat(caller, live_chat)?.replies;
        let plain = |c: char| !c.is_whitespace() && !c.is_control();
        if !(1..=SHORTCUT_CHARS_MAX).contains(&shortcut.chars().count())
            || !shortcut.chars().all(plain)
        {
            return Err(Reason::InvalidShortcut {
                max: SHORTCUT_CHARS_MAX,
            }
            .into());
        }
        if text.trim().is_empty() || text.chars().count() > TEXT_CHARS_MAX {
            return Err(wrong_length("/text", 1, TEXT_CHARS_MAX, "characters"));
        }
        if replies
            .iter()
            .any(|(id, other)| *id != reply && other.shortcut == shortcut)
        {
            let shortcut = shortcut.to_owned();
            return Err(Reason::ShortcutTaken { shortcut }.into());
        }
        if replies.len() >= LIST_MAX && !replies.contains_key(&reply) {
            return Err(Reason::RepliesFull { limit: LIST_MAX }.into());
        }
        let event = ReplySaved {
            reply,
            shortcut: shortcut.to_owned(),
            text: text.to_owned(),
        };
        Ok(Decision::of(
            vec![of(live_chat, event)],
            Answer::Reply(live_chat, reply),
        ))
    }

    /// The channels of a live chat that are not deleted.
    pub fn channels_of(
        &self,
        live_chat: LiveChatId,
    ) -> impl Iterator<Item = (crate::id::ChannelId, &crate::state::Channel)> {
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
            return Err(Reason::TooManyElements {
                pointer: "/users".to_owned(),
                limit: LIST_MAX,
            }
            .into());
        }
        if let Some(stranger) = users.iter().find(|user| self.users.get(user).is_none()) {
            let user = stranger.to_string();
            return Err(Reason::UnknownMember { user }.into());
        }
        Ok(users
            .iter()
            .cloned()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect())
    }
}

fn canned(live_chat: &LiveChat, reply: ReplyId) -> Result<&crate::state::CannedReply, Rejection> {
    let missing = || Reason::NoSuchReply {
        reply: reply.to_string(),
    };
    Ok(live_chat.replies.get(&reply).ok_or_else(missing)?)
}

fn changed(live_chat: LiveChatId, event: impl Into<Event>) -> Decision {
    Decision::of(vec![of(live_chat, event)], Answer::LiveChat(live_chat))
}

fn of(live_chat: LiveChatId, event: impl Into<Event>) -> NewEvent {
    NewEvent {
        stream: Stream::LiveChat(live_chat),
        live_chat: None,
        event: event.into(),
    }
}
