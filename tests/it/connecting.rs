//! Connections that are made, and such that are not.

use serde_json::{Value, json};

use crate::answer::{Answer, Gate, Manners};
use crate::messenger::Messenger;
use crate::scene::{Scene, Setup, connect, connecting, open_live_chat};

const SIGNING: &str = "whsec_bm8gbW9yZSBzZWNyZXRzLCBwbGVhc2Uh";

/// Connects a messenger that answers so: the channel.
async fn channel_of(scene: &Scene, manners: Manners, code: &str, more: Value) -> Value {
    let messenger = Messenger::start(code, manners).await;
    connect(&scene.admin, &scene.live_chat, &messenger, more).await["channel"].clone()
}

#[tokio::test]
async fn what_connect_says_and_how_it_is_verified() {
    let scene = Scene::open().await;
    let connects = scene.messenger.received_of("connect");
    let [connect] = &connects[..] else {
        panic!("{connects:?}")
    };
    assert!(connect.is_signed_with(&scene.messenger.code));
    assert_eq!(connect.body["token"], scene.messenger.code.as_str());
    assert_eq!(connect.body["channelId"], scene.channel.as_str());
    assert_eq!(
        connect.data()["webhook"],
        scene.house.webhook(&scene.channel)
    );
    assert!(connect.data()["challenge"].as_str().unwrap().len() >= 16);
    let channel = scene.channel().await;
    assert_eq!(channel["verified"], "challenge");
    assert_eq!(channel["security"], "token");
    assert_eq!(channel["dialect"], "native");
    assert_eq!(channel["capabilities"]["operatorInitiated"], true);
    assert_eq!(channel["publicUrl"], scene.house.webhook(&scene.channel));

    let plain = channel_of(&scene, Manners::plain(), "another", json!({})).await;
    assert_eq!(plain["status"], "active");
    assert_eq!(plain["verified"], "status");
    assert_eq!(plain["capabilities"]["operatorInitiated"], false);
}

#[tokio::test]
async fn a_signed_channel_wants_a_proof() {
    let scene = Scene::open().await;
    let signed = channel_of(&scene, Manners::good(), SIGNING, json!({})).await;
    assert_eq!(signed["status"], "active", "{signed}");
    assert_eq!(
        signed["security"], "signed",
        "as codes of this form are by default"
    );
    let plain = channel_of(&scene, Manners::plain(), SIGNING, json!({})).await;
    assert_eq!(plain["status"], "failed");
    assert!(
        plain["reason"].as_str().unwrap().contains("challenge"),
        "{plain}"
    );
}

#[tokio::test]
async fn a_refused_connection_says_why_and_can_be_tried_again() {
    let scene = Scene::open().await;
    let messenger = Messenger::start("its own code", Manners::good()).await;
    let wrong_proof = json!({ "challenge": "AAAA" });
    for (answer, words) in [
        (Answer::status(401), "code"),
        (Answer::status(500).text("we are closed"), "500"),
        (
            Answer::status(302).header("location", "http://127.0.0.1/"),
            "redirect",
        ),
        (Answer::json(&wrong_proof), "challenge"),
    ] {
        messenger.answers_to("connect", answer);
        let answer = connect(&scene.admin, &scene.live_chat, &messenger, json!({})).await;
        let channel = &answer["channel"];
        assert_eq!(channel["status"], "failed", "{answer}");
        let reason = channel["reason"].as_str().unwrap();
        assert!(reason.contains(words), "{reason}");
        assert!(answer["trace"].is_object(), "{answer}");
        let shown = answer.to_string();
        assert!(
            !shown.contains("its own code"),
            "the code is a secret: {shown}"
        );
        scene
            .admin
            .call("channels.delete", json!({ "channel": channel["id"] }))
            .await;
    }

    let mut nobody = Messenger::start("code", Manners::good()).await;
    nobody.down().await;
    let answer = connect(&scene.admin, &scene.live_chat, &nobody, json!({})).await;
    assert_eq!(answer["channel"]["status"], "failed");
    nobody.up().await;
    let channel = json!({ "channel": answer["channel"]["id"] });
    let again = scene.admin.call("channels.reconnect", channel).await;
    assert_eq!(again["channel"]["status"], "active", "{again}");
}

#[tokio::test]
async fn an_address_that_is_not_allowed_is_never_asked() {
    let settings = [("egress.allow", "[]")];
    let house = crate::house::House::with(&settings).await;
    let admin = house.admin().await;
    let live_chat = open_live_chat(&admin, "Sales", &[]).await;
    let messenger = Messenger::start("code", Manners::good()).await;
    let answer = connect(&admin, &live_chat, &messenger, json!({})).await;
    assert_eq!(answer["channel"]["status"], "failed", "{answer}");
    assert!(messenger.received().is_empty());
}

#[tokio::test]
async fn an_account_belongs_to_one_live_chat_however_its_address_is_written() {
    let scene = Scene::open().await;
    let other = open_live_chat(&scene.admin, "Support", &[]).await;
    let mut args = connecting(&other, &scene.messenger, json!({}));
    let url = scene.messenger.url();
    for written in [
        url.clone(),
        url.replace("http:", "HTTP:"),
        format!("{url}#fragment"),
    ] {
        args["webhook"] = written.into();
        let refusal = scene.admin.refused(
            "channels.connect",
            args.clone(),
            "account_already_connected",
        );
        let refusal = refusal.await;
        assert!(refusal.message.contains("Sales"), "{}", refusal.message);
        let names = refusal.details["liveChat"].to_string();
        assert!(names.contains(&scene.live_chat), "{names}");
    }
    assert_eq!(scene.messenger.received_of("connect").len(), 1);
    // Another account of the same messenger is another one.
    args["webhook"] = format!("{url}/2").into();
    let answer = scene.admin.call("channels.connect", args).await;
    assert_eq!(answer["channel"]["status"], "active");
}

#[tokio::test]
async fn a_test_is_a_connect_that_changes_nothing() {
    let scene = Scene::with(Setup {
        manners: Manners::plain(),
        ..Setup::default()
    })
    .await;
    let before = scene.channel().await;
    let channel = json!({ "channel": scene.channel });
    let answer = scene.admin.call("channels.test", channel.clone()).await;
    assert!(answer["trace"].is_object(), "{answer}");
    assert_eq!(scene.messenger.received_of("connect").len(), 2);
    scene.messenger.answers_to("connect", Answer::status(401));
    let answer = scene.admin.ask("channels.test", channel).await;
    assert!(format!("{answer:?}").contains("401"), "{answer:?}");
    assert_eq!(scene.channel().await["status"], before["status"]);
    scene.messenger.say("m1", "ann", "still here").await;
}

#[tokio::test]
async fn a_reconnect_is_done_once_and_the_audit_trail_says_by_whom() {
    let scene = Scene::open().await;
    let channel = json!({ "channel": scene.channel });
    scene
        .admin
        .call("channels.disconnect", channel.clone())
        .await;
    let args = json!({
        "channel": scene.channel, "commandId": "01890a5d-ac96-774b-bcce-b302099a8057",
    });
    for _ in 0..2 {
        let answer = scene.admin.call("channels.reconnect", args.clone()).await;
        assert_eq!(answer["channel"]["status"], "active", "{answer}");
        assert_eq!(scene.messenger.received_of("connect").len(), 2);
    }
    let page = scene.admin.call("audit.list", json!({ "limit": 1 })).await;
    let newest = &page["audit"][0];
    assert_eq!(newest["event"], "channel-status-changed", "{newest}");
    assert_eq!(newest["by"], "admin", "{newest}");
}

#[tokio::test]
async fn a_new_webhook_is_verified_before_it_is_used() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    let other = Messenger::start(&scene.messenger.code, Manners::good()).await;
    let update = json!({ "channel": scene.channel, "webhook": other.url() });
    other.answers_to("connect", Answer::status(403));
    // Whatever form the answer has, the old one stays in use.
    drop(scene.admin.ask("channels.update", update.clone()).await);
    assert_eq!(other.received_of("connect").len(), 1);
    assert_eq!(scene.channel().await["webhook"], scene.messenger.url());
    scene.answer(&session, "to the old one").await;
    scene.messenger.wait_for("message", 1).await;

    other.answers_as_usual();
    scene.admin.call("channels.update", update).await;
    assert_eq!(scene.channel().await["webhook"], other.url());
    assert_eq!(scene.channel().await["status"], "active");
    scene.answer(&session, "to the new one").await;
    let sent = other.wait_for("message", 1).await;
    assert_eq!(sent[0].text(), "to the new one");
    assert_eq!(scene.messenger.received_of("message").len(), 1);
}

#[tokio::test]
async fn administrators_see_a_handshake_while_it_goes_on() {
    let scene = Scene::open().await;
    let supervisor = scene.hire("sven", "supervisors").await;
    let handshakes = "sb.default.audit.*.handshake";
    let mut steps = scene.admin.subscribe(handshakes).await;
    drop(supervisor.subscribe(handshakes).await);
    let violation = format!("Subscription to \"{handshakes}\"");
    supervisor.complained(&violation).await;

    let messenger = Messenger::start("its own code", Manners::good()).await;
    let gate = Gate::closed();
    let closed = Answer::status(500).text("closed: its own code");
    messenger.answers_to("connect", closed.behind(&gate));
    let command = "01890a5d-ac96-774b-bcce-b302099a8057";
    let asking = json!({ "commandId": command });
    let answer = connect(&scene.admin, &scene.live_chat, &messenger, asking);
    let told = async {
        let sending = steps.next().await;
        // The messenger has not answered yet, and so nobody has been answered.
        gate.open();
        [sending, steps.next().await, steps.next().await]
    };
    let (answer, told) = tokio::join!(answer, told);
    let trace = &answer["trace"];
    let common =
        json!({ "channel": answer["channel"]["id"], "commandId": command, "user": "admin" });
    for (step, told, members) in [
        ("sending", &told[0], &["sent"][..]),
        ("answered", &told[1], &["received", "ms"]),
        ("judged", &told[2], &["error"]),
    ] {
        let mut wanted = common.clone();
        wanted["step"] = step.into();
        for member in members {
            wanted[*member] = trace[*member].clone();
        }
        assert_eq!(*told, wanted);
        assert!(!told.to_string().contains("its own code"), "{told}");
    }
    assert!(trace["error"].as_str().unwrap().contains("500"), "{trace}");
}
