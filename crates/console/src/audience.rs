//! Says to the session-router whether anybody is connected who could listen to the feed: events that
//! nobody can hear are not rendered. In doubt there is somebody.

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

/// How often it is said. The router believes it for several times as long.
const EVERY: Duration = Duration::from_secs(2);
/// How long NATS may take to answer; the router counts on it.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);
/// How many connections are looked at; among more there is somebody.
const LISTED_MAX: usize = 256;

/// Sees who is connected.
pub(crate) struct Audience {
    pub(crate) bus: Bus,
    pub(crate) system: Bus,
    pub(crate) workspace: Subjects,
}

impl Audience {
    /// Says it again and again until told to stop.
    pub(crate) async fn serve(self, stop: &CancellationToken) {
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let all = async {
            loop {
                every.tick().await;
                if let Err(error) = self.say().await {
                    tracing::debug!(error = %bus::chain(&error), "it is not known who is connected");
                }
            }
        };
        // Nobody waits for a NATS that does not answer.
        let _ended: Option<()> = stop.run_until_cancelled(all).await;
    }

    async fn say(&self) -> Result<(), Error> {
        let anybody = self.has_neighbours().await? || self.lists_anybody().await?;
        let word = codec::encode(&rpc::Audience { anybody });
        let subject = self.workspace.router(Question::Audience);
        let said = self.bus.publish(subject, &[], word.into()).await;
        said.map_err(Error::Bus)
    }

    /// Whether other servers are connected to NATS, whose clients it does not list.
    async fn has_neighbours(&self) -> Result<bool, Error> {
        let state: Answer<State> = self.ask(SERVER_STATE, String::new()).await?;
        let State {
            routes,
            leafnodes,
            gateway,
        } = state.data;
        Ok(routes > 0 || leafnodes > 0 || gateway.name.is_some())
    }

    /// Whether there are connections that are not a role's. Whoever has another name may be one of
    /// somebody's own server, and listen: then roles of another name count as well.
    async fn lists_anybody(&self) -> Result<bool, Error> {
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

/// An answer of NATS's system account.
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
