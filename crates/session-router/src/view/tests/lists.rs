//! Lists: their order, their limits, and who sees what.

use serde_json::{Value, json};

use super::shell::{Shell, text};
use super::{check, fixture, profile, talk};

#[test]
fn me_shows_the_caller_and_their_live_chats() {
    let (mut shell, live_chat, _) = fixture();
    shell.live_chat("Support", &["eve"]);
    let me = shell.ok("ann", "me", &json!({}));
    assert_eq!((&me["id"], &me["name"]), (&json!("ann"), &json!("ann")));
    assert_eq!(me["groups"], json!(["operators"]));
    assert_eq!(me["liveChats"].as_array().unwrap().len(), 1);
    assert_eq!(me["liveChats"][0]["id"], live_chat);
    check("liveChat", &me["liveChats"][0]);
    assert!(me.get("publicUrl").is_none());
    let administrator = shell.ok("root", "me", &json!({}));
    assert_eq!(administrator["publicUrl"], "https://chat.example");
    assert_eq!(me["position"], shell.workspace().position);
    let supervisor = shell.ok("sue", "me", &json!({}));
    assert_eq!(supervisor["liveChats"].as_array().unwrap().len(), 2);
}

#[test]
fn lists_have_what_the_caller_may_see_and_only_administrators_list_users() {
    let (mut shell, live_chat, channel) = fixture();
    let other = shell.live_chat("Support", &["eve"]);
    shell.channel(&other, "https://other.example/");
    let all = shell.list("sue", "channels.list", &json!({}), "channels");
    assert_eq!(all.len(), 2);
    let mine = shell.list("ann", "channels.list", &json!({}), "channels");
    assert_eq!((mine.len(), text(&mine[0]["id"])), (1, channel.to_string()));
    assert_eq!(mine[0]["webhook"], "https://messenger.example");
    let whole = shell.ok("root", "channels.get", &json!({ "channel": channel }));
    let webhook = "https://messenger.example/hook?key=hidden";
    assert_eq!(whole["channel"]["webhook"], webhook);
    assert!(!whole.to_string().contains("secret code"));
    let hidden = shell.refusal("ann", "channels.list", &json!({ "liveChat": other }));
    assert_eq!(hidden, "forbidden");
    let chats = shell.list("ann", "live-chats.list", &json!({}), "liveChats");
    assert_eq!((chats.len(), text(&chats[0]["id"])), (1, live_chat));
    let users = shell.pages("root", "users.list", &json!({ "limit": 1 }), "users");
    let logins: Vec<_> = users.iter().map(|u| text(&u["id"])).collect();
    assert_eq!(logins, ["ann", "eve", "root", "sue"]);
    assert_eq!(shell.refusal("sue", "users.list", &json!({})), "forbidden");
}

#[test]
fn sessions_are_listed_newest_first_in_pages_and_can_be_searched() {
    let (mut shell, live_chat, channel) = fixture();
    for i in 0..7 {
        let (chat, user) = (format!("chat-{i}"), format!("u{i}"));
        shell.writes(channel, &chat, &user, &format!("word{i} Über"));
    }
    let queue = json!({ "view": "queue", "limit": 3 });
    let all = shell.pages("ann", "sessions.list", &queue, "sessions");
    let chats: Vec<_> = all.iter().map(|s| text(&s["externalChatId"])).collect();
    let wanted: Vec<_> = (0..7).rev().map(|i| format!("chat-{i}")).collect();
    assert_eq!(chats, wanted);
    for session in &all {
        check("session", session);
    }
    let first = all[0]["id"].clone();
    shell.ok("ann", "sessions.take", &json!({ "session": first }));
    profile(&mut shell, &text(&first));
    let search = |shell: &mut Shell, view: &str, text: &str| {
        let body = json!({ "view": view, "text": text, "limit": 2 });
        shell.pages("ann", "sessions.list", &body, "sessions").len()
    };
    assert_eq!(search(&mut shell, "mine", "anna PERSON"), 1);
    assert_eq!(search(&mut shell, "active", "+1 555"), 1);
    assert_eq!(search(&mut shell, "queue", "anna"), 0);
    assert_eq!(search(&mut shell, "queue", "WORD3"), 1);
    assert_eq!(search(&mut shell, "queue", "über"), 6);
    assert_eq!(search(&mut shell, "queue", "ＵBER"), 6);
    assert_eq!(
        search(&mut shell, "queue", "\u{301}"),
        6,
        "nothing is searched"
    );
    let found = json!({ "text": "Änna" });
    let contacts = shell.list("ann", "contacts.list", &found, "contacts");
    assert_eq!(contacts.len(), 1);
    assert_eq!(search(&mut shell, "queue", "the chat"), 6);
    let mine = json!({ "view": "mine", "liveChat": live_chat });
    let ok = shell.ok("ann", "sessions.list", &mine);
    let counts = json!({ "queue": 6, "active": 1, "mine": 1, "unread": 1 });
    assert_eq!(ok["counts"], counts);
    assert_eq!(ok["contacts"][0]["username"], "Anna Person");
    assert!(ok["contacts"][0]["avatar"].is_null());
    let eve = shell.ok("eve", "sessions.list", &json!({}));
    assert_eq!((&eve["sessions"], &eve["next"]), (&json!([]), &Value::Null));
    let refused = shell.refusal("eve", "sessions.list", &json!({ "liveChat": live_chat }));
    assert_eq!(refused, "forbidden");
}

#[test]
fn contacts_are_listed_newest_first_and_can_be_searched() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    profile(&mut shell, &session);
    for i in 2..6 {
        shell.writes(channel, &format!("c{i}"), &format!("u{i}"), "hello");
    }
    let all = shell.pages("ann", "contacts.list", &json!({ "limit": 2 }), "contacts");
    let users: Vec<_> = all.iter().map(|c| text(&c["externalUserId"])).collect();
    assert_eq!(users, ["u5", "u4", "u3", "u2", "u1"]);
    for contact in &all {
        check("contact", contact);
    }
    let body = json!({ "text": "PERSON", "channel": channel });
    let found = shell.pages("ann", "contacts.list", &body, "contacts");
    assert_eq!(found.len(), 1);
    let contact = found[0]["id"].clone();
    let contact = json!({ "contact": contact });
    let whole = shell.ok("ann", "contacts.get", &contact);
    assert!(whole["contact"]["avatar"].is_string());
    let none = shell.list("eve", "contacts.list", &json!({}), "contacts");
    assert_eq!(none, [] as [Value; 0]);
    assert_eq!(shell.refusal("eve", "contacts.get", &contact), "forbidden");
}

#[test]
fn the_audit_trail_shows_who_did_what_without_secrets() {
    let (mut shell, live_chat, channel) = fixture();
    let rotate = json!({ "channel": channel, "code": "another code" });
    shell.ok("root", "channels.rotate", &rotate);
    shell.ok(
        "root",
        "users.token",
        &json!({ "login": "ann", "name": "CI" }),
    );
    let revoke = json!({ "login": "ann", "all": true });
    shell.ok("root", "users.token-revoke", &revoke);
    let all = shell.pages("root", "audit.list", &json!({ "limit": 2 }), "audit");
    let kinds: Vec<_> = all.iter().map(|e| text(&e["event"])).collect();
    assert_eq!(kinds[..2], ["token-revoked", "token-issued"]);
    let [revoked, issued] = [&all[0]["data"], &all[1]["data"]];
    assert_eq!(*revoked, json!({ "token": issued["token"], "name": "CI" }));
    assert_eq!(
        (&issued["name"], &issued["hash"]),
        (&json!("CI"), &json!("***"))
    );
    assert_eq!(kinds.last().map(String::as_str), Some("user-created"));
    let mut events = all.iter();
    let created = events.find(|e| e["event"] == "channel-created").unwrap();
    assert_eq!(created["user"], "root");
    assert_eq!(created["stream"], format!("channel-{channel}"));
    assert_eq!(created["data"]["liveChat"], live_chat);
    let shown = json!(all).to_string();
    for secret in [
        "secret code",
        "another code",
        "hash of a token",
        "sealed",
        "argon2",
    ] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let body = json!({ "stream": "user-ann", "limit": 1 });
    assert_eq!(shell.pages("root", "audit.list", &body, "audit").len(), 3);
    let by_sue = shell.pages("root", "audit.list", &json!({ "user": "sue" }), "audit");
    assert_eq!(by_sue, [] as [Value; 0]);
    assert_eq!(shell.refusal("sue", "audit.list", &json!({})), "forbidden");
}
