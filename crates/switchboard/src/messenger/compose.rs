//! What a person does, made into requests of the protocol.

use chat::chance::Chance;
use chat::time::Timestamp;
use serde_json::{Map, Value, json};

use super::outbox::Item;
use super::people::Person;

/// What can be typed.
const HELP: &str = "\
text          say it                     /edit TEXT      change what was said last
/file URL     send a file                /delete         take back what was said last
/typing       be seen writing            /reply TEXT     answer what the operator said last
/read         tell that it was read      /who LOGIN      ask who an operator is
/chat ID      write in another chat      /user ID [NAME] be somebody else
/disconnect   end the connection         /quit           end this program";

/// Who writes, and where.
pub(super) struct Composer {
    person: Person,
    /// Whether a line may be a request as it is.
    json: bool,
    chance: Chance,
    /// The `externalMessageId` of what was said last.
    last: Option<String>,
}

/// What a line means.
#[derive(Debug)]
pub(super) enum Typed {
    /// An empty line.
    Nothing,
    /// Words back to whoever types.
    Said(String),
    /// A request.
    Send(Item),
    /// Enough.
    Quit,
}

impl Composer {
    pub(super) fn new(person: Person, json: bool, chance: Chance) -> Self {
        Self {
            person,
            json,
            chance,
            last: None,
        }
    }

    /// The id of whoever writes.
    pub(super) fn user(&self) -> &str {
        &self.person.user
    }

    /// Takes in a line; `theirs` is the id of the message that an operator sent last.
    pub(super) fn typed(&mut self, line: &str, theirs: Option<String>, now: Timestamp) -> Typed {
        if line.is_empty() {
            return Typed::Nothing;
        }
        if self.json && line.starts_with('{') {
            return match serde_json::from_str(line) {
                Ok(body @ Value::Object(_)) => Typed::Send(Item::kept(body)),
                _ => Typed::Said("that is no JSON object".to_owned()),
            };
        }
        let Some(command) = line.strip_prefix('/') else {
            return Typed::Send(self.says(line, None, now));
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
    ) -> Typed {
        let nothing = |what: &str| Typed::Said(format!("{what}; see /help"));
        match (command, rest, self.last.clone(), theirs) {
            ("quit" | "exit", ..) => Typed::Quit,
            ("disconnect", ..) => Typed::Send(Item::passing(json!({ "type": "disconnect" }))),
            ("typing", ..) => Typed::Send(self.types()),
            ("chat", id, ..) if !id.is_empty() => {
                id.clone_into(&mut self.person.chat);
                Typed::Said(format!("writing in {id}"))
            }
            ("user", id, ..) if !id.is_empty() => self.become_user(id),
            ("file", url, ..) if !url.is_empty() => Typed::Send(self.sends_file(url, now)),
            ("edit", text, Some(last), _) if !text.is_empty() => Typed::Send(edits(&last, text)),
            ("delete", _, Some(last), _) => Typed::Send(deletes(&last)),
            ("edit" | "delete", _, None, _) => nothing("nothing was said yet"),
            ("reply", text, _, Some(theirs)) if !text.is_empty() => {
                Typed::Send(self.says(text, Some(&theirs), now))
            }
            ("read", _, _, Some(theirs)) => Typed::Send(reads(&theirs)),
            ("reply" | "read", _, _, None) => nothing("no operator said anything yet"),
            ("who", login, ..) if !login.is_empty() => Typed::Send(Item::passing(json!({
                "type": "userInfo", "data": { "userId": login },
            }))),
            ("help", ..) => Typed::Said(HELP.to_owned()),
            ("chat" | "user" | "file" | "edit" | "reply" | "who", "", ..) => {
                nothing(&format!("/{command} wants something behind it"))
            }
            _ => nothing(&format!("there is no /{command}")),
        }
    }

    fn become_user(&mut self, rest: &str) -> Typed {
        let (id, name) = rest.split_once(' ').unwrap_or((rest, rest));
        self.person = Person::unknown(id, name.trim(), &self.person.chat);
        Typed::Said(format!("being {}", self.person.name))
    }

    /// A text, perhaps in answer to a message.
    pub(super) fn says(&mut self, text: &str, reply_to: Option<&str>, now: Timestamp) -> Item {
        self.message(now, |data| {
            data.insert("text".to_owned(), text.into());
            if let Some(id) = reply_to {
                data.insert("replyTo".to_owned(), id.into());
            }
        })
    }

    /// A file, named by the end of its URL.
    pub(super) fn sends_file(&mut self, url: &str, now: Timestamp) -> Item {
        let name = url.rsplit('/').find(|part| !part.is_empty()).unwrap_or(url);
        let files = json!([{ "name": name, "URL": url }]);
        self.message(now, |data| drop(data.insert("files".to_owned(), files)))
    }

    /// Being at it.
    pub(super) fn types(&self) -> Item {
        let Person { user, chat, .. } = &self.person;
        Item::passing(json!({
            "type": "typing", "data": { "externalChatId": chat, "externalUserId": user },
        }))
    }

    fn message(&mut self, now: Timestamp, fill: impl FnOnce(&mut Map<String, Value>)) -> Item {
        let id = u128::from_be_bytes(self.chance.bytes());
        let id = format!("m-{id:032x}");
        let mut data = Map::new();
        for (name, value) in [
            ("externalMessageId", id.as_str()),
            ("externalChatId", self.person.chat.as_str()),
            ("externalUserId", self.person.user.as_str()),
            ("externalChatName", self.person.name.as_str()),
        ] {
            data.insert(name.to_owned(), value.into());
        }
        data.insert("createdAt".to_owned(), now.to_string().into());
        fill(&mut data);
        self.last = Some(id);
        Item::kept(json!({ "type": "message", "data": data }))
    }
}

/// Other words for what was said.
pub(super) fn edits(id: &str, text: &str) -> Item {
    let data = json!({ "externalMessageId": id, "text": text });
    Item::kept(json!({ "type": "messageEdited", "data": data }))
}

/// Taking back what was said.
pub(super) fn deletes(id: &str) -> Item {
    let data = json!({ "externalMessageId": id });
    Item::kept(json!({ "type": "messageDeleted", "data": data }))
}

/// Having read what an operator wrote.
pub(super) fn reads(id: &str) -> Item {
    let data = json!({ "messageId": id, "status": "read" });
    Item::kept(json!({ "type": "messageStatus", "data": data }))
}
