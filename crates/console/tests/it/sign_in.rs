//! Sign-ins by password and by token.

use bus::Bus;
use chat::password;
use chat::secret::Secret;
use console::CONNECTIONS_PER_USER_MAX;
use console::nats_server::CONNECTIONS_MAX;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::client::{Client, by_password, by_token};
use crate::world::{PASSWORD, PATIENCE, World};

const DENIED: &str = "-ERR 'Authorization Violation'";

async fn denied(world: &World, proof: Value) {
    let text = proof.to_string();
    let result = Client::connect(world.port, proof).await;
    assert_eq!(result.err().as_deref(), Some(DENIED), "{text}");
}

#[tokio::test]
async fn only_the_right_password_signs_in() {
    let world = World::start().await;
    for user in ["olga", "rita", "sven", "anna"] {
        world.sign_in(user).await;
    }
    for (user, password) in [
        ("olga", "wrong horse"),
        ("olga", ""),
        ("olga", password::DUMMY),
        ("nobody", PASSWORD),
        ("OLGA", PASSWORD),
        ("olga.>", PASSWORD),
        ("", PASSWORD),
        ("", ""),
        // Users of the configuration file are not logins.
        ("ROLES", PASSWORD),
        ("SYSTEM", PASSWORD),
    ] {
        denied(&world, by_password(user, password)).await;
    }
    denied(&world, json!({})).await;
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_token_signs_in_alone_or_as_its_users_password() {
    let world = World::start().await;
    let token = world.users.lock().unwrap().issue("olga");
    for proof in [
        by_token(&token),
        by_password("olga", &token),
        json!({ "user": "olga", "auth_token": token }),
        by_password("", &token),
    ] {
        let mut client = Client::connect(world.port, proof).await.unwrap();
        client.subscribe("_INBOX.olga.>").await.unwrap();
        client.subscribe("_INBOX.anna.>").await.unwrap_err();
    }
    let other = format!("{}A", &token[..token.len() - 1]);
    for proof in [
        by_password("anna", &token),
        json!({ "user": "anna", "auth_token": token }),
        json!({ "user": "no login", "auth_token": token }),
        by_token(&other),
        by_token(&token[1..]),
        by_token(PASSWORD),
        by_password("olga", &other),
    ] {
        denied(&world, proof).await;
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn five_failures_pause_the_user_name_and_no_other() {
    let world = World::start().await;
    for _ in 0..5 {
        denied(&world, by_password("olga", "a guess")).await;
    }
    denied(&world, by_password("olga", PASSWORD)).await;
    world.sign_in("rita").await;
    // Successes do not count.
    for _ in 0..7 {
        world.sign_in("rita").await;
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn concurrent_guesses_do_not_exceed_the_limit() {
    let world = World::start().await;
    let mut guesses = tokio::task::JoinSet::new();
    for n in 0..20 {
        let proof = by_password("olga", &format!("guess {n}"));
        guesses.spawn(Client::connect(world.port, proof));
    }
    assert!(guesses.join_all().await.iter().all(Result::is_err));
    denied(&world, by_password("olga", PASSWORD)).await;
    world.stop().await.unwrap();
}

#[tokio::test]
async fn many_connections_of_one_user_sign_in_at_once() {
    let world = World::start().await;
    let mut windows = tokio::task::JoinSet::new();
    let token = world.users.lock().unwrap().issue("olga");
    for proof in [PASSWORD, &token] {
        for _ in 0..CONNECTIONS_PER_USER_MAX / 2 {
            windows.spawn(Client::connect(world.port, by_password("olga", proof)));
        }
    }
    assert!(windows.join_all().await.iter().all(Result::is_ok));
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_user_has_a_limited_number_of_connections_at_all_consoles_together() {
    let mut world = World::start().await;
    world.serve_another().await;
    let token = world.users.lock().unwrap().issue("olga");
    let mut windows = Vec::new();
    for _ in 0..CONNECTIONS_PER_USER_MAX {
        let window = Client::connect(world.port, by_token(&token)).await;
        windows.push(window.unwrap());
    }
    denied(&world, by_token(&token)).await;
    world.sign_in("rita").await;
    windows.pop();
    // NATS notices that a client has closed its connection.
    let again = async { while Client::connect(world.port, by_token(&token)).await.is_err() {} };
    tokio::time::timeout(PATIENCE, again).await.unwrap();
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_client_that_does_not_read_is_disconnected_before_it_takes_much_memory() {
    let world = World::start().await;
    let mut slow = world.sign_in("olga").await;
    slow.subscribe("_INBOX.olga.>").await.unwrap();
    for _ in 0..32 {
        let payload = vec![0; 1024 * 1024].into();
        world
            .bus
            .publish("_INBOX.olga.x".to_owned(), &[], payload)
            .await
            .unwrap();
    }
    let closed = json!({ "state": 1, "auth": true, "acc": "SB", "user": "olga" });
    let closed = world.listed(&closed).await;
    // Not only after the write deadline.
    assert_eq!(
        closed["reason"], "Slow Consumer (Pending Bytes)",
        "{closed}"
    );
    world.stop().await.unwrap();
}

#[tokio::test]
async fn connections_that_do_not_sign_in_leave_half_of_all_to_the_others() {
    let world = World::start().await;
    let mut idle = Vec::new();
    for _ in 0..CONNECTIONS_MAX / 2 + 100 {
        idle.push(TcpStream::connect(("127.0.0.1", world.port)).await.unwrap());
    }
    let closed = json!({ "state": 1, "auth": true });
    let closed = world.listed(&closed).await;
    // Not by the sign-in timeout of NATS.
    assert_eq!(closed["reason"], "Kicked", "{closed}");
    world.sign_in("olga").await;
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_longest_password_fits() {
    let world = World::start().await;
    let long = "ж\u{1}😀\"".repeat(256);
    assert_eq!(password::check(&Secret::new(long.as_str())), Ok(()));
    let hash = password::hash(&Secret::new(long.as_str()), [1; 16]);
    // A published change would close a sign-in in progress.
    world.set("olga", |login| login.password_hash = hash);
    let proof = by_password("olga", &long);
    Client::connect(world.port, proof).await.unwrap();
    world.stop().await.unwrap();
}

#[tokio::test]
async fn without_the_session_router_sign_ins_fail_and_do_not_count_as_failures() {
    let mut world = World::start_with(false).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..7 {
        tries.spawn(Client::connect(world.port, by_password("olga", PASSWORD)));
    }
    assert!(tries.join_all().await.iter().all(Result::is_err));
    world.route().await;
    world.sign_in("olga").await;
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_sign_in_before_the_session_router_starts_succeeds_once_it_has() {
    let mut world = World::start_with(false).await;
    let olga = Client::connect(world.port, by_password("olga", PASSWORD));
    let late = async {
        world.asked().await;
        world.route().await;
    };
    let (olga, ()) = tokio::join!(olga, late);
    olga.unwrap();
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_sign_in_before_the_console_starts_is_closed_and_does_not_time_out() {
    for user in ["olga", ""] {
        let mut world = World::server().await;
        let token = world.users.lock().unwrap().issue("olga");
        let olga = Client::connect(world.port, by_password(user, &token));
        let late = async {
            world.asked().await;
            world.route().await;
            world.serve().await;
        };
        let (olga, ()) = tokio::join!(olga, late);
        // Closed by the console, not rejected after the timeout of NATS.
        assert_eq!(olga.err().as_deref(), Some("closed"), "{user:?}");
        world.sign_in("olga").await;
        world.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_connection_without_credentials_signs_in_at_the_console_that_starts() {
    let mut world = World::server().await;
    let olga = Client::open(world.port).await;
    world.route().await;
    world.serve().await;
    olga.sign_in(by_password("olga", PASSWORD)).await.unwrap();
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_console_that_starts_does_not_close_a_sign_in_that_another_is_answering() {
    let mut world = World::start_with(false).await;
    let olga = Client::connect(world.port, by_password("olga", PASSWORD));
    let late = async {
        world.asked().await;
        world.serve_another().await;
        world.route().await;
    };
    let (olga, ()) = tokio::join!(olga, late);
    olga.unwrap();
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_bus_signs_in_over_tcp_and_websocket() {
    let world = World::start().await;
    let config = bus::Config {
        url: format!("nats://127.0.0.1:{}", world.port),
        user: Some("olga".to_owned()),
        password: Some(Secret::new(PASSWORD)),
        token: None,
        name: "test".to_owned(),
        inbox_prefix: Some(chat::subject::inbox_prefix(&"olga".parse().unwrap())),
    };
    Bus::connect(&config).await.unwrap();
    let websocket = bus::Config {
        url: format!("ws://127.0.0.1:{}", world.websocket),
        ..config.clone()
    };
    Bus::connect(&websocket).await.unwrap();
    let wrong = bus::Config {
        password: Some(Secret::new("wrong horse")),
        ..config
    };
    let error = Bus::connect(&wrong).await.unwrap_err();
    assert!(matches!(error, bus::Error::NotAuthorised { .. }), "{error}");
    world.stop().await.unwrap();
}
