//! Reports to the session router whether any client is connected that could subscribe to the feed, so
//! that it does not render events without subscribers. If in doubt, it reports that one is connected.

use std::time::Duration;

use bus::Bus;
use chat::codec;
use chat::rpc;
use chat::subject::{Question, Subjects};
use serde_json::json;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::accounts::{ACCOUNT, ROLES_USER};
use crate::system_account::SystemAccount;

/// The interval between reports. The router trusts a report for several times as long.
const REPORT_INTERVAL: Duration = Duration::from_secs(2);
/// The most connections that are listed; more always count as an audience.
const LISTED_MAX: usize = 256;

/// Watches the connected clients.
pub(crate) struct Audience {
    pub(crate) bus: Bus,
    pub(crate) system: SystemAccount,
    pub(crate) workspace: Subjects,
}

impl Audience {
    /// Reports periodically until `stop` is cancelled.
    pub(crate) async fn serve(self, stop: &CancellationToken) {
        let mut ticks = tokio::time::interval(REPORT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let report = async {
            loop {
                ticks.tick().await;
                if let Err(error) = self.report().await {
                    tracing::debug!(error = %bus::chain(&error), "cannot report the audience");
                }
            }
        };
        // A stop aborts a pending request to NATS.
        let _ended: Option<()> = stop.run_until_cancelled(report).await;
    }

    async fn report(&self) -> Result<(), Error> {
        let anybody = self.system.has_peer_servers().await? || self.has_clients().await?;
        let report = codec::encode(&rpc::Audience { anybody });
        let subject = self.workspace.router(Question::Audience);
        let published = self.bus.publish(subject, &[], report.into()).await;
        published.map_err(Error::Bus)
    }

    /// Returns whether there are connections of other users than the roles' user. On an external server
    /// roles may connect under another name; they then count as clients.
    async fn has_clients(&self) -> Result<bool, Error> {
        let filter = json!({ "auth": true, "acc": ACCOUNT, "limit": LISTED_MAX });
        let listed = self.system.connections(&filter).await?.data.connections;
        let mut users = listed.iter().map(|one| one.authorized_user.as_str());
        Ok(listed.len() >= LISTED_MAX || users.any(|user| user != ROLES_USER))
    }
}
