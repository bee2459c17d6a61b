//! Reports to the session router which users are connected, so that it knows who is online and does not
//! render events of the feed without subscribers. If in doubt, it reports that one is connected.

use std::collections::BTreeSet;
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
const LISTED_MAX: usize = 1_024;

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
        let report = if self.system.has_peer_servers().await? {
            // Their clients are not listed.
            rpc::Audience {
                anybody: true,
                users: None,
            }
        } else {
            self.connected().await?
        };
        let subject = self.workspace.router(Question::Audience);
        let report = codec::encode(&report).into();
        let published = self.bus.publish(subject, &[], report).await;
        published.map_err(Error::Bus)
    }

    /// Lists the connections of other users than the roles' user. On an external server roles may
    /// connect under another name; they then count as clients.
    async fn connected(&self) -> Result<rpc::Audience, Error> {
        let filter = json!({ "auth": true, "acc": ACCOUNT, "limit": LISTED_MAX });
        let listed = self.system.connections(&filter).await?.data.connections;
        let is_whole = listed.len() < LISTED_MAX;
        let names: BTreeSet<&str> = (listed.iter())
            .map(|one| one.authorized_user.as_str())
            .filter(|user| *user != ROLES_USER)
            .collect();
        let users = names.iter().filter_map(|name| name.parse().ok());
        Ok(rpc::Audience {
            anybody: !is_whole || !names.is_empty(),
            users: is_whole.then(|| users.collect()),
        })
    }
}
