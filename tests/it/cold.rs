//! What nothing is going on with is not in memory, and everything works on it all the same.

use serde_json::{Value, json};

use crate::messenger::message;
use crate::world::{World, each, list, text};

const CHATS: usize = 8;

/// Closes a session of each chat, after a message of both sides.
async fn closed_sessions(world: &World) -> Vec<String> {
    let mut sessions = Vec::new();
    for n in 0..CHATS {
        let session = world.assigned_session(&format!("chat-{n}")).await;
        let sent = world.send(&session, "hello back").await;
        world.delivery(&session, &sent, "accepted").await;
        world.olga.on_session("sessions.close", &session).await;
        sessions.push(session);
    }
    sessions
}

/// How many rows were read from the store by the loader and by the loop since the start.
async fn loaded(world: &World) -> [u64; 2] {
    let metrics = world.broker.ops("/metrics").await.unwrap().text();
    ["loader", "loop"].map(|reader| {
        let name = format!("switchboard_router_rows_loaded_total{{reader=\"{reader}\"}} ");
        let line = metrics.lines().find_map(|line| line.strip_prefix(&name));
        line.map_or(0, |count| count.parse().unwrap())
    })
}

#[tokio::test]
async fn closed_sessions_are_read_changed_and_reopened_after_a_restart() {
    let mut world = World::start().await;
    let sessions = closed_sessions(&world).await;
    for is_crash in [false, true] {
        if is_crash {
            world.crash().await;
        } else {
            world.broker.restart().await;
        }
        let admin = world.broker.sign_in("admin").await;
        assert_eq!(loaded(&world).await, [0, 0], "nothing was needed yet");
        let listed = json!({ "liveChat": world.live_chat, "view": "closed", "limit": 500 });
        let listed = admin.call("sessions.list", listed).await;
        assert_eq!(list(&listed, "sessions").len(), CHATS, "{listed}");
        for session in &sessions {
            let page = json!({ "session": session });
            let page = admin.call("sessions.history", page).await;
            let texts = each(&list(&page, "messages"), "text");
            assert_eq!(texts, ["hello", "hello back"], "{page}");
        }
        let [by_loader, by_loop] = loaded(&world).await;
        assert!(by_loader > 0, "nothing was loaded");
        assert_eq!(by_loop, 0, "the loop waited for rows");
    }
}

#[tokio::test]
async fn messages_to_what_is_not_in_memory_arrive_once_and_in_order() {
    let mut world = World::start().await;
    let sessions = closed_sessions(&world).await;
    world.crash().await;
    // A repeat, an edit, a deletion, and new messages of known people: all at once, then those of one
    // chat again, whose order counts.
    let repeat = world
        .messenger
        .post(&message("first-of-chat-0", "chat-0", "hello"))
        .await
        .ok();
    assert_eq!(repeat["duplicate"], true, "{repeat}");
    assert_eq!(text(&repeat["sessionId"]), sessions[0]);
    let edit = json!({
        "type": "messageEdited", "data": { "externalMessageId": "first-of-chat-1", "text": "edited" },
    });
    world.messenger.post(&edit).await.ok();
    let deletion = json!({
        "type": "messageDeleted", "data": { "externalMessageId": "first-of-chat-2" },
    });
    world.messenger.post(&deletion).await.ok();
    let new: Vec<Value> = (3..CHATS)
        .map(|n| message(&format!("again-{n}"), &format!("chat-{n}"), "again"))
        .collect();
    let posts = new.iter().map(|body| world.messenger.post(body));
    for (n, reply) in (3..CHATS).zip(futures_util::future::join_all(posts).await) {
        let session = text(&reply.ok()["sessionId"]);
        assert_ne!(session, sessions[n], "a closed session got a message");
    }
    for n in 0..5 {
        world
            .messenger
            .say(&format!("more-{n}"), "chat-2", &format!("more {n}"))
            .await;
    }
    let history = world.history(&sessions[1]).await;
    assert_eq!(history[0]["text"], "edited", "{history:?}");
    let history = world.history(&sessions[2]).await;
    assert_eq!(history[0]["text"], Value::Null, "{history:?}");
    let admin = world.broker.sign_in("admin").await;
    let queue = json!({ "liveChat": world.live_chat, "view": "queue", "limit": 500 });
    let queue = list(&admin.call("sessions.list", queue).await, "sessions");
    assert_eq!(queue.len(), CHATS - 2, "{queue:?}");
    world
        .messenger
        .wait_for("messageOutcome", CHATS + CHATS - 3 + 5)
        .await;
}
