//! Sessions, messages, deliveries and contacts: what operators do all day.

use chat::command::{Command, MessageCommand, Person, Replay, SessionCommand};
use chat::content::Content;
use chat::id::ContactId;
use chat::rejection::Rejection;
use chat::time::Timestamp;

use super::args::{Args, need, wrong};

pub(super) fn read(
    method: &str,
    args: &Args,
    now: Timestamp,
) -> Result<Option<Command>, Rejection> {
    let command = match method {
        "sessions.take" => Command::Session(SessionCommand::Take(args.need_id("session")?)),
        "sessions.close" => Command::Session(SessionCommand::Close(args.need_id("session")?)),
        "sessions.transfer" => Command::Session(transfer(args)?),
        "sessions.create" => Command::Session(SessionCommand::Create {
            channel: args.need_id("channel")?,
            person: person(args)?,
            text: args.text("text")?,
        }),
        "messages.send" => Command::Message(MessageCommand::Send {
            session: args.need_id("session")?,
            content: Content {
                text: args.text("text")?,
                files: args.files("files")?,
            },
            reply_to: args.id("replyTo")?,
        }),
        "messages.note" => Command::Message(MessageCommand::Note {
            session: args.need_id("session")?,
            text: args.need_text("text")?,
        }),
        "messages.read" => Command::Message(MessageCommand::Read {
            session: args.need_id("session")?,
            up_to: args.need_id("upTo")?,
        }),
        "messages.retry" => Command::Message(MessageCommand::Retry(args.need_id("message")?)),
        "deliveries.replay" => Command::Replay(replay(args, now)?),
        "contacts.forget" => Command::Forget(args.need_id("contact")?),
        _ => return Ok(None),
    };
    Ok(Some(command))
}

fn transfer(args: &Args) -> Result<SessionCommand, Rejection> {
    let session = args.need_id("session")?;
    let to = args.parsed("to", "must be a user's id")?;
    let queue = args.flag("queue")?.unwrap_or(false);
    if to.is_some() == queue {
        let words = "exactly one of to and queue: true is required";
        return Err(wrong("to", words));
    }
    let note = args.text("note")?.filter(|note| !note.is_empty());
    Ok(SessionCommand::Transfer { session, to, note })
}

fn person(args: &Args) -> Result<Person, Rejection> {
    let contact: Option<ContactId> = args.id("contact")?;
    let (chat, user) = (args.text("externalChatId")?, args.text("externalUserId")?);
    match (contact, chat, user) {
        (Some(contact), None, None) => Ok(Person::Contact(contact)),
        (None, None, None) => Err(wrong(
            "contact",
            "is required, or externalChatId and externalUserId",
        )),
        (None, chat, user) => Ok(Person::External {
            chat: need("externalChatId", chat)?,
            user: need("externalUserId", user)?,
        }),
        (Some(_), _, _) => Err(wrong(
            "contact",
            "stands alone: externalChatId and externalUserId name somebody else",
        )),
    }
}

fn replay(args: &Args, now: Timestamp) -> Result<Replay, Rejection> {
    match (args.id("message")?, args.id("channel")?) {
        (Some(message), None) => Ok(Replay::Message(message)),
        (None, Some(channel)) => {
            let since = need("since", args.time("since", now)?)?;
            Ok(Replay::Since(channel, since))
        }
        _ => Err(wrong(
            "message",
            "exactly one of message and channel with since is required",
        )),
    }
}
