//! Requests to NATS's system account, which lists and closes connections.

use std::collections::BTreeSet;
use std::time::Duration;

use bus::Bus;
use bytes::Bytes;
use chat::subject::{SERVER_CONNECTIONS, SERVER_STATE, server_kick};
use metrics::counter;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Error;
use crate::metric::CONNECTIONS_ENDED;
use crate::recent_sign_ins::Connection;

/// The timeout of a request. The router relies on it to judge the age of audience reports.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(5);

/// The account of the connections that have not signed in; with an auth callout it has no others.
pub(crate) const SIGNING_IN_ACCOUNT: &str = "$G";

/// Why a connection is ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Ended {
    /// Its user's rights changed, or it must sign in again.
    Rights,
    /// It has not signed in, and there are too many of these.
    Pending,
}

/// A bus connected as the user of the system account.
#[derive(Clone)]
pub(crate) struct SystemAccount(pub(crate) Bus);

/// A server's list of connections.
#[derive(Deserialize)]
pub(crate) struct ConnectionList {
    pub(crate) server: Server,
    pub(crate) data: Connections,
}

impl ConnectionList {
    /// Returns the listed connections.
    pub(crate) fn into_connections(self) -> BTreeSet<Connection> {
        let of_server = |listed: ListedConnection| Connection {
            server: self.server.id.clone(),
            client: listed.cid,
        };
        self.data.connections.into_iter().map(of_server).collect()
    }
}

#[derive(Deserialize)]
pub(crate) struct Server {
    pub(crate) id: String,
}

#[derive(Deserialize)]
pub(crate) struct Connections {
    pub(crate) connections: Vec<ListedConnection>,
    /// The number of all that match the filter.
    #[serde(default)]
    pub(crate) total: usize,
}

#[derive(Deserialize)]
pub(crate) struct ListedConnection {
    pub(crate) cid: u64,
    #[serde(default)]
    pub(crate) authorized_user: String,
    /// The client's library; empty until the client has sent its credentials.
    #[serde(default)]
    pub(crate) lang: String,
}

#[derive(Deserialize)]
struct StateReply {
    data: State,
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

impl SystemAccount {
    /// Lists the connections that match a filter of NATS's `CONNZ`.
    pub(crate) async fn connections(&self, filter: &Value) -> Result<ConnectionList, Error> {
        let reply = self.request(SERVER_CONNECTIONS.to_owned(), filter.to_string());
        serde_json::from_slice(&reply.await?).map_err(Error::Connections)
    }

    /// Returns whether other servers are connected to NATS, whose clients it does not list.
    pub(crate) async fn has_peer_servers(&self) -> Result<bool, Error> {
        let reply = self.request(SERVER_STATE.to_owned(), String::new());
        let reply: StateReply =
            serde_json::from_slice(&reply.await?).map_err(Error::Connections)?;
        let State {
            routes,
            leafnodes,
            gateway,
        } = reply.data;
        Ok(routes > 0 || leafnodes > 0 || gateway.name.is_some())
    }

    /// Closes a connection. An error in the reply means that it is already closed.
    pub(crate) async fn close(&self, connection: &Connection, why: Ended) -> Result<(), Error> {
        let request = json!({ "cid": connection.client }).to_string();
        let _reply = (self.request(server_kick(&connection.server), request)).await?;
        let why = match why {
            Ended::Rights => "rights",
            Ended::Pending => "pending",
        };
        counter!(CONNECTIONS_ENDED, "why" => why).increment(1);
        Ok(())
    }

    async fn request(&self, subject: String, payload: String) -> Result<Bytes, Error> {
        let reply = (self.0).request(subject, &[], payload.into(), REQUEST_TIMEOUT);
        Ok(reply.await.map_err(Error::Bus)?.payload)
    }
}
