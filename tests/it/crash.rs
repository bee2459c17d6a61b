//! Brokers that are killed and brokers that are stopped, both while everybody is talking.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use crate::delivery::soon;
use crate::load::{Load, assert_kept};
use crate::program;
use crate::scene::Scene;

/// How many times the broker is killed, unless `SWITCHBOARD_TEST_KILLS` says otherwise.
const KILLS: usize = 3;
const CHATS: usize = 4;

/// Something between nothing and `most`.
fn random(most: usize) -> usize {
    let bits = RandomState::new().hash_one(0_u8);
    usize::try_from(bits % u64::try_from(most).unwrap()).unwrap()
}

fn kills() -> usize {
    let wanted = std::env::var_os("SWITCHBOARD_TEST_KILLS");
    wanted.map_or(KILLS, |kills| {
        kills.to_str().unwrap().parse().expect("a number of kills")
    })
}

#[tokio::test]
async fn what_was_acknowledged_survives_kill_nine_once_and_in_order() {
    let mut scene = Scene::with(soon()).await;
    let load = Load::start(&scene, CHATS).await;
    for _ in 0..kills() {
        // So that it is killed in the middle of things, whatever they are, the first ones included.
        load.more(1 + random(60)).await;
        tokio::time::sleep(Duration::from_micros(
            u64::try_from(random(20_000)).unwrap(),
        ))
        .await;
        scene.house.kill().await;
        scene.house.start().await;
    }
    load.more(20).await;
    let acknowledged = load.end().await;
    let admin = scene.house.admin().await;
    assert_kept(&scene, &admin, &acknowledged).await;
    scene.house.stop().await;
    let verified = scene.house.call(&["log", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test]
async fn an_end_in_good_order_comes_soon_and_loses_nothing() {
    let mut scene = Scene::with(soon()).await;
    let load = Load::start(&scene, CHATS).await;
    load.more(40).await;
    scene.house.stop().await;
    let left = program::processes_of(&scene.house.data(), None);
    assert!(left.is_empty(), "nothing is left running: {left:?}");
    scene.house.start().await;
    load.more(20).await;
    let acknowledged = load.end().await;
    let admin = scene.house.admin().await;
    assert_kept(&scene, &admin, &acknowledged).await;
}

#[tokio::test]
async fn a_nats_server_that_dies_comes_back_and_nothing_is_lost() {
    let mut scene = Scene::with(soon()).await;
    let load = Load::start(&scene, CHATS).await;
    load.more(20).await;
    program::signal(scene.house.nats_server(), "KILL");
    load.more(40).await;
    scene.house.ready().await;
    let acknowledged = load.end().await;
    let admin = scene.house.admin().await;
    assert_kept(&scene, &admin, &acknowledged).await;
}
