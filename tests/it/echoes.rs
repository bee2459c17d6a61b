//! A messenger that repeats requests in its answers, with the confirmation code in them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::http;
use crate::messenger::Received;
use crate::response::WebhookResponse;
use crate::wait::until;
use crate::world::{Setup, World, create_user, list};

const OLD: &str = "old \"code\" of/the zebra";
const NEW: &str = "new code with an ключ";

/// The request in the forms in which programs repeat it.
fn echo(request: &Received) -> Vec<String> {
    let raw = String::from_utf8_lossy(&request.raw).into_owned();
    let token = request.body["token"].as_str().unwrap_or_default();
    let percent: Vec<_> = token.bytes().map(|b| format!("%{b:02X}")).collect();
    vec![
        Value::from(raw.as_str()).to_string(),
        BASE64_STANDARD.encode(&raw),
        percent.concat(),
        token.to_owned(),
        raw,
    ]
}

/// Whether a text contains a code, in any form that [`echo`] makes.
fn has_code(text: &str) -> bool {
    let base64 = |code: &str| {
        let body = BASE64_STANDARD.encode(json!({ "token": code }).to_string());
        body.get(16..28).unwrap().to_owned()
    };
    [OLD, NEW].iter().any(|code| {
        let quoted = Value::from(*code).to_string();
        let words = [code.split(' ').next_back().unwrap(), &quoted[1..8]];
        words.iter().any(|word| text.contains(word)) || text.contains(&base64(code))
    })
}

#[tokio::test]
async fn codes_in_what_a_messenger_answers_are_neither_stored_nor_shown() {
    let world = World::with(Setup {
        code: OLD,
        connect: json!({ "dialect": "brix", "security": "token" }),
        ..Setup::default()
    })
    .await;
    let session = world.assigned_session("ann").await;
    let before = |n: usize| "x".repeat(30 * n);
    let mut sent = Vec::new();
    for code in [OLD, NEW] {
        for form in 0..5 {
            world.messenger.respond_with(move |request| {
                let text = before(form * 2) + &echo(request)[form];
                let is_known = ["message", "connect"].contains(&request.kind());
                is_known.then(|| WebhookResponse::status(422).text(&text))
            });
            sent.push(world.send(&session, "a cat").await);
            world
                .delivery(&session, &sent[sent.len() - 1], "failed")
                .await;
            let args = json!({ "channel": world.channel });
            let tested = world.admin.call("channels.test", args).await;
            let shown = tested["trace"].to_string();
            assert!(shown.contains("422") && !has_code(&shown), "{shown}");
        }
        let args = json!({ "channel": world.channel, "code": NEW, "overlap": "0s" });
        if code == OLD {
            world.admin.call("channels.rotate", args).await;
        }
    }
    receipt(&world, &session).await;
    shown_to_users(&world, &session, sent.len()).await;
}

/// Reports a failure with a reason that quotes the request.
async fn receipt(world: &World, session: &str) {
    world.messenger.respond_as_usual();
    let id = world.send(session, "a dog").await;
    world.delivery(session, &id, "accepted").await;
    let reason = format!("cannot parse {{\"token\":{}}}", Value::from(NEW));
    let status = json!({ "type": "messageStatus", "token": NEW, "data": {
        "messageId": id, "status": "failed", "reason": reason,
    }});
    let url = world.messenger.ingress_url();
    // Ingress asks for the codes again after a second.
    until("the new code is accepted", async || {
        let reply = http::post(&url, &[], status.to_string().as_bytes()).await;
        (reply.status == 200).then_some(())
    })
    .await;
    let failed = world.delivery(session, &id, "failed").await.to_string();
    assert!(
        failed.contains("cannot parse") && !has_code(&failed),
        "{failed}"
    );
}

/// Asserts who sees the answers, and that nobody sees a code.
async fn shown_to_users(world: &World, session: &str, answered: usize) {
    create_user(&world.admin, "sue", "supervisors").await;
    let sue = world.broker.sign_in("sue").await;
    let rea = world.new_user("rea", "readers").await;
    world.set_members(&["olga", "rea"]).await;
    for (user, sees) in [
        (&world.admin, true),
        (&sue, true),
        (&world.olga, false),
        (&rea, false),
    ] {
        let page = user.call("deliveries.list", json!({})).await;
        let attempts = list(&page, "attempts");
        assert_eq!(attempts.len(), answered + 1);
        let answers = attempts.iter().filter(|a| a["answer"].is_string());
        assert_eq!(answers.count(), if sees { answered } else { 0 }, "{page}");
        let events = user.call("events.after", json!({ "position": 0 })).await;
        let history = user.call(
            "sessions.history",
            json!({ "session": session, "events": true }),
        );
        for shown in [page, events, history.await] {
            assert!(!has_code(&shown.to_string()), "{shown}");
        }
    }
    let audit = world.admin.call("audit.list", json!({})).await.to_string();
    let channel = world.channel().await.to_string();
    assert!(
        !has_code(&audit) && !has_code(&channel),
        "{audit} {channel}"
    );
}
