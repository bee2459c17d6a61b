//! Resolves names of live chats and channels to ids.

use serde_json::{Value, json};

use super::args::Given;
use super::sign_in::Caller;
use super::table::Named;
use crate::exit::{Exit, Failure, Result};

/// Replaces the names in a request by ids.
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

/// Returns an id unchanged, or the id of the only thing with this name.
pub(crate) async fn id_of(caller: &Caller, named: Named, text: &str) -> Result<String> {
    if text.parse::<chat::id::LiveChatId>().is_ok() {
        return Ok(text.to_owned());
    }
    let ok = caller.call(named.method(), &json!({})).await?;
    let ids = matching(&ok, named, text);
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        [] => {
            let message = format!("no {} {text:?} that you may read", named.noun());
            Err(Failure::message(Exit::Failure, message))
        }
        _ => {
            let message = format!(
                "several {}s have the name {text:?}; give one of the ids {}",
                named.noun(),
                ids.join(", ")
            );
            Err(Failure::message(Exit::Failure, message))
        }
    }
}

/// The ids of the things with this name.
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
