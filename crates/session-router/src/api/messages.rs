//! `messages.*` and `deliveries.replay`.

use chat::command::{Command, MessageCommand, Replay};
use chat::content::Content;
use chat::rejection::Rejection;
use chat::time::Timestamp;

use super::args::{Args, required, wrong};

pub(super) fn read(
    method: &str,
    args: &Args,
    now: Timestamp,
) -> Result<Option<Command>, Rejection> {
    let command = match method {
        "messages.send" => MessageCommand::Send {
            session: args.required_id("session")?,
            content: Content {
                text: args.text("text")?,
                files: args.files("files")?,
            },
            reply_to: args.id("replyTo")?,
        },
        "messages.note" => MessageCommand::Note {
            session: args.required_id("session")?,
            text: args.required_text("text")?,
        },
        "messages.read" => MessageCommand::Read {
            session: args.required_id("session")?,
            up_to: args.required_id("upTo")?,
        },
        "messages.retry" => MessageCommand::Retry(args.required_id("message")?),
        "deliveries.replay" => return Ok(Some(Command::Replay(replay(args, now)?))),
        _ => return Ok(None),
    };
    Ok(Some(Command::Message(command)))
}

fn replay(args: &Args, now: Timestamp) -> Result<Replay, Rejection> {
    match (args.id("message")?, args.id("channel")?) {
        (Some(message), None) => Ok(Replay::Message(message)),
        (None, Some(channel)) => {
            let since = required("since", args.time("since", now)?)?;
            Ok(Replay::Since(channel, since))
        }
        _ => Err(wrong(
            "message",
            "exactly one of message and channel with since is required",
        )),
    }
}
