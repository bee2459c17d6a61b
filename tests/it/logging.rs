//! What the log of the process does not contain, whatever `tracing.filter` asks for.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_STANDARD_NO_PAD};
use serde_json::{Value, json};

use crate::broker::PASSWORD;
use crate::http;
use crate::operator::Operator;
use crate::wait::until;
use crate::world::{Setup, World, text};

const CODE: &str = "the-code-of-the-zebra";
const WORDS: [&str; 4] = [
    "the zebra asks",
    "an answer for the zebra",
    "zebrashortcut",
    "zebra canned text",
];
const ID: &str = "id of the zebra";
const NAME: &str = "a password as a name";
const PHONE: &str = "+44 555 0199";

/// Runs everything that carries secrets or content. Returns what must not be logged.
async fn exchange(world: &World) -> Vec<String> {
    let token = world
        .admin
        .call("users.token", json!({ "login": "olga" }))
        .await;
    let token = text(&token["token"]);
    let url = world.broker.nats_url();
    let olga = Operator::with_token(&url, "olga", &token).await.unwrap();
    let profile = json!({ "username": "Zebulon", "phoneNumber": PHONE }).to_string();
    let profile = crate::response::WebhookResponse::status(200).text(&profile);
    world.messenger.respond_to("userInfo", profile);
    let session = text(&world.messenger.say(ID, PHONE, WORDS[0]).await["sessionId"]);
    rejected(world).await;
    olga.on_session("sessions.take", &session).await;
    let canned = json!({ "liveChat": world.live_chat, "shortcut": WORDS[2], "text": WORDS[3] });
    world.admin.call("replies.create", canned).await;
    let mut received = Vec::new();
    for words in [WORDS[1], WORDS[3]] {
        let args = json!({ "session": session, "text": words });
        received.push(text(&olga.call("messages.send", args).await["messageId"]));
    }
    world.messenger.wait_for("message", 2).await;
    let status = json!({ "messageId": received[0], "status": "failed", "reason": WORDS[1] });
    world.messenger.accepted("messageStatus", status).await;
    let known = |answer: &Value| answer["contact"]["username"].is_string().then_some(());
    olga.until("sessions.get", json!({ "session": session }), known)
        .await;
    for method in ["deliveries.list", "audit.list"] {
        world.admin.call(method, json!({})).await;
    }
    world
        .admin
        .call("events.after", json!({ "position": 0 }))
        .await;
    let rotate = json!({ "channel": world.channel, "code": "the-other-zebra-code" });
    world.admin.call("channels.rotate", rotate).await;
    let secrets = [
        "the-other-zebra-code",
        CODE,
        PASSWORD,
        "a wrong secret",
        NAME,
        ID,
        PHONE,
        &token,
    ];
    let mut secrets: Vec<_> = secrets
        .into_iter()
        .chain(WORDS)
        .map(str::to_owned)
        .collect();
    for file in ["roles.password", "system.password", "issuer.seed"] {
        let secret = std::fs::read_to_string(world.broker.data().join("nats").join(file)).unwrap();
        secrets.push(secret.trim().to_owned());
    }
    secrets
}

/// Signs in with wrong credentials, and sends other content with the id of an accepted message.
async fn rejected(world: &World) {
    // People type their password in the field of the name.
    for (name, password) in [("olga", "a wrong secret"), (NAME, PASSWORD)] {
        let refused = Operator::sign_in(&world.broker.nats_url(), name, password).await;
        refused.err().unwrap();
    }
    let data = json!({ "externalMessageId": ID, "externalChatId": PHONE,
        "externalUserId": PHONE, "text": WORDS[1] });
    let message = json!({ "type": "message", "token": CODE, "data": data }).to_string();
    let reply = http::post(&world.messenger.ingress_url(), &[], message.as_bytes()).await;
    assert_eq!(reply.status, 409);
}

/// The text and its base64, without the characters that depend on what is around it.
fn forms(secret: &str) -> Vec<String> {
    let shifted = (0..3).map(|n| {
        let encoded = BASE64_STANDARD_NO_PAD.encode("x".repeat(n) + secret);
        encoded.get(4..encoded.len() - 2).unwrap().to_owned()
    });
    [secret.to_owned(), BASE64_STANDARD.encode(secret)]
        .into_iter()
        .chain(shifted)
        .collect()
}

#[tokio::test]
async fn no_secret_and_no_content_is_logged_at_any_level() {
    for (filter, format) in [
        ("trace", "text"),
        ("trace", "json"),
        ("async_nats=trace,hyper=trace", "text"),
    ] {
        let settings = [("tracing.filter", filter), ("tracing.format", format)];
        let mut world = World::with(Setup {
            settings: &settings,
            code: CODE,
            ..Setup::default()
        })
        .await;
        let secrets = exchange(&world).await;
        until("the loop has logged", async || {
            world.broker.log().contains("async_nats").then_some(())
        })
        .await;
        world.broker.stop().await;
        let log = world.broker.log();
        for form in secrets.iter().flat_map(|secret| forms(secret)) {
            let line = log.lines().find(|line| line.contains(&form));
            assert_eq!(line, None, "{filter} {format}: {form}");
        }
        let said = log
            .matches("tracing.filter is limited for libraries")
            .count();
        assert_eq!(said, 1, "{filter} {format}");
        let own = log.contains("TRACE async_nats") || log.contains("TRACE hyper");
        assert!(!own, "{filter} {format}");
    }
}
