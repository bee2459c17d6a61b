//! `deliveries.list`.

use chat::rpc::Outcome;
use serde_json::{Value, json};

use super::related::contact_of;
use super::shell::{Shell, text};
use super::{answered, attempt, check, fixture, has, talk};

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
    let body = json!({ "limit": 1 });
    let all = shell.pages("root", "deliveries.list", &body, "attempts");
    let shown: Vec<_> = all.iter().map(|a| a["status"].as_u64().unwrap()).collect();
    assert_eq!(shown, [200, 200, 502, 502, 500, 500]);
    for attempt in &all {
        check("attempt", attempt);
        has(attempt, &json!({ "ms": 12, "answer": "so it says" }));
    }
    for limit in [1, 2, 50] {
        let body = json!({ "channel": second, "limit": limit });
        let one = shell.pages("root", "deliveries.list", &body, "attempts");
        assert_eq!(one.len(), 3);
        for (attempt, n) in one.iter().zip([3, 2, 1]) {
            has(attempt, &json!({ "channel": second, "n": n }));
        }
    }
    let body = json!({ "message": messages[0], "state": "accepted" });
    let one = shell.pages("root", "deliveries.list", &body, "attempts");
    assert_eq!((one.len(), &one[0]["state"]), (1, &json!("accepted")));
}

#[test]
fn attempts_show_the_person_and_the_outcome_of_the_message() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    let contact = contact_of(&mut shell, &session);
    for (words, statuses) in [("hi", &[500, 502, 200][..]), ("no", &[422]), ("hm", &[500])] {
        let body = json!({ "session": session, "text": words });
        let message = text(&shell.ok("ann", "messages.send", &body)["messageId"]);
        for status in statuses {
            attempt(&mut shell, message.parse().unwrap(), answered(*status));
        }
    }
    let ok = shell.ok("root", "deliveries.list", &json!({}));
    check("contact", &ok["contacts"][0]);
    assert_eq!(ok["contacts"][0]["id"], contact);
    let shown = |shell: &mut Shell, body: &Value| -> Vec<String> {
        let attempts = shell.pages("root", "deliveries.list", body, "attempts");
        let line = |a: &Value| {
            check("attempt", a);
            check("delivery", &a["delivery"]);
            assert_eq!(a["contact"], contact);
            format!(
                "{} {} {}",
                text(&a["text"]),
                a["n"],
                text(&a["delivery"]["state"])
            )
        };
        attempts.iter().map(line).collect()
    };
    for (outcome, right) in [
        (
            "accepted",
            &["hi 3 accepted", "hi 2 accepted", "hi 1 accepted"][..],
        ),
        ("failed", &["no 1 failed"]),
        ("sending", &["hm 1 sending"]),
        ("read", &[]),
    ] {
        for limit in [1, 2, 50] {
            let body = json!({ "outcome": outcome, "limit": limit });
            assert_eq!(shown(&mut shell, &body), right, "{outcome}, {limit}");
        }
    }
}

#[test]
fn members_of_a_live_chat_see_its_attempts_and_no_others() {
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
        let mut shown = shell.pages(user, "deliveries.list", &body, "attempts");
        shown.dedup_by_key(|attempt| attempt["channel"].clone());
        let shown: Vec<_> = shown.iter().map(|a| text(&a["channel"])).collect();
        let right: Vec<_> = channels.iter().map(ToString::to_string).collect();
        assert_eq!(shown, right, "{user}");
    }
    let others = json!({ "channel": second });
    let refused = shell.refusal("ann", "deliveries.list", &others);
    assert_eq!(refused, "forbidden");
    // A position in another channel's attempts reveals none of them.
    let foreign = shell.workspace().channel(second).unwrap().last_attempt;
    let body = json!({ "channel": first, "before": foreign });
    for attempt in shell.pages("ann", "deliveries.list", &body, "attempts") {
        assert_eq!(text(&attempt["channel"]), first.to_string());
    }
}

#[test]
fn only_administrators_and_supervisors_see_answers() {
    let (mut shell, live_chat, channel) = fixture();
    shell.user("rea", "readers");
    let members = json!({ "liveChat": live_chat, "users": ["ann", "rea"] });
    shell.ok("root", "live-chats.members", &members);
    let session = talk(&mut shell, channel, "hello");
    let body = json!({ "session": session, "text": "hi" });
    let message = text(&shell.ok("ann", "messages.send", &body)["messageId"]);
    attempt(&mut shell, message.parse().unwrap(), answered(422));
    for (user, sees) in [
        ("root", true),
        ("sue", true),
        ("ann", false),
        ("rea", false),
    ] {
        for body in [
            json!({}),
            json!({ "message": message }),
            json!({ "channel": channel }),
        ] {
            let attempts = shell.pages(user, "deliveries.list", &body, "attempts");
            check("attempt", &attempts[0]);
            let answer = attempts[0].get("answer").map(text);
            assert_eq!(answer.as_deref(), sees.then_some("so it says"), "{user}");
        }
    }
}

#[test]
fn an_answer_that_an_earlier_version_stored_is_shown_without_the_codes() {
    let (mut shell, _, channel) = fixture();
    let session = talk(&mut shell, channel, "hello");
    let body = json!({ "session": session, "text": "hi" });
    let message = text(&shell.ok("ann", "messages.send", &body)["messageId"]);
    let answer = format!("{}secret code {} secre", "x".repeat(100), "y".repeat(137));
    let outcome = Outcome::Answered {
        status: 422,
        retry_after: None,
        answer: answer.into_bytes(),
    };
    attempt(&mut shell, message.parse().unwrap(), outcome);
    let rotate = json!({ "channel": channel, "code": "the new code", "overlap": "0s" });
    shell.ok("root", "channels.rotate", &rotate);
    let attempts = shell.list("root", "deliveries.list", &json!({}), "attempts");
    let right = format!("{}*** {} ***", "x".repeat(100), "y".repeat(137));
    assert_eq!(attempts[0]["answer"], right.as_str());
}
