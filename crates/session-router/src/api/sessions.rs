//! `sessions.*` and `contacts.*` that change something.

use chat::command::{Command, Person, SessionCommand};
use chat::id::ContactId;
use chat::rejection::Rejection;

use super::args::{Args, required, wrong};

pub(super) fn read(method: &str, args: &Args) -> Result<Option<Command>, Rejection> {
    let command = match method {
        "sessions.take" => SessionCommand::Take(args.required_id("session")?),
        "sessions.close" => SessionCommand::Close(args.required_id("session")?),
        "sessions.reopen" => SessionCommand::Reopen {
            session: args.required_id("session")?,
            queue: args.flag("queue")?.unwrap_or(false),
        },
        "sessions.transfer" => transfer(args)?,
        "sessions.create" => SessionCommand::Create {
            channel: args.required_id("channel")?,
            person: person(args)?,
            text: args.text("text")?,
        },
        "contacts.forget" => return Ok(Some(Command::Forget(args.required_id("contact")?))),
        _ => return Ok(None),
    };
    Ok(Some(Command::Session(command)))
}

fn transfer(args: &Args) -> Result<SessionCommand, Rejection> {
    let session = args.required_id("session")?;
    let to = args.parsed("to", "must be a user's id")?;
    let queue = args.flag("queue")?.unwrap_or(false);
    if to.is_some() == queue {
        let message = "exactly one of to and queue: true is required";
        return Err(wrong("to", message));
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
            chat: required("externalChatId", chat)?,
            user: required("externalUserId", user)?,
        }),
        (Some(_), _, _) => Err(wrong(
            "contact",
            "cannot be combined with externalChatId and externalUserId",
        )),
    }
}
