//! The content of an event as JSON, for the audit trail.

use chat::event::Event;
use chat::record::Record;
use serde_json::{Map, Value};

use crate::sealed_log::SealedLog;

/// Members whose value is replaced by `***`.
const SECRETS: [&str; 3] = ["code", "hash", "passwordHash"];

/// The body of an event with the member names of the console API, without secrets.
pub(crate) fn change(record: &Record, sealed_log: &SealedLog) -> Value {
    let mut data = camel(record.event.to_json());
    if let (Value::Object(members), Some(reason)) = (&mut data, record.event.reason()) {
        members.remove("cause");
        members.insert("reason".to_owned(), reason.object().into());
    }
    if let (Value::Object(members), Event::ReplySaved(e)) = (&mut data, &record.event) {
        let shortcut = sealed_log.open_indexed_with_master_key(&e.shortcut);
        let text = sealed_log.open_with_master_key(&e.text, &record.stream);
        members.insert("shortcut".to_owned(), shortcut.into());
        members.insert("text".to_owned(), text.into());
    }
    data
}

fn camel(value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let members = members.into_iter().filter(|(_, value)| !value.is_null());
    let members = members.map(|(name, value)| {
        let name = camel_name(&name);
        let value = if SECRETS.contains(&name.as_str()) {
            "***".into()
        } else {
            camel(value)
        };
        (name, value)
    });
    Value::Object(members.collect::<Map<_, _>>())
}

/// Turns `live_chat` into `liveChat`.
fn camel_name(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let initial = letters.next().map(|c| c.to_ascii_uppercase());
        name + &initial.into_iter().collect::<String>() + letters.as_str()
    })
}
