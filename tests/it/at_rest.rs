//! What the files of the data directory do not contain in clear.

use serde_json::json;

use crate::forgetting::assert_no_trace;
use crate::world::World;

#[tokio::test]
async fn canned_replies_are_stored_sealed() {
    let mut world = World::start().await;
    let texts = [
        "zebrashortcut",
        "The zebra is out of stock",
        "The zebra is back",
    ];
    let args = json!({ "liveChat": world.live_chat, "shortcut": texts[0], "text": texts[1] });
    let reply = world.admin.call("replies.create", args.clone()).await["reply"].clone();
    assert_eq!(
        (&reply["shortcut"], &reply["text"]),
        (&json!(texts[0]), &json!(texts[1]))
    );
    let other = world
        .admin
        .call(
            "replies.create",
            json!({
                "liveChat": world.live_chat, "shortcut": "other", "text": texts[1],
            }),
        )
        .await;
    world
        .admin
        .rejected("replies.create", args, "conflict")
        .await;
    let update = json!({ "liveChat": world.live_chat, "reply": reply["id"], "text": texts[2] });
    world.admin.call("replies.update", update).await;
    for restarted in [false, true] {
        if restarted {
            world.broker.restart().await;
            world.admin = world.broker.admin().await;
        }
        let args = json!({ "liveChat": world.live_chat });
        let listed = world.admin.call("replies.list", args).await["replies"].clone();
        let updated = json!({
            "id": reply["id"], "liveChat": world.live_chat, "shortcut": texts[0], "text": texts[2],
        });
        assert_eq!(listed, json!([updated, other["reply"]]));
        let audit = world.admin.call("audit.list", json!({ "limit": 1 })).await;
        let change = &audit["audit"][0]["data"];
        assert_eq!(
            (&change["shortcut"], &change["text"]),
            (&json!(texts[0]), &json!(texts[2]))
        );
        assert_no_trace(&world.broker, &texts).await;
    }
}
