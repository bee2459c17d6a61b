//! Kills and restarts parts of the broker under load.

use std::time::Duration;

use crate::load::{Load, assert_kept};
use crate::program;
use crate::random::Random;
use crate::world::{Setup, World};

/// How many times the broker is killed, unless `SWITCHBOARD_TEST_KILLS` has another number.
const KILLS: usize = 3;
const CHATS: usize = 4;

fn kills() -> usize {
    let wanted = std::env::var_os("SWITCHBOARD_TEST_KILLS");
    wanted.map_or(KILLS, |kills| {
        kills.to_str().unwrap().parse().expect("a number of kills")
    })
}

async fn world_under_load() -> (World, Load) {
    let world = World::with(Setup::short_retries()).await;
    let load = Load::start(&world, CHATS).await;
    (world, load)
}

async fn assert_nothing_is_lost(world: &World, load: Load) {
    let acknowledged = load.end().await;
    let admin = world.broker.admin().await;
    assert_kept(world, &admin, &acknowledged).await;
}

#[tokio::test]
async fn acknowledged_messages_survive_sigkill_once_and_in_order() {
    let mut random = Random::seeded();
    let (mut world, load) = world_under_load().await;
    for _ in 0..kills() {
        // A random delay, so that the kill may hit any step of a batch or of the start.
        load.more(1 + random.below(60) as usize).await;
        let delay = Duration::from_micros(random.below(20_000).into());
        tokio::time::sleep(delay).await;
        world.crash().await;
    }
    load.more(20).await;
    assert_nothing_is_lost(&world, load).await;
    world.broker.stop().await;
    let verified = world.broker.call(&["log", "verify"]).await;
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test]
async fn a_graceful_shutdown_under_load_is_bounded_and_loses_nothing() {
    let (mut world, load) = world_under_load().await;
    load.more(40).await;
    world.broker.stop().await;
    let left = program::processes_of(&world.broker.data(), None);
    assert!(left.is_empty(), "processes left running: {left:?}");
    world.broker.start().await;
    load.more(20).await;
    assert_nothing_is_lost(&world, load).await;
}

#[tokio::test]
async fn a_nats_server_that_dies_is_restarted_and_nothing_is_lost() {
    let (mut world, load) = world_under_load().await;
    load.more(20).await;
    program::signal(world.broker.nats_server(), "KILL");
    load.more(40).await;
    world.broker.ready().await;
    assert_nothing_is_lost(&world, load).await;
}
