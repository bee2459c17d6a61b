//! Replaces ids in an answer by names, for people.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::sign_in::Caller;

/// Members that refer to something that has a name.
const REFERENCES: &[&str] = &[
    "liveChat", "channel", "contact", "author", "stream", "subject",
];
/// The prefixes of [`chat::record::Stream`], of which the rest is an id, and how people read them.
const STREAMS: &[(&str, &str)] = &[
    ("user-", "user "),
    ("livechat-", "live chat "),
    ("channel-", "channel "),
    ("contact-", "contact "),
];
/// The methods that give names, with the list in their answer and the members that refer to it.
const LISTS: &[(&str, &str, &[&str])] = &[
    ("live-chats.list", "liveChats", &["liveChat", "stream"]),
    (
        "channels.list",
        "channels",
        &["channel", "stream", "subject"],
    ),
];
/// The most contacts that are looked up one by one.
const CONTACTS_MAX: usize = 100;

/// Replaces the ids of live chats, channels and contacts in an answer by their names. An id stays if
/// its name cannot be found: names are for reading only, so this does not fail.
pub(super) async fn ids_to_names(caller: &Caller, ok: &mut Value) {
    let mut names = BTreeMap::new();
    collect(ok, &mut names);
    for (method, list, members) in LISTS {
        if !unnamed(ok, members, &names).is_empty()
            && let Ok(answer) = caller.call(method, &json!({})).await
            && let Some(list) = answer.get(list)
        {
            collect(list, &mut names);
        }
    }
    for id in unnamed(ok, &["contact", "author", "stream"], &names)
        .into_iter()
        .take(CONTACTS_MAX)
    {
        if let Ok(answer) = caller.call("contacts.get", &json!({ "contact": id })).await {
            collect(&answer, &mut names);
        }
    }
    replace(ok, &names);
}

/// Collects the names of all objects in an answer.
fn collect(value: &Value, names: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            if let (Some(Value::String(id)), Some(name)) = (object.get("id"), name(object)) {
                names.insert(id.clone(), name);
            }
            object.values().for_each(|member| collect(member, names));
        }
        Value::Array(list) => list.iter().for_each(|one| collect(one, names)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The name of a live chat, a channel or a contact.
fn name(object: &Map<String, Value>) -> Option<String> {
    if object.get("forgotten").is_some() {
        return Some("(forgotten)".to_owned());
    }
    let members = ["name", "username", "phoneNumber", "externalUserId"];
    let mut texts = members.iter().filter_map(|m| object.get(*m)?.as_str());
    texts.find(|text| !text.is_empty()).map(str::to_owned)
}

/// The ids that these members refer to and whose names are unknown.
fn unnamed(ok: &mut Value, members: &[&str], names: &BTreeMap<String, String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each_reference(ok, &mut |member, text| {
        let id = split(member, text).1;
        let is_id = id.parse::<chat::id::ChannelId>().is_ok();
        if members.contains(&member) && is_id && !names.contains_key(id) {
            found.insert(id.to_owned());
        }
    });
    found
}

fn replace(ok: &mut Value, names: &BTreeMap<String, String>) {
    each_reference(ok, &mut |member, text| {
        let (noun, id) = split(member, text);
        *text = format!("{noun}{}", names.get(id).map_or(id, String::as_str));
    });
}

/// Visits the texts of all members in [`REFERENCES`].
fn each_reference(value: &mut Value, visit: &mut impl FnMut(&str, &mut String)) {
    match value {
        Value::Object(object) => {
            for (member, value) in object {
                match value {
                    Value::String(text) if REFERENCES.contains(&member.as_str()) => {
                        visit(member, text);
                    }
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Object(_) => each_reference(value, visit),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|one| each_reference(one, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Splits the name of a stream into the noun and the id. The texts of other members are ids.
fn split<'a>(member: &str, text: &'a str) -> (&'static str, &'a str) {
    if !matches!(member, "stream" | "subject") {
        return ("", text);
    }
    let stream = STREAMS
        .iter()
        .find_map(|(prefix, noun)| Some((*noun, text.strip_prefix(prefix)?)));
    stream.unwrap_or(("", text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_become_the_names_in_the_same_answer() {
        let [chat, channel, ann, bob] =
            [1, 2, 3, 4].map(|n| format!("00000000-0000-7000-8000-00000000000{n}"));
        let mut answer = json!({
            "sessions": [
                { "id": "s", "liveChat": chat, "channel": channel, "contact": ann },
                { "id": "t", "liveChat": chat, "channel": channel, "contact": bob },
            ],
            "contacts": [
                { "id": ann, "username": "Ann" },
                { "id": bob, "externalUserId": "b", "forgotten": "2026-01-01T00:00:00Z" },
            ],
            "audit": [{ "stream": format!("channel-{channel}") }, { "stream": "user-olga" }],
            "messages": [{ "author": "user-1" }],
        });
        let mut names = BTreeMap::new();
        collect(&answer, &mut names);
        let unknown = unnamed(&mut answer, &["liveChat"], &names);
        assert_eq!(unknown, BTreeSet::from([chat.clone()]));
        collect(
            &json!([{ "id": chat, "name": "Sales" }, { "id": channel, "name": "App" }]),
            &mut names,
        );
        assert!(unnamed(&mut answer, REFERENCES, &names).is_empty());
        replace(&mut answer, &names);
        assert_eq!(answer["sessions"][0]["liveChat"], "Sales");
        assert_eq!(answer["sessions"][0]["contact"], "Ann");
        assert_eq!(answer["sessions"][1]["contact"], "(forgotten)");
        assert_eq!(answer["audit"][0]["stream"], "channel App");
        assert_eq!(answer["audit"][1]["stream"], "user olga");
        assert_eq!(answer["messages"][0]["author"], "user-1");
    }
}
