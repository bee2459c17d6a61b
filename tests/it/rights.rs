//! Sign-in and authorization: groups, membership, NATS permissions.

use serde_json::json;

use crate::broker::PASSWORD;
use crate::messenger::Messenger;
use crate::operator::Operator;
use crate::response::Behaviour;
use crate::wait::until;
use crate::world::{World, connect_args, create_live_chat, create_user, list, text};

#[tokio::test]
async fn a_user_who_is_not_a_member_can_neither_read_nor_act() {
    let world = World::start().await;
    let session = world.queued_session("ann").await;
    let message = text(&world.history(&session).await[0]["id"]);
    let contact = world.olga.on_session("sessions.get", &session).await;
    let contact = contact["contact"]["id"].clone();
    let send = json!({ "session": session, "text": "boo" });
    let otto = world.new_user("otto", "operators").await;
    for view in ["queue", "mine", "active", "closed"] {
        assert!(otto.sessions(view).await.is_empty());
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
        ("messages.send", send.clone()),
        ("messages.note", send),
        (
            "messages.read",
            json!({ "session": session, "upTo": message }),
        ),
        ("typing", json!({ "session": session })),
        ("viewing", json!({ "session": session })),
        ("contacts.get", json!({ "contact": contact })),
        ("channels.get", json!({ "channel": world.channel })),
        ("replies.list", json!({ "liveChat": world.live_chat })),
    ] {
        let rejection = otto.request(method, args).await.expect_err(method);
        assert!(
            ["not_found", "forbidden"].contains(&rejection.code.as_str()),
            "{method}: {rejection:?}"
        );
    }
}

#[tokio::test]
async fn nats_denies_subscribing_and_publishing_without_permission() {
    let world = World::start().await;
    let otto = world.new_user("otto", "operators").await;
    for subject in [
        format!("sb.default.feed.{}.>", world.live_chat),
        "sb.default.feed.>".to_owned(),
        "sb.default.audit.>".to_owned(),
        "sb.default.role.>".to_owned(),
        "sb.default.api.>".to_owned(),
        "_INBOX.olga.>".to_owned(),
        "_INBOX.>".to_owned(),
        ">".to_owned(),
    ] {
        drop(otto.subscribe(&subject).await);
        otto.server_error(&format!("Subscription to \"{subject}\""))
            .await;
    }
    for subject in [
        "sb.default.api.olga.me".to_owned(),
        format!("sb.default.feed.{}.x.y", world.live_chat),
        "sb.default.role.router.login".to_owned(),
        "_INBOX.olga.1".to_owned(),
    ] {
        otto.publish(&subject, None, "{}").await;
        otto.server_error(&format!("Publish to \"{subject}\""))
            .await;
    }
    // A member may subscribe to the live chat.
    let server_errors = world.olga.server_errors().len();
    drop(world.olga.feed(&world.live_chat).await);
    assert_eq!(world.olga.server_errors().len(), server_errors);
}

#[tokio::test]
async fn an_answer_goes_only_to_the_callers_inbox() {
    let world = World::start().await;
    let mut inbox = world.admin.subscribe("_INBOX.admin.probe").await;
    let mut feed = world.admin.feed(&world.live_chat).await;
    let forged = format!("sb.default.feed.{}.x.session-opened", world.live_chat);
    for reply in [
        "_INBOX.admin.probe",
        "_INBOX.olgax.1",
        forged.as_str(),
        "sb.default.role.rights.admin",
    ] {
        world
            .olga
            .publish("sb.default.api.olga.me", Some(reply), "{}")
            .await;
    }
    // Only the answer to this last request arrives.
    world
        .admin
        .publish("sb.default.api.admin.me", Some("_INBOX.admin.probe"), "{}")
        .await;
    assert_eq!(inbox.next().await["ok"]["user"]["id"], "admin");
    world.queued_session("ann").await;
    assert_eq!(feed.next().await["specversion"], "1.0");
}

#[tokio::test]
async fn readers_read_and_operators_do_not_administer() {
    let world = World::start().await;
    let session = world.assigned_session("ann").await;
    for (login, group) in [("rita", "readers"), ("oscar", "operators")] {
        create_user(&world.admin, login, group).await;
    }
    world.set_members(&["olga", "rita", "oscar"]).await;
    let rita = world.broker.sign_in("rita").await;
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
        let rejection = rita.request(method, args).await.expect_err(method);
        assert_eq!(rejection.status, "403", "{method}: {rejection:?}");
    }
    let oscar = world.broker.sign_in("oscar").await;
    let rejection = oscar
        .rejected("messages.send", send.clone(), "not_assigned")
        .await;
    assert_eq!(rejection.status, "403");
    let messenger = Messenger::start("code", Behaviour::complete()).await;
    for (method, args) in [
        (
            "channels.connect",
            connect_args(&world.live_chat, &messenger, json!({})),
        ),
        ("channels.delete", json!({ "channel": world.channel })),
        ("live-chats.create", json!({ "name": "Mine" })),
        (
            "users.create",
            json!({ "login": "x", "name": "x", "groups": [], "password": PASSWORD }),
        ),
        ("users.list", json!({})),
        ("audit.list", json!({})),
    ] {
        oscar.rejected(method, args, "forbidden").await;
    }
    // A supervisor may send in any session.
    let sven = world.new_user("sven", "supervisors").await;
    sven.call("messages.send", send).await;
}

#[tokio::test]
async fn a_change_of_members_applies_to_users_who_are_signed_in() {
    let world = World::start().await;
    let otto = world.new_user("otto", "operators").await;
    world.set_members(&["olga", "otto"]).await;
    // The client is disconnected and signs in again.
    let session = world.queued_session("ann").await;
    until("the new member sees the session", async || {
        let page = otto
            .try_request("sessions.list", json!({ "view": "queue" }))
            .await?
            .ok()?;
        (list(&page, "sessions")[0]["id"] == session.as_str()).then_some(())
    })
    .await;
    let mut feed = world
        .broker
        .sign_in("otto")
        .await
        .feed(&world.live_chat)
        .await;
    world.messenger.say("m2", "ann", "and?").await;
    assert_eq!(
        feed.next_of("message-received").await["data"]["message"]["text"],
        "and?"
    );

    let before = otto.server_errors().len();
    world.set_members(&["olga"]).await;
    until("the old connection is closed", async || {
        (otto.server_errors().len() > before).then_some(())
    })
    .await;
    let otto = world.broker.sign_in("otto").await;
    drop(otto.feed(&world.live_chat).await);
    otto.server_error("Subscription").await;
    world
        .admin
        .call("users.disable", json!({ "user": "otto" }))
        .await;
    until("the disabled user cannot sign in", async || {
        Operator::sign_in(&world.broker.nats_url(), "otto", PASSWORD)
            .await
            .err()
    })
    .await;
}

#[tokio::test]
async fn a_program_signs_in_with_a_token() {
    let world = World::start().await;
    let issued = world
        .admin
        .call("users.token", json!({ "user": "olga" }))
        .await;
    let token = text(&issued["token"]);
    let url = world.broker.nats_url();
    let program = Operator::with_token(&url, "olga", &token).await.unwrap();
    assert_eq!(program.call("me", json!({})).await["user"]["id"], "olga");
    let mut wrong = token.clone();
    wrong.push('x');
    assert!(Operator::with_token(&url, "olga", &wrong).await.is_err());
    let other = create_live_chat(&world.admin, "Other", &[]).await;
    program
        .rejected(
            "live-chats.rename",
            json!({ "liveChat": other, "name": "x" }),
            "forbidden",
        )
        .await;
}
