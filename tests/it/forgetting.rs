//! The right to be forgotten.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::house::House;
use crate::program;
use crate::scene::{Scene, each};

/// What must not be found anywhere.
const SECRETS: [&str; 5] = [
    "my little secret",
    "Zebulon Quackenbush",
    "+44 555 0199",
    "we will keep it",
    "zebra-chat",
];

/// The files of the data directory in which one of these stands.
async fn files_with(house: &House, words: &[&str]) -> String {
    let mut grep = program::command(program::find("grep"));
    grep.args([
        "--recursive",
        "--fixed-strings",
        "--text",
        "--files-with-matches",
    ]);
    for word in words {
        grep.args(["-e", word]);
    }
    let output = program::output(grep.arg(house.data())).await;
    // 1 says that nothing was found, 2 that it could not look.
    assert_ne!(output.status.code(), Some(2), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Nothing of the person stands in any file.
async fn assert_no_trace(house: &House) {
    assert_ne!(
        files_with(house, &["egress.allow"]).await,
        "",
        "it finds what is there"
    );
    assert_eq!(files_with(house, &SECRETS).await, "");
}

/// Nothing of the person stands in any of these answers.
fn assert_silent(answers: &[Value]) {
    for shown in answers.iter().map(Value::to_string) {
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
    }
}

/// Waits until the profile of a session's person is known: how to ask for the person.
async fn known(scene: &Scene, session: &str) -> Value {
    let args = json!({ "session": session });
    let contact = scene.olga.call("sessions.get", args).await;
    let contact = json!({ "contact": contact["contact"]["id"] });
    let known = |answer: &Value| (answer["contact"]["username"] == SECRETS[1]).then_some(());
    scene
        .admin
        .until("contacts.get", contact.clone(), known)
        .await;
    contact
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
    let contact = known(&scene, &session).await;

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
        assert_silent(&[json!(history), forgotten, events]);
        let kept = scene.history(&other).await;
        assert_eq!(each(&kept, "text"), ["hello"], "others are untouched");
        assert_no_trace(&scene.house).await;
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
    assert_no_trace(&scene.house).await;
    let said = scene.house.said();
    assert!(
        SECRETS.iter().all(|secret| !said.contains(secret)),
        "{said}"
    );
}
