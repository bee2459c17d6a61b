//! What a person types, made into requests of the protocol.

use chat::chance::Chance;
use chat::time::Timestamp;
use serde_json::{Map, Value, json};

use super::Args;
use super::outbox::Item;

/// What can be typed.
const HELP: &str = "\
text          say it                     /edit TEXT      change what was said last
/file URL     send a file                /delete         take back what was said last
/typing       be seen writing            /reply TEXT     answer what the operator said last
/read         tell that it was read      /who LOGIN      ask who an operator is
/chat ID      write in another chat      /user ID [NAME] be somebody else
/disconnect   end the connection         /quit           end this program";

/// Who types, and where.
pub(super) struct Composer {
    user: String,
    name: String,
    chat: String,
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
    pub(super) fn new(args: &Args, chance: Chance) -> Self {
        Self {
            user: args.user.clone(),
            name: args.name.clone(),
            chat: args.chat.clone(),
            json: args.json,
            chance,
            last: None,
        }
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
            return self.message(now, |data| {
                data.insert("text".to_owned(), line.into());
            });
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
            ("typing", ..) => Typed::Send(Item::passing(json!({
                "type": "typing",
                "data": { "externalChatId": self.chat, "externalUserId": self.user },
            }))),
            ("chat", id, ..) if !id.is_empty() => {
                id.clone_into(&mut self.chat);
                Typed::Said(format!("writing in {id}"))
            }
            ("user", id, ..) if !id.is_empty() => self.become_user(id),
            ("file", url, ..) if !url.is_empty() => {
                let name = url.rsplit('/').find(|part| !part.is_empty()).unwrap_or(url);
                let files = json!([{ "name": name, "URL": url }]);
                self.message(now, |data| drop(data.insert("files".to_owned(), files)))
            }
            ("edit", text, Some(last), _) if !text.is_empty() => Typed::Send(Item::kept(json!({
                "type": "messageEdited",
                "data": { "externalMessageId": last, "text": text },
            }))),
            ("delete", _, Some(last), _) => Typed::Send(Item::kept(json!({
                "type": "messageDeleted", "data": { "externalMessageId": last },
            }))),
            ("edit" | "delete", _, None, _) => nothing("nothing was said yet"),
            ("reply", text, _, Some(theirs)) if !text.is_empty() => self.message(now, |data| {
                data.insert("text".to_owned(), text.into());
                data.insert("replyTo".to_owned(), theirs.into());
            }),
            ("read", _, _, Some(theirs)) => Typed::Send(Item::kept(json!({
                "type": "messageStatus", "data": { "messageId": theirs, "status": "read" },
            }))),
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
        id.clone_into(&mut self.user);
        name.trim().clone_into(&mut self.name);
        Typed::Said(format!("being {}", self.name))
    }

    fn message(&mut self, now: Timestamp, fill: impl FnOnce(&mut Map<String, Value>)) -> Typed {
        let id = u128::from_be_bytes(self.chance.bytes());
        let id = format!("m-{id:032x}");
        let mut data = Map::new();
        for (name, value) in [
            ("externalMessageId", id.as_str()),
            ("externalChatId", self.chat.as_str()),
            ("externalUserId", self.user.as_str()),
            ("externalChatName", self.name.as_str()),
        ] {
            data.insert(name.to_owned(), value.into());
        }
        data.insert("createdAt".to_owned(), now.to_string().into());
        fill(&mut data);
        self.last = Some(id);
        Typed::Send(Item::kept(json!({ "type": "message", "data": data })))
    }
}
