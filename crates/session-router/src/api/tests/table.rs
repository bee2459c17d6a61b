//! Every method with everything that it takes, and which of that it cannot do without.

use serde_json::{Value, json};

use super::ID;

/// Method, members, and the required ones.
type Row = (&'static str, Value, &'static [&'static str]);

/// In the order of the specification.
pub(super) fn table() -> Vec<Row> {
    [fixture(), people(), desk(), records()].concat()
}

/// What administrators do.
fn fixture() -> Vec<Row> {
    let page = json!({ "before": ID, "limit": 3 });
    let channel = json!({ "channel": ID });
    vec![
        ("me", json!({}), &[]),
        ("live-chats.list", page.clone(), &[]),
        (
            "live-chats.create",
            json!({ "name": "Sales", "users": ["ann"] }),
            &["name"],
        ),
        (
            "live-chats.rename",
            json!({ "liveChat": ID, "name": "S" }),
            &["liveChat", "name"],
        ),
        (
            "live-chats.delete",
            json!({ "liveChat": ID, "force": true }),
            &["liveChat"],
        ),
        (
            "live-chats.members",
            json!({ "liveChat": ID, "users": [] }),
            &["liveChat", "users"],
        ),
        (
            "channels.list",
            json!({ "liveChat": ID, "before": ID, "limit": 1 }),
            &[],
        ),
        ("channels.get", channel.clone(), &["channel"]),
        (
            "channels.connect",
            json!({
                "liveChat": ID, "name": "Demo", "webhook": "http://h/", "code": "",
                "security": "open", "dialect": "brix", "operatorInitiated": true,
            }),
            &["liveChat", "name", "webhook", "code"],
        ),
        ("channels.disconnect", channel.clone(), &["channel"]),
        ("channels.reconnect", channel.clone(), &["channel"]),
        (
            "channels.rename",
            json!({ "channel": ID, "name": "D" }),
            &["channel", "name"],
        ),
        ("channels.delete", channel.clone(), &["channel"]),
        (
            "channels.update",
            json!({
                "channel": ID, "webhook": "http://h/", "security": "signed",
                "dialect": "native", "operatorInitiated": false,
            }),
            &["channel"],
        ),
        (
            "channels.rotate",
            json!({ "channel": ID, "code": "c", "overlap": "24h" }),
            &["channel", "code"],
        ),
        ("channels.test", channel.clone(), &["channel"]),
    ]
}

/// What they do with people.
fn people() -> Vec<Row> {
    vec![
        ("users.list", json!({ "before": "ann", "limit": 3 }), &[]),
        (
            "users.create",
            json!({ "login": "bob", "name": "Bob", "groups": ["readers"], "password": "12345678" }),
            &["login", "password"],
        ),
        (
            "users.update",
            json!({ "login": "bob", "name": "B", "groups": [], "password": "12345678" }),
            &["login"],
        ),
        (
            "users.disable",
            json!({ "login": "bob", "disabled": false }),
            &["login"],
        ),
        ("users.token", json!({ "login": "bob" }), &[]),
    ]
}

/// What operators do.
fn desk() -> Vec<Row> {
    let session = json!({ "session": ID });
    vec![
        (
            "sessions.list",
            json!({
                "view": "mine", "liveChat": ID, "text": "x",
                "before": format!("17.{ID}"), "limit": 7,
            }),
            &[],
        ),
        ("sessions.get", session.clone(), &["session"]),
        (
            "sessions.history",
            json!({ "session": ID, "before": 7, "limit": 500 }),
            &["session"],
        ),
        ("sessions.take", session.clone(), &["session"]),
        (
            "sessions.transfer",
            json!({ "session": ID, "to": "bob", "note": "n" }),
            &["session", "to"],
        ),
        ("sessions.close", session.clone(), &["session"]),
        (
            "sessions.create",
            json!({ "channel": ID, "contact": ID, "text": "t" }),
            &["channel", "contact"],
        ),
        (
            "messages.send",
            json!({
                "session": ID, "text": "t", "replyTo": ID,
                "files": [{ "name": "f", "size": 3, "URL": "http://h/f" }],
            }),
            &["session"],
        ),
        (
            "messages.note",
            json!({ "session": ID, "text": "t" }),
            &["session", "text"],
        ),
        (
            "messages.read",
            json!({ "session": ID, "upTo": ID }),
            &["session", "upTo"],
        ),
        ("messages.retry", json!({ "message": ID }), &["message"]),
        ("typing", session.clone(), &["session"]),
        ("viewing", session, &["session"]),
    ]
}

/// What is kept and looked up.
fn records() -> Vec<Row> {
    vec![
        (
            "replies.list",
            json!({ "liveChat": ID, "before": ID, "limit": 1 }),
            &["liveChat"],
        ),
        (
            "replies.create",
            json!({ "liveChat": ID, "shortcut": "s", "text": "t" }),
            &["liveChat", "shortcut", "text"],
        ),
        (
            "replies.update",
            json!({ "liveChat": ID, "reply": ID, "shortcut": "s", "text": "t" }),
            &["liveChat", "reply"],
        ),
        (
            "replies.delete",
            json!({ "liveChat": ID, "reply": ID }),
            &["liveChat", "reply"],
        ),
        (
            "audit.list",
            json!({ "user": "ann", "stream": format!("channel-{ID}"), "before": "7", "limit": 1 }),
            &[],
        ),
        (
            "deliveries.list",
            json!({ "channel": ID, "message": ID, "state": "failed", "before": 7, "limit": 1 }),
            &[],
        ),
        (
            "deliveries.replay",
            json!({ "channel": ID, "since": "2026-11-22T10:00:00Z" }),
            &["channel", "since"],
        ),
        (
            "contacts.list",
            json!({ "channel": ID, "text": "x", "before": ID, "limit": 1 }),
            &[],
        ),
        ("contacts.get", json!({ "contact": ID }), &["contact"]),
        ("contacts.forget", json!({ "contact": ID }), &["contact"]),
        (
            "events.after",
            json!({ "position": 0, "limit": 1, "liveChat": ID }),
            &["position"],
        ),
    ]
}
