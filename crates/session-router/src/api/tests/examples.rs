//! Requests built from the table.

use chat::api::{Kind, Method, Parameter, Presence};
use serde_json::{Value, json};

use super::ID;

/// Requests that together have every parameter of a method.
pub(super) fn examples(method: &Method) -> Vec<Value> {
    let mut examples = vec![example(method, 1), example(method, 2)];
    examples.dedup();
    if method.name == "users.update" {
        examples.push(json!({ "login": "bob", "disabled": true }));
    }
    examples
}

/// A request with every parameter, except those of the other alternative.
pub(super) fn example(method: &Method, alternative: u8) -> Value {
    let is_taken = |parameter: &&Parameter| match parameter.presence {
        Presence::Required | Presence::Optional => {
            (method.name, parameter.name) != ("users.update", "disabled")
        }
        Presence::Alternative(number) => number == alternative,
    };
    let taken = method.parameters.iter().filter(is_taken);
    taken.map(|p| (p.name.to_owned(), value(p))).collect()
}

fn value(parameter: &Parameter) -> Value {
    match parameter.kind {
        Kind::Id => json!(ID),
        Kind::Login => json!("bob"),
        Kind::Logins { .. } => json!(["bob"]),
        Kind::Text { .. } | Kind::ExternalId { .. } | Kind::Code { .. } => json!("text"),
        Kind::Url { .. } => json!("http://host/"),
        Kind::Password { .. } => json!("12345678"),
        Kind::Choice(choices) => json!(choices[0]),
        Kind::Choices(choices) => json!(choices),
        Kind::Flag => json!(true),
        Kind::Position | Kind::Limit { .. } => json!(7),
        Kind::Cursor => json!(format!("17.{ID}")),
        Kind::Duration { .. } => json!("24h"),
        Kind::Time => json!("2026-11-22T10:00:00Z"),
        Kind::Stream => json!(format!("channel-{ID}")),
        Kind::Files { .. } => json!([{ "name": "f", "size": 3, "URL": "http://host/f" }]),
    }
}
