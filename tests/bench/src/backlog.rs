//! Measures how fast outcomes that piled up reach a webhook that is back.

use std::time::Duration;

use chat::secret::Secret;

use crate::clock::instant;
use crate::gateway::CODE;
use crate::load;
use crate::options::Options;
use crate::process::switchboard;
use crate::system::System;
use crate::webhook::Webhook;

const CONNECTIONS: usize = 256;
/// How long the webhook refuses connections before messages are sent: a broker then considers it away,
/// and accepts more messages than it keeps outcomes of.
const AWAY: Duration = Duration::from_secs(75);
/// How long no outcome arrives before the backlog counts as empty.
const QUIET: Duration = Duration::from_secs(15);

/// Sends messages while the webhook refuses connections, and prints each second how many outcomes have
/// arrived since it is back.
pub(crate) async fn measure(options: &Options) {
    let broker = System::broker(('g', "broker"), switchboard(), true).await;
    let mut broker = broker;
    let address = broker.webhook.take().unwrap().address;
    let mut sent = 0;
    load::run(&broker.target, 1, Duration::from_secs(1)).await;
    tokio::time::sleep(AWAY).await;
    while sent < options.events.iter().sum() {
        sent += load::run(&broker.target, CONNECTIONS, options.slice)
            .await
            .answered;
    }
    println!("\n{sent} messages sent while the webhook was down");
    let webhook = Webhook::start_at(&Secret::new(CODE), address).await;
    let begin = instant();
    let (mut told, mut changed) = (0, instant());
    while changed.elapsed() < QUIET {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let now = webhook.outcomes();
        println!(
            "{:>4} s {:>8} told, {:>7}/s",
            begin.elapsed().as_secs(),
            now,
            now - told
        );
        if now != told {
            (told, changed) = (now, instant());
        }
    }
}
