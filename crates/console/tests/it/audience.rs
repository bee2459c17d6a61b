//! Whether anybody could listen to the feed.

use std::time::Duration;

use bus::Subscription;
use chat::codec;
use chat::rpc::Audience;
use chat::subject::Question;

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(30);

/// Waits until this is said.
async fn hear(words: &mut Subscription, anybody: bool) {
    let heard = async {
        loop {
            let word = words.next().await.unwrap();
            if codec::decode::<Audience>(&word.payload).unwrap() == (Audience { anybody }) {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.unwrap();
}

#[tokio::test]
async fn the_router_hears_whether_anybody_is_signed_in() {
    let world = World::start().await;
    let subject = world.workspace.router(Question::Audience);
    let mut words = world.bus.subscribe(&subject, None).await.unwrap();
    hear(&mut words, false).await;
    let olga = world.sign_in("olga").await;
    hear(&mut words, true).await;
    drop(olga);
    hear(&mut words, false).await;
    world.stop().await.unwrap();
}
