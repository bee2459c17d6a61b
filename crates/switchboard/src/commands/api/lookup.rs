//! Names of live chats and channels, in the place of their ids.

use serde_json::{Value, json};

use super::Given;
use super::sign_in::Caller;
use crate::exit::{Exit, Failure, Result};

/// What can be meant by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// A live chat.
    LiveChat,
    /// A channel.
    Channel,
}

impl Named {
    const fn method(self) -> &'static str {
        match self {
            Self::LiveChat => "live-chats.list",
            Self::Channel => "channels.list",
        }
    }

    const fn plural(self) -> &'static str {
        match self {
            Self::LiveChat => "liveChats",
            Self::Channel => "channels",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::LiveChat => "live chat",
            Self::Channel => "channel",
        }
    }
}

/// The request's members, with an id wherever a name was given.
pub(super) async fn names_to_ids(caller: &Caller, given: Given) -> Result<Value> {
    let mut members = given.members;
    for (member, named) in given.names {
        let Some(Value::String(text)) = members.get(member).cloned() else {
            continue;
        };
        let id = id_of(caller, named, &text).await?;
        members.insert(member.to_owned(), id.into());
    }
    Ok(Value::Object(members))
}

/// An id as it is, or the id of the one thing that has this name.
pub(crate) async fn id_of(caller: &Caller, named: Named, text: &str) -> Result<String> {
    if text.parse::<chat::id::LiveChatId>().is_ok() {
        return Ok(text.to_owned());
    }
    let ok = caller.ask(named.method(), &json!({})).await?;
    let ids = matching(&ok, named, text);
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        [] => {
            let words = format!("there is no {} {text:?} that you may see", named.words());
            Err(Failure::say(Exit::Failure, words))
        }
        _ => {
            let words = format!(
                "several {}s are called {text:?}; give one of the ids {}",
                named.words(),
                ids.join(", ")
            );
            Err(Failure::say(Exit::Failure, words))
        }
    }
}

/// The ids of those that have the name.
fn matching(ok: &Value, named: Named, name: &str) -> Vec<String> {
    let text = |one: &Value, member: &str| Some(one.get(member)?.as_str()?.to_owned());
    let list = ok.get(named.plural()).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter(|one| text(one, "name").as_deref() == Some(name))
        .filter(|one| text(one, "status").as_deref() != Some("deleted"))
        .filter_map(|one| text(one, "id"))
        .collect()
}
