//! Rights follow membership: when a user's rights change, the user's connections are ended. Clients
//! connect again by themselves, and get the new rights.
//!
//! Ended too is who asked to sign in when no console role listened, as after a restart: NATS has put
//! the question to nobody, and would let them wait until it gives up. They come again, and are heard.

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

/// How long NATS may take to list or end connections.
const ASK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait before what failed is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How many connections one list holds. NATS's answer has no other bound.
const LISTED_MAX: usize = 1_024;
/// Where NATS has the connections that have not signed in; with an auth callout nobody else is there.
const ASKING_ACCOUNT: &str = "$G";
/// How many users are remembered one by one; past it everybody signs in again.
const DUE_MAX: usize = 4_096;
/// How many lists are asked for at the most, to end the connections of one user or all of them.
const LISTS_MAX: usize = 16;

/// Ends connections.
pub(crate) struct Revocation {
    pub(crate) system: Bus,
    pub(crate) workspace: Subjects,
    pub(crate) callout: Arc<Callout>,
}

/// Whose connections have to be ended still.
#[derive(Debug, Default)]
struct Due {
    /// Each with the position of the last change.
    users: BTreeMap<UserId, u64>,
    everybody: bool,
    /// Who asked to sign in before we listened.
    unheard: bool,
}

/// Whose connections.
#[derive(Clone, Copy, Debug)]
enum Whose<'a> {
    /// A user's, but for those with the rights as of this position or later.
    User(&'a UserId, u64),
    Everybody,
    Unheard,
}

impl Revocation {
    /// Serves until told to stop.
    pub(crate) async fn serve(
        self,
        mut changed: Subscription,
        mut link: watch::Receiver<Link>,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let mut seen = *link.borrow_and_update();
        let mut due = Due {
            unheard: true,
            ..Due::default()
        };
        self.settle(&mut due).await;
        loop {
            tokio::select! {
                biased; // Stop first; then all that is known, then what failed before.
                () = stop.cancelled() => return Ok(()),
                message = changed.next() => match message {
                    Some(message) => self.take_in(&message, &mut due),
                    None => return Err(Error::Ended),
                },
                // A change may have got lost while the bus was away, and a sign-in too: everybody
                // signs in again.
                Ok(()) = link.changed() => {
                    let now = *link.borrow_and_update();
                    let gap = now.has_gap_since(&seen);
                    (due.everybody, due.unheard) = (due.everybody || gap, due.unheard || gap);
                    seen = now;
                }
                () = tokio::time::sleep(RETRY), if !due.is_empty() => {}
            }
            while let Some(message) = changed.try_next() {
                self.take_in(&message, &mut due);
            }
            self.settle(&mut due).await;
        }
    }

    fn take_in(&self, message: &Message, due: &mut Due) {
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
        if due.users.len() < DUE_MAX {
            let last = due.users.entry(user).or_default();
            *last = position.max(*last);
        } else {
            due.everybody = true;
        }
    }

    /// Ends what is due; what fails stays due.
    async fn settle(&self, due: &mut Due) {
        if due.unheard {
            match self.end_listed(Whose::Unheard).await {
                Ok(()) => due.unheard = false,
                Err(error) => return tell_failure(&error),
            }
        }
        if due.everybody {
            match self.end_listed(Whose::Everybody).await {
                Ok(()) => *due = Due::default(),
                Err(error) => tell_failure(&error),
            }
            return;
        }
        while let Some((user, position)) = due.users.pop_first() {
            if let Err(error) = self.end(&user, position).await {
                tell_failure(&error);
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

    /// Ends the connections that NATS lists as theirs, but for those that came with the rights of after
    /// the change. Whoever came by another console, or back from a gap, may be ended once more, which
    /// costs a reconnection and harms nobody.
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
                tracing::info!(user = %listed.authorized_user, client = listed.cid, "connection ended: {reason}");
            }
            if !full {
                return Ok(());
            }
        }
        Err(Error::Many)
    }

    /// Why a connection is to end, if it is.
    fn reason(
        &self,
        whose: Whose<'_>,
        connection: &Connection,
        user: &str,
    ) -> Option<&'static str> {
        let ends = match whose {
            Whose::Unheard => {
                let heard = self.callout.is_recent(connection);
                return (!heard).then_some("nobody listened when it asked to sign in");
            }
            Whose::User(_, position) => !self.callout.is_current(connection, position),
            Whose::Everybody => true,
        };
        // The roles' user is no login, so a role is never taken for somebody.
        let is_user = user.parse::<UserId>().is_ok();
        (ends && is_user).then_some("its user's rights changed")
    }

    async fn list(&self, whose: Whose<'_>, offset: usize) -> Result<List, Error> {
        let account = match whose {
            Whose::Unheard => ASKING_ACCOUNT,
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
        // An error in the answer says that there is no such connection any more: that is the aim.
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

fn tell_failure(error: &Error) {
    tracing::warn!(error = %bus::chain(error), "cannot end connections yet; trying again");
}

/// NATS's answer to the question for connections.
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
