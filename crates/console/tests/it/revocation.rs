//! Connections are closed when their user's rights change.

use std::time::Duration;

use chat::id::UserId;
use chat::secret::Secret;
use chat::subject::{SERVER_CONNECTIONS, server_kick};
use console::nats_server::{ROLES_USER, SYSTEM_USER};
use serde_json::json;

use crate::client::{Client, by_password, by_token};
use crate::world::{OURS, PASSWORD, THEIRS, World};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn changed_rights_close_all_connections_of_the_user_and_no_others() {
    let world = World::start().await;
    let token = world.users.lock().unwrap().issue("olga");
    let mut windows = vec![
        world.sign_in("olga").await,
        world.sign_in("olga").await,
        Client::connect(world.port, by_token(&token)).await.unwrap(),
    ];
    let mut rita = world.sign_in("rita").await;
    let mut anna = world.sign_in("anna").await;
    world
        .change("olga", |olga| olga.feeds = Some(vec![THEIRS]))
        .await;
    for window in &mut windows {
        window.ended().await;
    }
    rita.ping().await.unwrap();
    anna.ping().await.unwrap();

    let mut olga = world.sign_in("olga").await;
    let [ours, theirs] = [OURS, THEIRS].map(|chat| world.workspace.feed_of(chat));
    olga.subscribe(&theirs).await.unwrap();
    olga.subscribe(&ours).await.unwrap_err();
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_disabled_user_is_disconnected_and_cannot_return() {
    let world = World::start().await;
    let token = world.users.lock().unwrap().issue("olga");
    let mut olga = world.sign_in("olga").await;
    let id: UserId = "olga".parse().unwrap();
    {
        let mut users = world.users.lock().unwrap();
        users.position += 1;
        users.logins.remove(&id);
    }
    world.notify("olga").await;
    olga.ended().await;
    for proof in [by_password("olga", PASSWORD), by_token(&token)] {
        assert!(Client::connect(world.port, proof).await.is_err());
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_new_password_closes_the_connections_of_the_old_one() {
    let world = World::start().await;
    let mut olga = world.sign_in("olga").await;
    let new = chat::password::hash(&Secret::new("new password"), [4; 16]);
    world.change("olga", |olga| olga.password_hash = new).await;
    olga.ended().await;
    let old = Client::connect(world.port, by_password("olga", PASSWORD)).await;
    assert!(old.is_err());
    let new = Client::connect(world.port, by_password("olga", "new password")).await;
    assert!(new.is_ok());
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_sign_in_after_a_change_is_not_closed() {
    let world = World::start().await;
    let token = world.users.lock().unwrap().issue("olga");
    for _ in 0..10 {
        let mut rita = world.sign_in("rita").await;
        world.change("olga", |_| {}).await;
        let olga = Client::connect(world.port, by_token(&token)).await;
        let mut olga = olga.unwrap();
        // Changes are applied in order: once rita's is, olga's is too.
        world.change("rita", |_| {}).await;
        rita.ended().await;
        olga.ping().await.unwrap();
    }
    world.stop().await.unwrap();
}

/// Whenever a change happens during a sign-in, no client stays connected with the old rights.
#[tokio::test]
async fn a_change_during_a_sign_in_is_not_missed() {
    let world = World::start().await;
    let ours = world.workspace.feed_of(OURS);
    let mut signed_in_rounds = 0;
    for round in 0..12 {
        world
            .change("olga", |olga| olga.feeds = Some(vec![OURS]))
            .await;
        let signing_in = Client::connect(world.port, by_password("olga", PASSWORD));
        let changing = async {
            tokio::time::sleep(Duration::from_millis(round * 5)).await;
            world.change("olga", |olga| olga.feeds = Some(vec![])).await;
        };
        let (signed_in, ()) = tokio::join!(signing_in, changing);
        let Ok(mut olga) = signed_in else { continue };
        signed_in_rounds += 1;
        // Either she has the new rights, or her connection is closed.
        if olga.subscribe(&ours).await.is_ok() {
            olga.ended().await;
        }
    }
    assert!(signed_in_rounds > 0, "no round tested a sign-in");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn many_changes_at_once_are_all_applied() {
    let world = World::start().await;
    let mut clients = Vec::new();
    for user in ["olga", "rita", "sven", "anna"] {
        for _ in 0..3 {
            clients.push(world.sign_in(user).await);
        }
    }
    for _ in 0..200 {
        for user in ["olga", "rita", "sven", "anna"] {
            world.change(user, |_| {}).await;
        }
    }
    for client in &mut clients {
        client.ended().await;
    }
    // The last changes may close her new connection once more.
    let connect = || Client::connect(world.port, by_password("olga", PASSWORD));
    let back = async { while connect().await.is_err() {} };
    tokio::time::timeout(PATIENCE, back)
        .await
        .expect("olga can sign in again");
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_roles_connections_are_never_closed() {
    let world = World::start().await;
    let subject = "sb.default.role.rights.ROLES".to_owned();
    let payload = chat::codec::encode(&1_u64).into();
    world.bus.publish(subject, &[], payload).await.unwrap();
    let mut olga = world.sign_in("olga").await;
    world.change("olga", |_| {}).await;
    olga.ended().await;
    assert!(world.bus.is_connected());
    assert_eq!(world.bus.changes().borrow().connections.max(1), 1);
    // A client cannot avoid it by giving the roles' name.
    let proof = json!({ "user": "olga", "pass": PASSWORD, "name": "ROLES", "nkey": "ROLES" });
    let mut olga = Client::connect(world.port, proof).await.unwrap();
    world.change("olga", |_| {}).await;
    olga.ended().await;
    world.stop().await.unwrap();
}

/// A notification may get lost while the console is disconnected, so every user signs in again.
#[tokio::test]
async fn after_a_gap_everybody_signs_in_again() {
    let world = World::start().await;
    let (mut olga, mut anna) = (world.sign_in("olga").await, world.sign_in("anna").await);
    let system = crate::world::connect(world.port, SYSTEM_USER).await;
    let ask = async |subject: String, question: serde_json::Value| {
        let question = question.to_string().into();
        let answer = system.request(subject, &[], question, PATIENCE).await;
        serde_json::from_slice::<serde_json::Value>(&answer.unwrap().payload).unwrap()
    };
    let roles = json!({ "auth": true, "user": ROLES_USER });
    let list = ask(SERVER_CONNECTIONS.to_owned(), roles).await;
    let server = list["server"]["id"].as_str().unwrap();
    let connections = list["data"]["connections"].as_array().unwrap();
    assert_eq!(connections.len(), 1);
    let console = json!({ "cid": connections[0]["cid"] });
    ask(server_kick(server), console).await;
    olga.ended().await;
    anna.ended().await;
    world.stop().await.unwrap();
}
