//! `live-chats.*` and `replies.*` that change something.

use chat::command::{Command, LiveChatCommand};
use chat::rejection::Rejection;

use super::args::{Args, required};

pub(super) fn read(method: &str, args: &Args) -> Result<Option<Command>, Rejection> {
    let live_chat = || args.required_id("liveChat");
    let command = match method {
        "live-chats.create" => LiveChatCommand::Create {
            name: args.required_text("name")?,
            members: args.ids("users")?.unwrap_or_default(),
        },
        "live-chats.rename" => LiveChatCommand::Rename {
            live_chat: live_chat()?,
            name: args.required_text("name")?,
        },
        "live-chats.delete" => LiveChatCommand::Delete {
            live_chat: live_chat()?,
            force: args.flag("force")?.unwrap_or(false),
        },
        "live-chats.members" => LiveChatCommand::Members {
            live_chat: live_chat()?,
            users: required("users", args.ids("users")?)?,
        },
        "replies.create" => LiveChatCommand::CreateReply {
            live_chat: live_chat()?,
            shortcut: args.required_text("shortcut")?,
            text: args.required_text("text")?,
        },
        "replies.update" => LiveChatCommand::UpdateReply {
            live_chat: live_chat()?,
            reply: args.required_id("reply")?,
            shortcut: args.text("shortcut")?,
            text: args.text("text")?,
        },
        "replies.delete" => LiveChatCommand::DeleteReply {
            live_chat: live_chat()?,
            reply: args.required_id("reply")?,
        },
        _ => return Ok(None),
    };
    Ok(Some(Command::LiveChat(command)))
}
