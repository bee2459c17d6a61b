//! Reports of the feed's audience.

use std::time::Duration;

use bus::Subscription;
use chat::codec;
use chat::rpc::Audience;
use chat::subject::Question;

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits for a report of these users.
async fn wait_for(reports: &mut Subscription, users: &[&str]) {
    let wanted = Audience {
        anybody: !users.is_empty(),
        users: Some(users.iter().map(|user| user.parse().unwrap()).collect()),
    };
    let reported = async {
        loop {
            let report = reports.next().await.unwrap();
            if codec::decode::<Audience>(&report.payload).unwrap() == wanted {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reported).await.unwrap();
}

#[tokio::test]
async fn the_router_learns_which_users_are_signed_in() {
    let world = World::start().await;
    let subject = world.workspace.router(Question::Audience);
    let mut reports = world.bus.subscribe(&subject, None).await.unwrap();
    wait_for(&mut reports, &[]).await;
    let olga = world.sign_in("olga").await;
    wait_for(&mut reports, &["olga"]).await;
    drop(olga);
    wait_for(&mut reports, &[]).await;
    world.stop().await.unwrap();
}
