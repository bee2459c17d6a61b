//! Resolves names of live chats and channels to ids.

use chat::api::{Method, Parameter};
use serde_json::{Map, Value, json};

use super::sign_in::Caller;
use crate::exit::{Exit, Failure, Result};
use crate::settings::nearest::nearest;

/// A thing that can be given by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A live chat.
    LiveChat,
    /// A channel.
    Channel,
}

impl Named {
    /// The thing whose id a parameter has, if it can be given by name.
    pub(super) fn of(parameter: &Parameter) -> Option<Self> {
        match parameter.name {
            "liveChat" => Some(Self::LiveChat),
            "channel" => Some(Self::Channel),
            _ => None,
        }
    }

    /// The method that lists these things, the name of the list in its answer, and the noun.
    const fn list(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::LiveChat => ("live-chats.list", "liveChats", "live chat"),
            Self::Channel => ("channels.list", "channels", "channel"),
        }
    }
}

/// Replaces the names in a request by ids.
pub(super) async fn names_to_ids(
    caller: &Caller,
    method: &Method,
    members: &mut Map<String, Value>,
) -> Result {
    for parameter in method.parameters {
        if let Some(named) = Named::of(parameter)
            && let Some(Value::String(text)) = members.get_mut(parameter.name)
        {
            *text = id_of(caller, named, text).await?;
        }
    }
    Ok(())
}

/// Returns an id unchanged, or the id of the only thing with this name.
pub(crate) async fn id_of(caller: &Caller, named: Named, text: &str) -> Result<String> {
    if text.parse::<chat::id::LiveChatId>().is_ok() {
        return Ok(text.to_owned());
    }
    let (method, list, noun) = named.list();
    let ok = caller.call(method, &json!({})).await?;
    let ids = matching(&ok, list, text);
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        [] => {
            let similar = similar(&ok, list, text);
            let similar = similar.map(|name| format!(" (did you mean {name:?}?)"));
            let similar = similar.unwrap_or_default();
            let message = format!("no {noun} {text:?} that you may read{similar}");
            Err(Failure::message(Exit::Failure, message))
        }
        _ => {
            let message = format!(
                "several {noun}s have the name {text:?}; give one of the ids {}",
                ids.join(", ")
            );
            Err(Failure::message(Exit::Failure, message))
        }
    }
}

/// The name of the thing whose name is most similar.
fn similar<'a>(ok: &'a Value, list: &str, name: &str) -> Option<&'a str> {
    let list = ok.get(list).and_then(Value::as_array);
    let names = list
        .into_iter()
        .flatten()
        .filter_map(|one| one.get("name")?.as_str());
    nearest(name, names)
}

/// The ids of the things with this name.
fn matching(ok: &Value, list: &str, name: &str) -> Vec<String> {
    let text = |one: &Value, member: &str| Some(one.get(member)?.as_str()?.to_owned());
    let list = ok.get(list).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter(|one| text(one, "name").as_deref() == Some(name))
        .filter(|one| text(one, "status").as_deref() != Some("deleted"))
        .filter_map(|one| text(one, "id"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_name_has_a_suggestion() {
        let ok = json!({ "channels": [{ "name": "Telegram" }, { "name": "Web shop" }] });
        assert_eq!(similar(&ok, "channels", "Telegramm"), Some("Telegram"));
        assert_eq!(similar(&ok, "channels", "web shop"), Some("Web shop"));
        assert_eq!(similar(&ok, "channels", "Instagram direct"), None);
    }
}
