//! Who may do what; who signs in and who does not.

use serde_json::json;

use crate::answer::Manners;
use crate::house::{House, PASSWORD};
use crate::messenger::Messenger;
use crate::operator::Operator;
use crate::patience::until;
use crate::scene::{Scene, connecting, hire, list, open_live_chat, text};

#[tokio::test]
async fn who_is_no_member_sees_nothing_and_may_do_nothing() {
    let scene = Scene::open().await;
    let session = scene.session("ann").await;
    let message = text(&scene.history(&session).await[0]["id"]);
    let contact = scene
        .olga
        .call("sessions.get", json!({ "session": session }))
        .await;
    let contact = contact["contact"]["id"].clone();
    let otto = scene.hire("otto", "operators").await;
    for view in ["queue", "mine", "active", "closed"] {
        let page = otto.call("sessions.list", json!({ "view": view })).await;
        assert!(list(&page, "sessions").is_empty());
    }
    for (method, plural) in [
        ("live-chats.list", "liveChats"),
        ("channels.list", "channels"),
        ("contacts.list", "contacts"),
    ] {
        assert!(
            list(&otto.call(method, json!({})).await, plural).is_empty(),
            "{method}"
        );
    }
    let events = otto.call("events.after", json!({ "position": 0 })).await;
    assert!(!events.to_string().contains(&session), "{events}");
    for (method, args) in [
        ("sessions.get", json!({ "session": session })),
        ("sessions.history", json!({ "session": session })),
        ("sessions.history", json!({ "contact": contact })),
        ("sessions.take", json!({ "session": session })),
        ("sessions.close", json!({ "session": session })),
        (
            "messages.send",
            json!({ "session": session, "text": "boo" }),
        ),
        (
            "messages.note",
            json!({ "session": session, "text": "boo" }),
        ),
        (
            "messages.read",
            json!({ "session": session, "upTo": message }),
        ),
        ("typing", json!({ "session": session })),
        ("viewing", json!({ "session": session })),
        ("contacts.get", json!({ "contact": contact })),
        ("channels.get", json!({ "channel": scene.channel })),
        ("replies.list", json!({ "liveChat": scene.live_chat })),
    ] {
        let refusal = otto.ask(method, args).await.expect_err(method);
        assert!(
            ["not_found", "forbidden"].contains(&refusal.code.as_str()),
            "{method}: {refusal:?}"
        );
    }
}

#[tokio::test]
async fn nats_itself_refuses_what_nobody_may_hear_or_say() {
    let scene = Scene::open().await;
    let otto = scene.hire("otto", "operators").await;
    for subject in [
        format!("sb.default.feed.{}.>", scene.live_chat),
        "sb.default.feed.>".to_owned(),
        "sb.default.audit.>".to_owned(),
        "sb.default.role.>".to_owned(),
        "sb.default.api.>".to_owned(),
        "_INBOX.olga.>".to_owned(),
        "_INBOX.>".to_owned(),
        ">".to_owned(),
    ] {
        drop(otto.subscribe(&subject).await);
        otto.complained(&format!("Subscription to \"{subject}\""))
            .await;
    }
    for subject in [
        "sb.default.api.olga.me".to_owned(),
        format!("sb.default.feed.{}.x.y", scene.live_chat),
        "sb.default.role.router.login".to_owned(),
        "_INBOX.olga.1".to_owned(),
    ] {
        otto.publish(&subject, None, "{}").await;
        otto.complained(&format!("Publish to \"{subject}\"")).await;
    }
    // Members hear their live chat, and only that.
    let complaints = scene.olga.complaints().len();
    drop(scene.olga.feed(&scene.live_chat).await);
    assert_eq!(scene.olga.complaints().len(), complaints);
}

#[tokio::test]
async fn an_answer_goes_to_ones_own_inbox_or_nowhere() {
    let scene = Scene::open().await;
    let mut inbox = scene.admin.subscribe("_INBOX.admin.probe").await;
    let mut feed = scene.admin.feed(&scene.live_chat).await;
    let forged = format!("sb.default.feed.{}.x.session-opened", scene.live_chat);
    for reply in [
        "_INBOX.admin.probe",
        "_INBOX.olgax.1",
        forged.as_str(),
        "sb.default.role.rights.admin",
    ] {
        scene
            .olga
            .publish("sb.default.api.olga.me", Some(reply), "{}")
            .await;
    }
    // What comes first is what was sent last.
    scene
        .admin
        .publish("sb.default.api.admin.me", Some("_INBOX.admin.probe"), "{}")
        .await;
    assert_eq!(inbox.next().await["ok"]["user"]["id"], "admin");
    scene.session("ann").await;
    assert_eq!(feed.next().await["specversion"], "1.0");
}

#[tokio::test]
async fn readers_read_and_operators_do_not_administer() {
    let scene = Scene::open().await;
    let session = scene.taken("ann").await;
    for (login, group) in [("rita", "readers"), ("oscar", "operators")] {
        hire(&scene.admin, login, group).await;
    }
    let users = json!({ "liveChat": scene.live_chat, "users": ["olga", "rita", "oscar"] });
    scene.admin.call("live-chats.members", users).await;
    let rita = scene.house.sign_in("rita").await;
    let page = rita
        .call("sessions.history", json!({ "session": session }))
        .await;
    assert_eq!(list(&page, "messages").len(), 1);
    let send = json!({ "session": session, "text": "boo" });
    for (method, args) in [
        ("messages.send", send.clone()),
        ("messages.note", send.clone()),
        ("sessions.close", json!({ "session": session })),
        (
            "sessions.transfer",
            json!({ "session": session, "queue": true }),
        ),
    ] {
        let refusal = rita.ask(method, args).await.expect_err(method);
        assert_eq!(refusal.status, "403", "{method}: {refusal:?}");
    }
    let oscar = scene.house.sign_in("oscar").await;
    let refusal = oscar
        .refused("messages.send", send.clone(), "not_assigned")
        .await;
    assert_eq!(refusal.status, "403");
    let messenger = Messenger::start("code", Manners::good()).await;
    for (method, args) in [
        (
            "channels.connect",
            connecting(&scene.live_chat, &messenger, json!({})),
        ),
        ("channels.delete", json!({ "channel": scene.channel })),
        ("live-chats.create", json!({ "name": "Mine" })),
        (
            "users.create",
            json!({ "login": "x", "name": "x", "groups": [], "password": PASSWORD }),
        ),
        ("users.list", json!({})),
        ("audit.list", json!({})),
    ] {
        oscar.refused(method, args, "forbidden").await;
    }
    // A supervisor helps out.
    let sven = scene.hire("sven", "supervisors").await;
    sven.call("messages.send", send).await;
}

#[tokio::test]
async fn rights_follow_membership_while_one_is_signed_in() {
    let scene = Scene::open().await;
    let otto = scene.hire("otto", "operators").await;
    let users = |users: &[&str]| json!({ "liveChat": scene.live_chat, "users": users });
    scene
        .admin
        .call("live-chats.members", users(&["olga", "otto"]))
        .await;
    // Told to sign in again, the client does so by itself.
    let session = scene.session("ann").await;
    until("the new member hears of it", async || {
        let page = otto
            .try_ask("sessions.list", json!({ "view": "queue" }))
            .await?
            .ok()?;
        (list(&page, "sessions")[0]["id"] == session.as_str()).then_some(())
    })
    .await;
    let mut feed = scene
        .house
        .sign_in("otto")
        .await
        .feed(&scene.live_chat)
        .await;
    scene.messenger.say("m2", "ann", "and?").await;
    assert_eq!(
        feed.next_of("message-received").await["data"]["message"]["text"],
        "and?"
    );

    let before = otto.complaints().len();
    scene
        .admin
        .call("live-chats.members", users(&["olga"]))
        .await;
    until("the old connection ends", async || {
        (otto.complaints().len() > before).then_some(())
    })
    .await;
    let otto = scene.house.sign_in("otto").await;
    drop(otto.feed(&scene.live_chat).await);
    otto.complained("Subscription").await;
    scene
        .admin
        .call("users.disable", json!({ "user": "otto" }))
        .await;
    until("nobody is let in any more", async || {
        Operator::sign_in(&scene.house.nats_url(), "otto", PASSWORD)
            .await
            .err()
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_five_of_them_close_the_door() {
    let house = House::open().await;
    let admin = house.admin().await;
    for login in ["olga", "otto"] {
        hire(&admin, login, "operators").await;
        house.sign_in(login).await;
    }
    let url = house.nats_url();
    for login in ["nobody", "olga", "olga", "olga", "olga", "olga"] {
        let refused = Operator::sign_in(&url, login, "a wrong password").await;
        assert!(refused.is_err(), "{login}");
    }
    let refused = Operator::sign_in(&url, "olga", PASSWORD).await;
    assert!(refused.is_err(), "for a minute also the right one");
    Operator::sign_in(&url, "otto", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_program_signs_in_with_a_token() {
    let scene = Scene::open().await;
    let issued = scene
        .admin
        .call("users.token", json!({ "user": "olga" }))
        .await;
    let token = text(&issued["token"]);
    let url = scene.house.nats_url();
    let program = Operator::with_token(&url, "olga", &token).await.unwrap();
    assert_eq!(program.call("me", json!({})).await["user"]["id"], "olga");
    let mut wrong = token.clone();
    wrong.push('x');
    assert!(Operator::with_token(&url, "olga", &wrong).await.is_err());
    let other = open_live_chat(&scene.admin, "Other", &[]).await;
    program
        .refused(
            "live-chats.rename",
            json!({ "liveChat": other, "name": "x" }),
            "forbidden",
        )
        .await;
}
