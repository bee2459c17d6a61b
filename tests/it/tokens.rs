//! API tokens: names, last uses and revocation.

use serde_json::{Value, json};

use crate::operator::Operator;
use crate::wait::until;
use crate::world::{World, list, text};

/// Issues a token for olga. Returns its id and the token.
async fn issue(world: &World, name: &str) -> (String, String) {
    let args = json!({ "login": "olga", "name": name });
    let issued = world.admin.call("users.token", args).await;
    (text(&issued["id"]), text(&issued["token"]))
}

async fn tokens(by: &Operator) -> Vec<Value> {
    let answer = by.call("users.tokens", json!({ "login": "olga" })).await;
    list(&answer, "tokens")
}

async fn sign_in(world: &World, token: &str) -> Result<Operator, String> {
    Operator::with_token(&world.broker.nats_url(), "olga", token).await
}

/// Waits until a client is connected and gets an answer.
async fn goes_on(client: &Operator) {
    until("the client is connected again", async || {
        client.try_request("me", json!({})).await?.ok()
    })
    .await;
}

#[tokio::test]
async fn the_token_of_a_user_who_was_disabled_stays_revoked() {
    let world = World::start().await;
    let (_, old) = issue(&world, "CI").await;
    let program = sign_in(&world, &old).await.unwrap();
    goes_on(&program).await;
    for disabled in [true, false] {
        let args = json!({ "login": "olga", "disabled": disabled });
        world.admin.call("users.disable", args).await;
    }
    goes_on(&world.olga).await;
    assert!(sign_in(&world, &old).await.is_err());
    assert_eq!(tokens(&world.admin).await, [] as [Value; 0]);
    let (_, new) = issue(&world, "CI").await;
    goes_on(&sign_in(&world, &new).await.unwrap()).await;
}

#[tokio::test]
async fn a_revoked_token_is_rejected_and_its_connection_ends() {
    let mut world = World::start().await;
    let (revoked_id, revoked) = issue(&world, "CI").await;
    let (kept_id, kept) = issue(&world, "CRM").await;
    let program = sign_in(&world, &revoked).await.unwrap();
    let other = sign_in(&world, &kept).await.unwrap();
    goes_on(&program).await;
    let before = program.server_errors().len();
    let args = json!({ "login": "olga", "token": revoked_id });
    world.admin.call("users.token-revoke", args.clone()).await;
    until("the connection is closed", async || {
        (program.server_errors().len() > before).then_some(())
    })
    .await;
    assert!(sign_in(&world, &revoked).await.is_err());
    goes_on(&other).await;
    goes_on(&world.olga).await;
    world.crash().await;
    assert!(sign_in(&world, &revoked).await.is_err());
    goes_on(&sign_in(&world, &kept).await.unwrap()).await;
    world.admin = world.broker.admin().await;
    let rejected = world
        .admin
        .rejected("users.token-revoke", args, "not_found");
    assert_eq!(rejected.await.details["reason"]["code"], "no_such_token");
    let listed = tokens(&world.admin).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], kept_id.as_str());
    let all = json!({ "login": "olga", "all": true });
    world.admin.call("users.token-revoke", all).await;
    assert!(sign_in(&world, &kept).await.is_err());
}

#[tokio::test]
async fn tokens_are_listed_with_their_name_and_last_use() {
    let world = World::start().await;
    let (id, token) = issue(&world, "CI").await;
    let listed = tokens(&world.admin).await;
    assert_eq!(listed[0]["id"], id.as_str());
    assert_eq!(listed[0]["name"], "CI");
    assert!(listed[0]["createdAt"].is_string());
    assert_eq!(listed[0].get("lastUsedAt"), None);
    let program = sign_in(&world, &token).await.unwrap();
    goes_on(&program).await;
    // A user lists the own tokens.
    let used = tokens(&program).await;
    assert!(used[0]["lastUsedAt"].is_string(), "{used:?}");
    goes_on(&sign_in(&world, &token).await.unwrap()).await;
    assert_eq!(tokens(&world.admin).await, used, "recorded once a day");
    let members: Vec<_> = used[0].as_object().unwrap().keys().collect();
    assert_eq!(members, ["createdAt", "id", "lastUsedAt", "name"]);
}

#[tokio::test]
async fn an_operator_revokes_only_own_tokens() {
    let world = World::start().await;
    let (id, token) = issue(&world, "CI").await;
    let otto = world.new_user("otto", "operators").await;
    for (method, args) in [
        ("users.tokens", json!({ "login": "olga" })),
        (
            "users.token-revoke",
            json!({ "login": "olga", "token": id }),
        ),
        (
            "users.token-revoke",
            json!({ "login": "olga", "all": true }),
        ),
        ("users.token", json!({})),
    ] {
        otto.rejected(method, args, "forbidden").await;
    }
    // The default is the caller.
    let own = json!({ "token": id });
    otto.rejected("users.token-revoke", own.clone(), "not_found")
        .await;
    goes_on(&sign_in(&world, &token).await.unwrap()).await;
    // Her connection ends too, after the answer.
    world.olga.call("users.token-revoke", own).await;
    assert!(sign_in(&world, &token).await.is_err());
}
