//! The right to be forgotten.

use std::path::Path;

use serde_json::json;

use crate::answer::Answer;
use crate::scene::{Scene, each};

/// What must not be found anywhere.
const SECRETS: [&str; 5] = [
    "my little secret",
    "Zebulon Quackenbush",
    "+44 555 0199",
    "we will keep it",
    "zebra-chat",
];

/// The files below a directory in which one of the secrets stands.
fn leaks(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(leaks(&path));
            continue;
        }
        // A file may be gone by now.
        let bytes = std::fs::read(&path).unwrap_or_default();
        for secret in SECRETS {
            if bytes
                .windows(secret.len())
                .any(|part| part == secret.as_bytes())
            {
                found.push(format!("{secret} in {}", path.display()));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_forgotten_person_leaves_a_hole_and_an_unbroken_log() {
    let mut scene = Scene::open().await;
    let profile = json!({ "id": "z", "username": SECRETS[1], "phoneNumber": SECRETS[2] });
    scene.messenger.answers(move |request| {
        let is_theirs = request.data()["userId"] == "user-of-z";
        is_theirs.then(|| Answer::json(&profile))
    });
    let mut said = crate::messenger::message("z1", "z", SECRETS[0]);
    said["data"]["externalChatName"] = SECRETS[4].into();
    let accepted = scene.messenger.post(&said).await.ok();
    let session = crate::scene::text(&accepted["sessionId"]);
    scene
        .olga
        .call("sessions.take", json!({ "session": session }))
        .await;
    let id = scene.answer(&session, SECRETS[3]).await;
    scene.delivery(&session, &id, "accepted").await;
    let other = scene.session("bob").await;
    let contact = scene
        .olga
        .call("sessions.get", json!({ "session": session }))
        .await;
    let contact = json!({ "contact": contact["contact"]["id"] });
    let known =
        |answer: &serde_json::Value| (answer["contact"]["username"] == SECRETS[1]).then_some(());
    scene
        .admin
        .until("contacts.get", contact.clone(), known)
        .await;

    scene
        .olga
        .refused("contacts.forget", contact.clone(), "forbidden")
        .await;
    scene.admin.call("contacts.forget", contact.clone()).await;
    for restarted in [false, true] {
        if restarted {
            scene.house.restart().await;
            scene.admin = scene.house.admin().await;
        }
        let history = scene.history(&session).await;
        assert_eq!(history.len(), 2, "the hole is shown: {history:?}");
        let forgotten = scene.admin.call("contacts.get", contact.clone()).await;
        assert!(!forgotten["contact"]["forgotten"].is_null(), "{forgotten}");
        let events = scene
            .admin
            .call("events.after", json!({ "position": 0 }))
            .await;
        for (what, shown) in [
            ("history", json!(history)),
            ("contact", forgotten),
            ("events", events),
        ] {
            for secret in SECRETS {
                assert!(!shown.to_string().contains(secret), "{what}: {secret}");
            }
        }
        let kept = scene.history(&other).await;
        assert_eq!(each(&kept, "text"), ["hello"], "others are untouched");
        assert_eq!(leaks(&scene.house.data()), [""; 0]);
    }
    let page = scene
        .admin
        .call("contacts.list", json!({ "text": "Quackenbush" }))
        .await;
    assert_eq!(page["contacts"], json!([]));

    let verified = scene.house.call(&["log", "verify"]).await;
    assert!(
        verified.status.success(),
        "beside the running broker: {verified:?}"
    );
    scene.house.stop().await;
    let verified = scene.house.call(&["log", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
    assert_eq!(leaks(&scene.house.data()), [""; 0]);
    let said = scene.house.said();
    assert!(
        SECRETS.iter().all(|secret| !said.contains(secret)),
        "{said}"
    );
}
