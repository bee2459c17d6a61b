//! The requests for operators' messages.

use chat::command::{Attempted, SystemCommand};
use serde_json::{Value, json};

use super::*;
use crate::view::tests::shell::{Shell, text};

/// The request for an operator's message.
fn request(shell: &Shell, message: MessageId) -> Option<AttemptRequest> {
    let (workspace, sealed_log) = (shell.workspace(), &shell.sealed_log);
    let record = sealed_log.record(workspace.message(message)?.1.position)?;
    let attempt = MessageAttempt::of(workspace, sealed_log, message, record, shell.now)?;
    attempt.request(sealed_log)
}

fn body(request: &AttemptRequest) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// The `data` of the request for an operator's message.
fn sent(shell: &Shell, message: MessageId) -> Option<Value> {
    Some(body(&request(shell, message)?)["data"].clone())
}

/// A message of `root` in the chat of a channel.
fn message() -> (Shell, ChannelId, MessageId) {
    let mut shell = Shell::new();
    let live_chat = shell.live_chat("Desk", &[]);
    let channel = shell.channel(&live_chat, "https://chat.example/hook");
    let session = shell.writes(channel, "chat", "ann", "hello").session_id;
    let send = json!({ "session": session, "text": "hi" });
    let sent = shell.ok("root", "messages.send", &send);
    let id = text(&sent["messageId"]).parse().unwrap();
    (shell, channel, id)
}

fn attempt(shell: &mut Shell, channel: ChannelId, message: MessageId, status: u16) {
    shell.system(SystemCommand::Attempting(message));
    let outcome = Outcome::Answered {
        status,
        retry_after: None,
        answer: Vec::new(),
    };
    shell.system(SystemCommand::Attempted(Attempted {
        message,
        generation: shell.workspace().channel(channel).unwrap().generation,
        reply: AttemptReply {
            ms: 1,
            outcome,
            old_code: None,
        },
    }));
}

#[test]
fn all_attempts_of_a_retry_by_a_user_share_an_id_that_no_other_retry_has() {
    let (mut shell, channel, id) = message();
    let since = shell.now.shifted(-60_000).to_string();
    let retries = [
        ("messages.retry", json!({ "message": id })),
        ("deliveries.replay", json!({ "message": id })),
        (
            "deliveries.replay",
            json!({ "channel": channel, "since": since }),
        ),
    ];
    let first = request(&shell, id).unwrap();
    assert_eq!(first.id, id.to_string());
    assert_eq!(body(&first)["data"].get("retry"), None);
    for ((method, params), n) in retries.into_iter().zip(1..) {
        attempt(&mut shell, channel, id, 404);
        shell.ok("root", method, &params);
        let retry = request(&shell, id).unwrap();
        assert_eq!(retry.id, format!("{id}.{}", n + 1));
        let mut data = body(&retry)["data"].clone();
        assert_eq!(data["retry"], n);
        data.as_object_mut().unwrap().remove("retry");
        assert_eq!(data, body(&first)["data"]);
        // Attempts by the schedule, also when a user brings one forward, are the same request.
        attempt(&mut shell, channel, id, 500);
        shell.ok("root", "messages.retry", &json!({ "message": id }));
        let again = request(&shell, id).unwrap();
        assert_eq!((&again.id, &again.body), (&retry.id, &retry.body));
    }
}

#[test]
fn a_retry_in_the_brix_dialect_has_its_own_id_and_the_same_body() {
    let (mut shell, channel, id) = message();
    let brix = json!({ "channel": channel, "dialect": "brix" });
    shell.ok("root", "channels.update", &brix);
    attempt(&mut shell, channel, id, 404);
    let retry = json!({ "message": id });
    shell.ok("root", "messages.retry", &retry);
    let first = request(&shell, id).unwrap();
    let plain = json!({ "targetChatId": "chat", "text": "hi", "files": [] });
    assert_eq!(body(&first)["data"], plain);
    attempt(&mut shell, channel, id, 404);
    shell.ok("root", "messages.retry", &retry);
    let second = request(&shell, id).unwrap();
    assert_eq!(
        (first.id, second.id),
        (format!("{id}.2"), format!("{id}.3"))
    );
    assert_eq!(first.body, second.body);
}

#[test]
fn the_body_of_a_message_is_fixed_when_it_is_sent_except_for_a_rotated_token() {
    let (mut shell, channel, id) = message();
    let first = request(&shell, id).unwrap();
    attempt(&mut shell, channel, id, 500);
    let rename = json!({ "user": "root", "name": "Another name" });
    shell.ok("root", "users.update", &rename);
    let brix = json!({ "channel": channel, "dialect": "brix", "operatorInitiated": false });
    shell.ok("root", "channels.update", &brix);
    assert_eq!(request(&shell, id).unwrap().body, first.body);
    let rotate = json!({ "channel": channel, "code": "new", "overlap": "24h" });
    shell.ok("root", "channels.rotate", &rotate);
    let rotated = request(&shell, id).unwrap();
    let mut changed = body(&rotated);
    assert_eq!(changed["token"], "new");
    changed["token"] = "secret code".into();
    assert_eq!(changed, body(&first));
    assert_eq!(rotated.old_body, Some(first.body.clone()));

    // After a retry, too: only the dialect is the present one.
    attempt(&mut shell, channel, id, 404);
    let native = json!({ "channel": channel, "dialect": "native" });
    shell.ok("root", "channels.update", &native);
    shell.ok("root", "messages.retry", &json!({ "message": id }));
    let retried = body(&request(&shell, id).unwrap());
    assert_eq!(
        retried["data"]["operator"],
        body(&first)["data"]["operator"]
    );
}

#[test]
fn a_message_of_an_older_version_has_the_present_name_of_its_author() {
    let (mut shell, _, id) = message();
    let rename = json!({ "user": "root", "name": "Another name" });
    shell.ok("root", "users.update", &rename);
    let position = shell.workspace().message(id).unwrap().1.position;
    let record = shell.sealed_log.record(position).unwrap();
    let Event::MessageSent(sent) = &record.event else {
        panic!("{record:?}")
    };
    assert_eq!(operator_name(shell.workspace(), sent), "Root");
    let mut older = sent.clone();
    older.operator_name = None;
    assert_eq!(operator_name(shell.workspace(), &older), "Another name");
}

#[test]
fn a_message_names_the_chat_and_the_quoted_message_unless_its_author_was_forgotten() {
    let mut shell = Shell::new();
    let live_chat = shell.live_chat("Desk", &[]);
    let channel = shell.channel(&live_chat, "https://chat.example/hook");
    let session = shell.writes(channel, "group", "one", "hello").session_id;
    let quoted = shell.writes(channel, "group", "two", "hi").message_id;
    let external = format!(
        "m{}",
        shell.workspace().message(quoted).unwrap().1.position - 2
    );
    let reply = json!({ "session": session, "text": "yes", "replyTo": quoted });
    let reply = shell.ok("root", "messages.send", &reply)["messageId"].clone();
    let reply: MessageId = text(&reply).parse().unwrap();
    let data = sent(&shell, reply).unwrap();
    assert_eq!(
        (&data["targetChatId"], &data["replyTo"]),
        (&json!("group"), &json!(external))
    );

    let author = |id| json!({ "contact": shell.workspace().author(id).unwrap() });
    let [two, one] = [author(quoted), author(reply)];
    shell.ok("root", "contacts.forget", &two);
    let data = sent(&shell, reply).unwrap();
    assert_eq!(
        (&data["targetChatId"], &data["replyTo"]),
        (&json!("group"), &json!(quoted))
    );
    let key = shell
        .workspace()
        .contacts
        .iter()
        .next()
        .unwrap()
        .1
        .keys
        .clone();
    shell.sealed_log.keyring.destroy(&key).unwrap();
    assert_eq!(
        sent(&shell, reply),
        None,
        "the key of the chat is destroyed"
    );
    shell.ok("root", "contacts.forget", &one);
    assert!(shell.workspace().pending(reply).is_none());
}

#[test]
fn only_a_signed_channel_gets_no_token_and_a_rotation_prepares_the_old_one() {
    for (security, old, tokens) in [
        ("signed", "24h", [None, None]),
        ("token", "24h", [Some("new"), Some("secret code")]),
        ("open", "24h", [Some("new"), Some("secret code")]),
        ("token", "0s", [Some("new"), None]),
    ] {
        let mut shell = Shell::new();
        let live_chat = shell.live_chat("Desk", &[]);
        let id = shell.channel(&live_chat, "https://chat.example/hook");
        let set = json!({ "channel": id, "security": security });
        shell.ok("root", "channels.update", &set);
        let rotate = json!({ "channel": id, "code": "new", "overlap": old });
        shell.ok("root", "channels.rotate", &rotate);
        let channel = shell.workspace().channels.get(&id).unwrap();
        let target = Target::of(&shell.sealed_log, id, channel, shell.now);
        let request = target.request("id".to_owned(), |to| to.user_info("u"));
        let token = |body: &[u8]| {
            let body: Value = serde_json::from_slice(body).unwrap();
            body.get("token").and_then(Value::as_str).map(str::to_owned)
        };
        let sent = [
            token(&request.body),
            request.old_body.as_deref().and_then(token),
        ];
        assert_eq!(
            sent,
            tokens.map(|t| t.map(str::to_owned)),
            "{security}, {old}"
        );
        assert_eq!(request.old_body.is_some(), tokens[1].is_some());
    }
}
