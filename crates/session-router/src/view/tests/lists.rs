//! Pages: their order, their bounds, and who sees them.

use serde_json::{Value, json};

use super::shell::{Shell, text};
use super::{answered, attempt, check, fixture, history, profile, talk};

fn list(shell: &mut Shell, user: &str, method: &str, body: &Value, name: &str) -> Vec<Value> {
    let ok = shell.ok(user, method, body);
    ok[name]
        .as_array()
        .unwrap_or_else(|| panic!("{ok}"))
        .clone()
}

/// Every page of a list, one by one.
fn pages(shell: &mut Shell, user: &str, method: &str, body: &Value, name: &str) -> Vec<Value> {
    let (mut all, mut body) = (Vec::new(), body.clone());
    for _ in 0..100 {
        let ok = shell.ok(user, method, &body);
        assert!(ok.to_string().len() < 1_000_000);
        all.extend(ok[name].as_array().unwrap().clone());
        if ok["next"].is_null() {
            return all;
        }
        body["before"] = ok["next"].clone();
    }
    panic!("{method} has no end");
}

#[test]
fn me_is_who_i_am_and_what_i_see() {
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
    assert_eq!(me["position"], shell.workspace.position);
    assert_eq!(
        shell.ok("sue", "me", &json!({}))["liveChats"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn everyone_lists_what_they_see_and_administrators_the_people() {
    let (mut shell, live_chat, channel) = fixture();
    let other = shell.live_chat("Support", &["eve"]);
    shell.channel(&other, "https://other.example/");
    let all = list(&mut shell, "sue", "channels.list", &json!({}), "channels");
    assert_eq!(all.len(), 2);
    let mine = list(&mut shell, "ann", "channels.list", &json!({}), "channels");
    assert_eq!((mine.len(), text(&mine[0]["id"])), (1, channel.to_string()));
    assert_eq!(mine[0]["webhook"], "https://messenger.example");
    let whole = shell.ok("root", "channels.get", &json!({ "channel": channel }));
    assert_eq!(
        whole["channel"]["webhook"],
        "https://messenger.example/hook?key=hidden"
    );
    assert!(!whole.to_string().contains("secret code"));
    let hidden = shell.refusal("ann", "channels.list", &json!({ "liveChat": other }));
    assert_eq!(hidden, "forbidden");
    let chats = list(
        &mut shell,
        "ann",
        "live-chats.list",
        &json!({}),
        "liveChats",
    );
    assert_eq!((chats.len(), text(&chats[0]["id"])), (1, live_chat));
    let users = pages(
        &mut shell,
        "root",
        "users.list",
        &json!({ "limit": 1 }),
        "users",
    );
    let logins: Vec<_> = users.iter().map(|u| text(&u["id"])).collect();
    assert_eq!(logins, ["ann", "eve", "root", "sue"]);
    assert_eq!(shell.refusal("sue", "users.list", &json!({})), "forbidden");
}

#[test]
fn sessions_come_in_pages_newest_first_and_can_be_searched() {
    let (mut shell, live_chat, channel) = fixture();
    for i in 0..7 {
        shell.writes(
            channel,
            &format!("chat-{i}"),
            &format!("u{i}"),
            &format!("word{i} Über"),
        );
    }
    let queue = json!({ "view": "queue", "limit": 3 });
    let all = pages(&mut shell, "ann", "sessions.list", &queue, "sessions");
    let chats: Vec<_> = all.iter().map(|s| text(&s["externalChatId"])).collect();
    let wanted: Vec<_> = (0..7).rev().map(|i| format!("chat-{i}")).collect();
    assert_eq!(chats, wanted);
    for session in &all {
        check("session", session);
    }
    let first = all[0]["id"].clone();
    shell.ok("ann", "sessions.take", &json!({ "session": first }));
    profile(&mut shell, &text(&first));
    let search = |shell: &mut Shell, view: &str, words: &str| {
        let body = json!({ "view": view, "text": words, "limit": 2 });
        pages(shell, "ann", "sessions.list", &body, "sessions").len()
    };
    assert_eq!(search(&mut shell, "mine", "anna PERSON"), 1);
    assert_eq!(search(&mut shell, "active", "+1 555"), 1);
    assert_eq!(search(&mut shell, "queue", "anna"), 0);
    assert_eq!(search(&mut shell, "queue", "WORD3"), 1);
    assert_eq!(search(&mut shell, "queue", "über"), 6);
    assert_eq!(search(&mut shell, "queue", "the chat"), 6);
    let ok = shell.ok(
        "ann",
        "sessions.list",
        &json!({ "view": "mine", "liveChat": live_chat }),
    );
    assert_eq!(
        ok["counts"],
        json!({ "queue": 6, "active": 1, "mine": 1, "unread": 1 })
    );
    assert_eq!(ok["contacts"][0]["username"], "Anna Person");
    assert!(ok["contacts"][0]["avatar"].is_null());
    let eve = shell.ok("eve", "sessions.list", &json!({}));
    assert_eq!((&eve["sessions"], &eve["next"]), (&json!([]), &Value::Null));
    let refused = shell.refusal("eve", "sessions.list", &json!({ "liveChat": live_chat }));
    assert_eq!(refused, "forbidden");
}

#[test]
fn a_history_goes_back_through_earlier_sessions_of_the_chat() {
    let (mut shell, _, channel) = fixture();
    let mut words = Vec::new();
    let mut sessions = Vec::new();
    for i in 0..4 {
        let session = talk(&mut shell, channel, &format!("{i} a"));
        shell.ok(
            "ann",
            "messages.send",
            &json!({ "session": session, "text": format!("{i} b") }),
        );
        shell.ok("ann", "sessions.close", &json!({ "session": session }));
        words.extend([format!("{i} a"), format!("{i} b")]);
        sessions.push(session);
    }
    // Written last, but in the first session.
    shell.ok(
        "ann",
        "messages.note",
        &json!({ "session": sessions[0], "text": "late" }),
    );
    words.push("late".to_owned());
    for limit in [1, 2, 3, 100] {
        let (mut all, mut before) = (Vec::new(), Value::Null);
        loop {
            let body = json!({ "session": sessions[3], "before": before, "limit": limit });
            let ok = shell.ok("ann", "sessions.history", &body);
            let page = ok["messages"].as_array().unwrap();
            let page: Vec<_> = page.iter().map(|m| text(&m["text"])).collect();
            all.splice(0..0, page);
            before = ok["next"].clone();
            if before.is_null() {
                break;
            }
        }
        assert_eq!(all, words, "limit {limit}");
    }
    let contact =
        shell.ok("ann", "sessions.get", &json!({ "session": sessions[0] }))["contact"]["id"]
            .clone();
    let ok = shell.ok("ann", "sessions.history", &json!({ "contact": contact }));
    assert_eq!(ok["messages"].as_array().unwrap().len(), words.len());
    assert_eq!(history(&mut shell, &sessions[0]).len(), 3);
    let refused = shell.refusal("eve", "sessions.history", &json!({ "contact": contact }));
    assert_eq!(refused, "forbidden");
}

#[test]
fn a_page_of_history_is_in_the_order_of_writing() {
    let (mut shell, _, channel) = fixture();
    for (id, at) in [("1", "2026-01-01T00:00:02Z"), ("2", "2026-01-01T00:00:01Z")] {
        let data = json!({
            "externalMessageId": id, "externalChatId": "c", "externalUserId": "u", "text": id,
            "createdAt": at,
        });
        shell.says(channel, &json!({ "type": "message", "data": data }));
    }
    let session = shell
        .workspace
        .sessions
        .iter()
        .map(|(id, _)| id.to_string())
        .next()
        .unwrap();
    let shown: Vec<_> = history(&mut shell, &session)
        .iter()
        .map(|m| text(&m["text"]))
        .collect();
    assert_eq!(shown, ["2", "1"]);
}

#[test]
fn long_histories_stay_within_one_answer() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    // What JSON writes as six bytes.
    let long = "\u{1}".repeat(10_000);
    for _ in 0..20 {
        shell.ok(
            "ann",
            "messages.note",
            &json!({ "session": session, "text": long }),
        );
    }
    let body = json!({ "session": session, "limit": 500 });
    let first = shell.ok("ann", "sessions.history", &body);
    assert!(!first["next"].is_null() && first.to_string().len() < 800 * 1024);
    let all = pages(&mut shell, "ann", "sessions.history", &body, "messages");
    assert_eq!(all.len(), 21);
    let after = shell.ok("ann", "events.after", &json!({ "position": 0 }));
    assert!(!after["next"].is_null() && after.to_string().len() < 1_000_000);
}

#[test]
fn contacts_come_newest_first_and_can_be_searched() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    profile(&mut shell, &session);
    for i in 2..6 {
        shell.writes(channel, &format!("c{i}"), &format!("u{i}"), "hello");
    }
    let all = pages(
        &mut shell,
        "ann",
        "contacts.list",
        &json!({ "limit": 2 }),
        "contacts",
    );
    let users: Vec<_> = all.iter().map(|c| text(&c["externalUserId"])).collect();
    assert_eq!(users, ["u5", "u4", "u3", "u2", "u1"]);
    for contact in &all {
        check("contact", contact);
    }
    let body = json!({ "text": "PERSON", "channel": channel });
    let found = pages(&mut shell, "ann", "contacts.list", &body, "contacts");
    assert_eq!(found.len(), 1);
    let contact = found[0]["id"].clone();
    let whole = shell.ok("ann", "contacts.get", &json!({ "contact": contact }));
    assert!(whole["contact"]["avatar"].is_string());
    assert_eq!(
        list(&mut shell, "eve", "contacts.list", &json!({}), "contacts").len(),
        0
    );
    assert_eq!(
        shell.refusal("eve", "contacts.get", &json!({ "contact": contact })),
        "forbidden"
    );
}

#[test]
fn the_audit_trail_says_who_did_what_without_secrets() {
    let (mut shell, live_chat, channel) = fixture();
    shell.ok(
        "root",
        "channels.rotate",
        &json!({ "channel": channel, "code": "another code" }),
    );
    shell.ok("root", "users.token", &json!({ "login": "ann" }));
    let all = pages(
        &mut shell,
        "root",
        "audit.list",
        &json!({ "limit": 2 }),
        "audit",
    );
    let kinds: Vec<_> = all.iter().map(|e| text(&e["event"])).collect();
    assert_eq!(kinds.first().map(String::as_str), Some("token-issued"));
    assert_eq!(kinds.last().map(String::as_str), Some("user-created"));
    let created = all
        .iter()
        .find(|e| e["event"] == "channel-created")
        .unwrap();
    assert_eq!(created["user"], "root");
    assert_eq!(created["stream"], format!("channel-{channel}"));
    assert_eq!(created["data"]["liveChat"], live_chat);
    let shown = json!(all).to_string();
    for secret in ["secret code", "another code", "sealed", "argon2"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    let body = json!({ "stream": "user-ann", "limit": 1 });
    assert_eq!(
        pages(&mut shell, "root", "audit.list", &body, "audit").len(),
        2
    );
    assert_eq!(
        pages(
            &mut shell,
            "root",
            "audit.list",
            &json!({ "user": "sue" }),
            "audit"
        ),
        [] as [Value; 0]
    );
    assert_eq!(shell.refusal("sue", "audit.list", &json!({})), "forbidden");
}

#[test]
fn attempts_are_listed_newest_first_for_one_channel_or_all() {
    let (mut shell, live_chat, first) = fixture();
    let second = shell.channel(&live_chat, "https://second.example/");
    let mut messages = Vec::new();
    for channel in [first, second] {
        let session = talk(&mut shell, channel, "hello");
        let body = json!({ "session": session, "text": "hi" });
        let message = text(&shell.ok("ann", "messages.send", &body)["messageId"]);
        messages.push(message.parse().unwrap());
    }
    for status in [500, 502, 200] {
        for message in &messages {
            attempt(&mut shell, *message, answered(status));
        }
    }
    let all = pages(
        &mut shell,
        "root",
        "deliveries.list",
        &json!({ "limit": 1 }),
        "attempts",
    );
    let shown: Vec<_> = all.iter().map(|a| a["status"].as_u64().unwrap()).collect();
    assert_eq!(shown, [200, 200, 502, 502, 500, 500]);
    for attempt in &all {
        check("attempt", attempt);
        assert_eq!(
            (&attempt["ms"], &attempt["answer"]),
            (&json!(12), &json!("so it says"))
        );
    }
    for limit in [1, 2, 50] {
        let body = json!({ "channel": second, "limit": limit });
        let one = pages(&mut shell, "root", "deliveries.list", &body, "attempts");
        let numbers: Vec<_> = one
            .iter()
            .map(|a| (text(&a["channel"]), a["n"].as_u64().unwrap()))
            .collect();
        assert_eq!(numbers, [3, 2, 1].map(|n| (second.to_string(), n)));
    }
    let body = json!({ "message": messages[0], "state": "accepted" });
    let one = pages(&mut shell, "root", "deliveries.list", &body, "attempts");
    assert_eq!((one.len(), &one[0]["state"]), (1, &json!("accepted")));
}

#[test]
fn who_sees_a_live_chat_sees_its_attempts_and_nobody_elses() {
    let (mut shell, _, first) = fixture();
    let elsewhere = shell.live_chat("Elsewhere", &["eve"]);
    let second = shell.channel(&elsewhere, "https://second.example/");
    for (channel, operator) in [(first, "ann"), (second, "eve")] {
        let session = shell.writes(channel, "c1", "ada", "hello").session_id;
        shell.ok(operator, "sessions.take", &json!({ "session": session }));
        let body = json!({ "session": session, "text": "hi" });
        let message = text(&shell.ok(operator, "messages.send", &body)["messageId"]);
        for status in [500, 200] {
            attempt(&mut shell, message.parse().unwrap(), answered(status));
        }
    }
    for (user, channels) in [
        ("ann", &[first][..]),
        ("eve", &[second]),
        ("sue", &[second, first]),
    ] {
        let body = json!({ "limit": 1 });
        let mut shown = pages(&mut shell, user, "deliveries.list", &body, "attempts");
        shown.dedup_by_key(|attempt| attempt["channel"].clone());
        let shown: Vec<_> = shown.iter().map(|a| text(&a["channel"])).collect();
        let right: Vec<_> = channels.iter().map(ToString::to_string).collect();
        assert_eq!(shown, right, "{user}");
    }
    let others = json!({ "channel": second });
    let refused = shell.refusal("ann", "deliveries.list", &others);
    assert_eq!(refused, "forbidden");
    // Where a page of another channel ended leads nowhere.
    let foreign = shell.workspace.channels.get(&second).unwrap().last_attempt;
    let body = json!({ "channel": first, "before": foreign });
    for attempt in pages(&mut shell, "ann", "deliveries.list", &body, "attempts") {
        assert_eq!(text(&attempt["channel"]), first.to_string());
    }
}
