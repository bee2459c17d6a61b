//! Reports to the session router whether any client is connected that could subscribe to the feed, so
//! that it does not render events without subscribers. In doubt it reports that there is one.

use std::time::Duration;

use bus::Bus;
use chat::codec;
use chat::rpc;
use chat::subject::{Question, SERVER_CONNECTIONS, SERVER_STATE, Subjects};
use serde::Deserialize;
use serde_json::json;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::nats_server::{ACCOUNT, ROLES_USER};

/// How often it reports. The router trusts a report for several times as long.
const EVERY: Duration = Duration::from_secs(2);
/// The timeout of requests to NATS; the router relies on it.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);
/// The most connections that are listed; more always count as an audience.
const LISTED_MAX: usize = 256;

/// Watches the connected clients.
pub(crate) struct Audience {
    pub(crate) bus: Bus,
    pub(crate) system: Bus,
    pub(crate) workspace: Subjects,
}

impl Audience {
    /// Reports periodically until `stop` is cancelled.
    pub(crate) async fn serve(self, stop: &CancellationToken) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let all = async {
            loop {
                every.tick().await;
                if let Err(error) = self.report().await {
                    tracing::debug!(error = %bus::chain(&error), "cannot report the audience");
                }
            }
        };
        // On a stop it does not wait for a pending request to NATS.
        let _ended: Option<()> = stop.run_until_cancelled(all).await;
    }

    async fn report(&self) -> Result<(), Error> {
        let anybody = self.has_peer_servers().await? || self.has_clients().await?;
        let report = codec::encode(&rpc::Audience { anybody });
        let subject = self.workspace.router(Question::Audience);
        let published = self.bus.publish(subject, &[], report.into()).await;
        published.map_err(Error::Bus)
    }

    /// Returns whether other servers are connected to NATS, whose clients it does not list.
    async fn has_peer_servers(&self) -> Result<bool, Error> {
        let state: Answer<State> = self.ask(SERVER_STATE, String::new()).await?;
        let State {
            routes,
            leafnodes,
            gateway,
        } = state.data;
        Ok(routes > 0 || leafnodes > 0 || gateway.name.is_some())
    }

    /// Returns whether there are connections of other users than the roles' user. On an external server
    /// roles may connect under another name; they then count as clients.
    async fn has_clients(&self) -> Result<bool, Error> {
        let filter = json!({ "auth": true, "acc": ACCOUNT, "limit": LISTED_MAX });
        let list: Answer<List> = self.ask(SERVER_CONNECTIONS, filter.to_string()).await?;
        let listed = list.data.connections;
        let mut users = listed.iter().map(|one| one.authorized_user.as_str());
        Ok(listed.len() >= LISTED_MAX || users.any(|user| user != ROLES_USER))
    }

    async fn ask<T>(&self, subject: &str, question: String) -> Result<Answer<T>, Error>
    where
        T: for<'a> Deserialize<'a>,
    {
        let asked = self
            .system
            .request(subject.to_owned(), &[], question.into(), ASK_TIMEOUT);
        let answer = asked.await.map_err(Error::Bus)?;
        serde_json::from_slice(&answer.payload).map_err(Error::Connections)
    }
}

/// A reply of NATS's system account.
#[derive(Deserialize)]
struct Answer<T> {
    data: T,
}

#[derive(Deserialize)]
struct State {
    routes: u64,
    leafnodes: u64,
    #[serde(default)]
    gateway: Gateway,
}

#[derive(Default, Deserialize)]
struct Gateway {
    name: Option<String>,
}

#[derive(Deserialize)]
struct List {
    connections: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    authorized_user: String,
}
