//! Closes the connections of a user whose rights change. Clients reconnect and get the new rights.
//!
//! Also closes connections that tried to sign in while no console role was subscribed, as after a
//! restart: NATS asked nobody about them and would let them wait for its timeout. They reconnect and
//! sign in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bus::{Bus, Link, Message, Subscription};
use bytes::Bytes;
use chat::id::UserId;
use chat::subject::{self, Subjects};
use metrics::counter;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::callout::Callout;
use crate::metrics::CONNECTIONS_ENDED;
use crate::nats_server::ACCOUNT;
use crate::recent_sign_ins::Connection;

/// How long NATS may take to list or close connections.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause before a retry.
const RETRY: Duration = Duration::from_secs(1);
/// The most connections per list; NATS's reply has no other limit.
const LISTED_MAX: usize = 1_024;
/// The account of the connections that have not signed in; with an auth callout it has no others.
const SIGNING_IN_ACCOUNT: &str = "$G";
/// The most users tracked individually; beyond it all users sign in again.
const PENDING_MAX: usize = 4_096;
/// The most lists requested to close the connections of one user or of all.
const LISTS_MAX: usize = 16;

/// Closes connections.
pub(crate) struct Revocation {
    pub(crate) system: Bus,
    pub(crate) workspace: Subjects,
    pub(crate) callout: Arc<Callout>,
}

/// The connections that are still to be closed.
#[derive(Debug, Default)]
struct Due {
    /// Users, each with the position of the last change.
    users: BTreeMap<UserId, u64>,
    everybody: bool,
    /// Connections that tried to sign in before this role subscribed.
    unheard: bool,
}

/// Selects connections.
#[derive(Clone, Copy, Debug)]
enum Whose<'a> {
    /// A user's, except those with the rights of this position or later.
    User(&'a UserId, u64),
    Everybody,
    Unheard,
}

impl Revocation {
    /// Serves until `stop` is cancelled.
    pub(crate) async fn serve(
        self,
        mut changed: Subscription,
        mut link: watch::Receiver<Link>,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let mut last = *link.borrow_and_update();
        let mut due = Due {
            unheard: true,
            ..Due::default()
        };
        self.close_pending(&mut due).await;
        loop {
            tokio::select! {
                biased; // Stop first; then new changes, then retries.
                () = stop.cancelled() => return Ok(()),
                message = changed.next() => match message {
                    Some(message) => self.add_change(&message, &mut due),
                    None => return Err(Error::Ended),
                },
                // Changes and sign-ins may have been lost while disconnected, so all users sign in again.
                Ok(()) = link.changed() => {
                    let now = *link.borrow_and_update();
                    let gap = now.has_gap_since(&last);
                    (due.everybody, due.unheard) = (due.everybody || gap, due.unheard || gap);
                    last = now;
                }
                () = tokio::time::sleep(RETRY), if !due.is_empty() => {}
            }
            while let Some(message) = changed.try_next() {
                self.add_change(&message, &mut due);
            }
            self.close_pending(&mut due).await;
        }
    }

    fn add_change(&self, message: &Message, due: &mut Due) {
        let subject = message.subject.as_str();
        let Some(user) = self.workspace.rights_user(subject) else {
            tracing::warn!(subject, "a rights change names no user");
            return;
        };
        let Ok(position) = chat::codec::decode::<u64>(&message.payload) else {
            tracing::warn!(subject, "a rights change names no position");
            due.everybody = true;
            return;
        };
        if due.users.len() < PENDING_MAX {
            let last = due.users.entry(user).or_default();
            *last = position.max(*last);
        } else {
            due.everybody = true;
        }
    }

    /// Closes the pending connections; failures stay pending.
    async fn close_pending(&self, due: &mut Due) {
        if due.unheard {
            match self.end_listed(Whose::Unheard).await {
                Ok(()) => due.unheard = false,
                Err(error) => return log_failure(&error),
            }
        }
        if due.everybody {
            match self.end_listed(Whose::Everybody).await {
                Ok(()) => *due = Due::default(),
                Err(error) => log_failure(&error),
            }
            return;
        }
        while let Some((user, position)) = due.users.pop_first() {
            if let Err(error) = self.end(&user, position).await {
                log_failure(&error);
                due.users.insert(user, position);
                return;
            }
        }
    }

    async fn end(&self, user: &UserId, position: u64) -> Result<(), Error> {
        for connection in self.callout.outdated(user, position) {
            self.kick(&connection).await?;
        }
        self.end_listed(Whose::User(user, position)).await
    }

    /// Closes the selected connections that NATS lists, except those that already have the new rights. A
    /// connection that signed in through another instance may be closed needlessly, which costs one
    /// reconnection.
    async fn end_listed(&self, whose: Whose<'_>) -> Result<(), Error> {
        let mut kept = 0;
        for _ in 0..LISTS_MAX {
            let list = self.list(whose, kept).await?;
            let full = list.data.connections.len() >= LISTED_MAX;
            for listed in list.data.connections {
                let connection = Connection {
                    server: list.server.id.clone(),
                    client: listed.cid,
                };
                let Some(reason) = self.reason(whose, &connection, &listed.authorized_user) else {
                    kept += 1;
                    continue;
                };
                self.kick(&connection).await?;
                tracing::info!(user = %listed.authorized_user, client = listed.cid, "connection closed: {reason}");
            }
            if !full {
                return Ok(());
            }
        }
        Err(Error::Many)
    }

    /// Returns why a connection is to be closed, if it is.
    fn reason(
        &self,
        whose: Whose<'_>,
        connection: &Connection,
        user: &str,
    ) -> Option<&'static str> {
        let ends = match whose {
            Whose::Unheard => {
                let heard = self.callout.is_recent(connection);
                return (!heard).then_some("no console role was subscribed when it signed in");
            }
            Whose::User(_, position) => !self.callout.is_current(connection, position),
            Whose::Everybody => true,
        };
        // The roles' user is not a login, so a role's connection is never closed.
        let is_user = user.parse::<UserId>().is_ok();
        (ends && is_user).then_some("its user's rights changed")
    }

    async fn list(&self, whose: Whose<'_>, offset: usize) -> Result<List, Error> {
        let account = match whose {
            Whose::Unheard => SIGNING_IN_ACCOUNT,
            Whose::User(..) | Whose::Everybody => ACCOUNT,
        };
        let mut filter = json!({
            "auth": true, "acc": account, "limit": LISTED_MAX, "offset": offset,
        });
        if let (Whose::User(user, _), Some(filter)) = (whose, filter.as_object_mut()) {
            filter.insert("user".to_owned(), user.as_str().into());
        }
        let answer = self.ask(subject::SERVER_CONNECTIONS.to_owned(), filter.to_string());
        serde_json::from_slice(&answer.await?).map_err(Error::Connections)
    }

    async fn kick(&self, connection: &Connection) -> Result<(), Error> {
        let subject = subject::server_kick(&connection.server);
        let answer = self.ask(subject, json!({ "cid": connection.client }).to_string());
        // An error in the reply means that the connection is already gone.
        drop(answer.await?);
        counter!(CONNECTIONS_ENDED).increment(1);
        Ok(())
    }

    async fn ask(&self, subject: String, question: String) -> Result<Bytes, Error> {
        let answer = self
            .system
            .request(subject, &[], question.into(), ASK_TIMEOUT);
        Ok(answer.await.map_err(Error::Bus)?.payload)
    }
}

impl Due {
    fn is_empty(&self) -> bool {
        self.users.is_empty() && !self.everybody && !self.unheard
    }
}

fn log_failure(error: &Error) {
    tracing::warn!(error = %bus::chain(error), "cannot close connections; retrying");
}

/// NATS's list of connections.
#[derive(Deserialize)]
struct List {
    server: Server,
    data: Data,
}

#[derive(Deserialize)]
struct Server {
    id: String,
}

#[derive(Deserialize)]
struct Data {
    connections: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    cid: u64,
    #[serde(default)]
    authorized_user: String,
}
