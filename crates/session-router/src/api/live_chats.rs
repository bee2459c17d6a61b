//! `live-chats.*` and `replies.*`: desks, who staffs them, and what they say again and again.

use chat::command::{Command, LiveChatCommand};
use chat::rejection::Rejection;

use super::args::{Args, need};

pub(super) fn read(method: &str, args: &Args) -> Result<Option<Command>, Rejection> {
    let live_chat = || args.need_id("liveChat");
    let command = match method {
        "live-chats.create" => LiveChatCommand::Create {
            name: args.need_text("name")?,
            members: args.ids("users")?.unwrap_or_default(),
        },
        "live-chats.rename" => LiveChatCommand::Rename {
            live_chat: live_chat()?,
            name: args.need_text("name")?,
        },
        "live-chats.delete" => LiveChatCommand::Delete {
            live_chat: live_chat()?,
            force: args.flag("force")?.unwrap_or(false),
        },
        "live-chats.members" => LiveChatCommand::Members {
            live_chat: live_chat()?,
            users: need("users", args.ids("users")?)?,
        },
        "replies.create" => LiveChatCommand::CreateReply {
            live_chat: live_chat()?,
            shortcut: args.need_text("shortcut")?,
            text: args.need_text("text")?,
        },
        "replies.update" => LiveChatCommand::UpdateReply {
            live_chat: live_chat()?,
            reply: args.need_id("reply")?,
            shortcut: args.text("shortcut")?,
            text: args.text("text")?,
        },
        "replies.delete" => LiveChatCommand::DeleteReply {
            live_chat: live_chat()?,
            reply: args.need_id("reply")?,
        },
        _ => return Ok(None),
    };
    Ok(Some(Command::LiveChat(command)))
}
