//! Turns what a person does into requests of the protocol.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::outbox::Item;
use crate::people::Person;

/// The longest text of a message that Switchboard accepts, in characters.
pub(crate) const TEXT_CHARS_MAX: usize = 10_000;

const HELP: &str = "\
text          send a message             /edit TEXT      edit your last message
/file URL     send a file                /delete         delete your last message
/typing       send a typing signal       /reply TEXT     reply to the operator's last message
/read         mark it as read            /who LOGIN      ask for an operator's profile
/chat ID      write in another chat      /user ID [NAME] write as another person
/disconnect   disconnect the channel     /quit           end this program";

/// The current person and chat of a terminal or a page.
pub(crate) struct Composer {
    person: Person,
    /// Whether a line that is a JSON object is sent unchanged.
    json: bool,
    /// The `externalMessageId` of the person's last message.
    last: Option<String>,
}

/// The meaning of a typed line.
#[derive(Debug)]
pub(crate) enum Input {
    /// An empty line.
    Empty,
    /// A text to show to the person.
    Note(String),
    /// A request to send.
    Send(Item),
    /// The end of the program.
    Quit,
}

impl Composer {
    pub(crate) fn new(person: Person, json: bool) -> Self {
        Self {
            person,
            json,
            last: None,
        }
    }

    /// The id of the current person.
    pub(crate) fn user(&self) -> &str {
        &self.person.user
    }

    /// Reads a line; `theirs` is the id of the operator's last message.
    pub(crate) fn read(&mut self, line: &str, theirs: Option<String>, now: Timestamp) -> Input {
        if line.is_empty() {
            return Input::Empty;
        }
        if self.json && line.starts_with('{') {
            return match serde_json::from_str(line) {
                Ok(body @ Value::Object(_)) => Input::Send(Item::kept(body)),
                _ => Input::Note("the line is not a JSON object".to_owned()),
            };
        }
        let Some(command) = line.strip_prefix('/') else {
            return Input::Send(self.text(line, None, now));
        };
        let (command, rest) = command.split_once(' ').unwrap_or((command, ""));
        self.command(command, rest.trim(), theirs, now)
    }

    fn command(
        &mut self,
        command: &str,
        rest: &str,
        theirs: Option<String>,
        now: Timestamp,
    ) -> Input {
        let wrong = |what: &str| Input::Note(format!("{what}; see /help"));
        match (command, rest, self.last.clone(), theirs) {
            ("quit" | "exit", ..) => Input::Quit,
            ("disconnect", ..) => Input::Send(Item::once(json!({ "type": "disconnect" }))),
            ("typing", ..) => Input::Send(self.typing()),
            ("chat", id, ..) if !id.is_empty() => {
                id.clone_into(&mut self.person.chat);
                Input::Note(format!("writing in {id}"))
            }
            ("user", id, ..) if !id.is_empty() => self.switch_user(id),
            ("file", url, ..) if !url.is_empty() => Input::Send(self.file(url, now)),
            ("edit", text, Some(last), _) if !text.is_empty() => Input::Send(edit(&last, text)),
            ("delete", _, Some(last), _) => Input::Send(delete(&last)),
            ("edit" | "delete", _, None, _) => wrong("you have not sent a message yet"),
            ("reply", text, _, Some(theirs)) if !text.is_empty() => {
                Input::Send(self.text(text, Some(&theirs), now))
            }
            ("read", _, _, Some(theirs)) => Input::Send(mark_read(&theirs)),
            ("reply" | "read", _, _, None) => wrong("no operator has sent a message yet"),
            ("who", login, ..) if !login.is_empty() => Input::Send(Item::once(json!({
                "type": "userInfo", "data": { "userId": login },
            }))),
            ("help", ..) => Input::Note(HELP.to_owned()),
            ("chat" | "user" | "file" | "edit" | "reply" | "who", "", ..) => {
                wrong(&format!("/{command} needs an argument"))
            }
            _ => wrong(&format!("unknown command /{command}")),
        }
    }

    fn switch_user(&mut self, rest: &str) -> Input {
        let (id, name) = rest.split_once(' ').unwrap_or((rest, rest));
        self.person = Person::unknown(id, name.trim(), &self.person.chat);
        Input::Note(format!("writing as {}", self.person.name))
    }

    /// A text message, optionally a reply.
    pub(crate) fn text(&mut self, text: &str, reply_to: Option<&str>, now: Timestamp) -> Item {
        self.message(now, |data| {
            data.insert("text".to_owned(), text.into());
            if let Some(id) = reply_to {
                data.insert("replyTo".to_owned(), id.into());
            }
        })
    }

    /// A file, named after the last segment of its URL.
    pub(crate) fn file(&mut self, url: &str, now: Timestamp) -> Item {
        let name = url.rsplit('/').find(|part| !part.is_empty()).unwrap_or(url);
        let files = json!([{ "name": name, "URL": url }]);
        self.message(now, |data| drop(data.insert("files".to_owned(), files)))
    }

    /// A typing signal.
    pub(crate) fn typing(&self) -> Item {
        let Person { user, chat, .. } = &self.person;
        Item::once(json!({
            "type": "typing", "data": { "externalChatId": chat, "externalUserId": user },
        }))
    }

    fn message(&mut self, now: Timestamp, fill: impl FnOnce(&mut Map<String, Value>)) -> Item {
        let id = format!("m-{}", Uuid::now_v7().simple());
        let mut data = Map::new();
        for (name, value) in [
            ("externalMessageId", id.as_str()),
            ("externalChatId", self.person.chat.as_str()),
            ("externalUserId", self.person.user.as_str()),
            ("externalChatName", self.person.name.as_str()),
        ] {
            data.insert(name.to_owned(), value.into());
        }
        data.insert("createdAt".to_owned(), format!("{now:.6}").into());
        fill(&mut data);
        self.last = Some(id);
        Item::kept(json!({ "type": "message", "data": data }))
    }
}

/// A new text for a message.
pub(crate) fn edit(id: &str, text: &str) -> Item {
    let data = json!({ "externalMessageId": id, "text": text });
    Item::kept(json!({ "type": "messageEdited", "data": data }))
}

/// The deletion of a message.
pub(crate) fn delete(id: &str) -> Item {
    let data = json!({ "externalMessageId": id });
    Item::kept(json!({ "type": "messageDeleted", "data": data }))
}

/// A read receipt for an operator's message.
pub(crate) fn mark_read(id: &str) -> Item {
    let data = json!({ "messageId": id, "status": "read" });
    Item::kept(json!({ "type": "messageStatus", "data": data }))
}
