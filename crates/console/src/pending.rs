//! Ends the oldest connections that have not signed in while there are too many. NATS ends each of
//! them only after [`AUTH_TIMEOUT`](crate::nats_server::AUTH_TIMEOUT), and accepts no others when all
//! its connections are taken.

use std::time::Duration;

use serde_json::json;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::nats_server::CONNECTIONS_MAX;
use crate::system_account::{Ended, SIGNING_IN_ACCOUNT, SystemAccount};

/// The most connections that may be signing in: half of all. The rest is for users who have signed in.
pub(crate) const PENDING_MAX: usize = CONNECTIONS_MAX / 2;
/// How often they are counted.
const INTERVAL: Duration = Duration::from_secs(2);
/// The most connections per list, and the most lists each time. Together they are more than NATS
/// accepts.
const LISTED_MAX: usize = 1_024;
const LISTS_MAX: usize = 16;

/// Counts them until `stop` is cancelled.
pub(crate) async fn serve(system: SystemAccount, stop: &CancellationToken) {
    let mut ticks = tokio::time::interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watch = async {
        loop {
            ticks.tick().await;
            if let Err(error) = end_oldest(&system).await {
                tracing::debug!(error = %bus::chain(&error), "cannot end idle connections");
            }
        }
    };
    let _ended: Option<()> = stop.run_until_cancelled(watch).await;
}

async fn end_oldest(system: &SystemAccount) -> Result<(), Error> {
    let filter = |limit| json!({ "auth": true, "acc": SIGNING_IN_ACCOUNT, "limit": limit });
    for _ in 0..LISTS_MAX {
        let total = system.connections(&filter(1)).await?.data.total;
        let excess = total.saturating_sub(PENDING_MAX);
        if excess == 0 {
            break;
        }
        let ended = excess.min(LISTED_MAX);
        tracing::warn!(
            signing_in = total,
            ended,
            "too many connections that have not signed in"
        );
        // NATS lists the oldest first.
        for connection in (system.connections(&filter(ended)).await?).into_connections() {
            system.close(&connection, Ended::Pending).await?;
        }
    }
    Ok(())
}
