//! Closes the connections of a user whose rights change. Clients reconnect and get the new rights.
//!
//! Also closes connections that tried to sign in while no console role was subscribed, as after a
//! restart. NATS sent their auth callouts to no subscriber, so they would hang until its timeout.
//! Connections whose sign-in another instance may be answering stay open.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bus::{Link, Message, Subscription};
use chat::id::UserId;
use chat::subject::{AUTH_CALLOUT, Subjects};
use serde_json::json;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::accounts::{ACCOUNT, ROLES_USER, SYSTEM_USER};
use crate::callout::Callout;
use crate::recent_sign_ins::Connection;
use crate::system_account::{
    ConnectionList, Ended, ListedConnection, SIGNING_IN_ACCOUNT, SystemAccount,
};

const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// The most connections per list; NATS's reply has no other limit.
const LISTED_MAX: usize = 1_024;
/// The most users tracked individually; beyond it all users sign in again.
const PENDING_MAX: usize = 4_096;
/// The most lists requested to close the connections of one user or of all.
const LISTS_MAX: usize = 16;

/// Closes connections.
pub(crate) struct Revocation {
    pub(crate) system: SystemAccount,
    pub(crate) workspace: Subjects,
    pub(crate) callout: Arc<Callout>,
}

/// The connections to close.
#[derive(Debug, Default)]
struct Pending {
    /// Users, each with the position of the last change.
    users: BTreeMap<UserId, u64>,
    all_users: bool,
    /// Connections that tried to sign in before any console role subscribed.
    unanswered: bool,
}

/// A selection of connections.
#[derive(Clone, Copy, Debug)]
enum Selection<'a> {
    /// A user's, except those with rights from this position or later.
    User(&'a UserId, u64),
    AllUsers,
    /// Those signing in that have a lower number and are unknown to this role.
    Unanswered(u64),
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
        let mut pending = Pending {
            unanswered: true,
            ..Pending::default()
        };
        self.close_pending(&mut pending).await;
        loop {
            tokio::select! {
                biased; // Stop first; then new changes, then retries.
                () = stop.cancelled() => return Ok(()),
                message = changed.next() => match message {
                    Some(message) => self.add_change(&message, &mut pending),
                    None => return Err(Error::BusClosed),
                },
                // Changes and sign-ins may have been lost while disconnected, so all users sign in again.
                Ok(()) = link.changed() => {
                    let now = *link.borrow_and_update();
                    let gap = now.has_gap_since(&last);
                    (pending.all_users, pending.unanswered) = (pending.all_users || gap, pending.unanswered || gap);
                    last = now;
                }
                () = tokio::time::sleep(RETRY_PAUSE), if !pending.is_empty() => {}
            }
            while let Some(message) = changed.try_next() {
                self.add_change(&message, &mut pending);
            }
            self.close_pending(&mut pending).await;
        }
    }

    fn add_change(&self, message: &Message, pending: &mut Pending) {
        let subject = message.subject.as_str();
        let Some(user) = self.workspace.rights_user(subject) else {
            tracing::warn!(subject, "a rights change names no user");
            return;
        };
        let Ok(position) = chat::codec::decode::<u64>(&message.payload) else {
            tracing::warn!(subject, "a rights change names no position");
            pending.all_users = true;
            return;
        };
        if pending.users.len() < PENDING_MAX {
            let last = pending.users.entry(user).or_default();
            *last = position.max(*last);
        } else {
            pending.all_users = true;
        }
    }

    /// Closes the pending connections; failures stay pending.
    async fn close_pending(&self, pending: &mut Pending) {
        if pending.unanswered {
            match self.close_unanswered().await {
                Ok(()) => pending.unanswered = false,
                Err(error) => return log_failure(&error),
            }
        }
        if pending.all_users {
            match self.close_listed(Selection::AllUsers).await {
                Ok(()) => *pending = Pending::default(),
                Err(error) => log_failure(&error),
            }
            return;
        }
        while let Some((user, position)) = pending.users.pop_first() {
            if let Err(error) = self.close_user(&user, position).await {
                log_failure(&error);
                pending.users.insert(user, position);
                return;
            }
        }
    }

    async fn close_user(&self, user: &UserId, position: u64) -> Result<(), Error> {
        for connection in self.callout.outdated(user, position) {
            self.system.close(&connection, Ended::Rights).await?;
        }
        self.close_listed(Selection::User(user, position)).await
    }

    /// Closes the connections whose sign-in no console role received. NATS numbers connections in
    /// order: another console receives the sign-ins of connections with higher numbers than its own.
    async fn close_unanswered(&self) -> Result<(), Error> {
        let filter = json!({ "auth": true, "acc": ACCOUNT, "filter_subject": AUTH_CALLOUT });
        let consoles = self.system.connections(&filter).await?.data.connections;
        let this = self.callout.bus.client_id();
        let others = consoles.iter().map(|listed| listed.cid);
        let first = others.filter(|other| *other != this).min();
        let selection = Selection::Unanswered(first.unwrap_or(u64::MAX));
        self.close_listed(selection).await
    }

    /// Closes the selected connections that NATS lists, except those that already have the new rights. A
    /// connection that signed in through another instance may be closed needlessly, which costs one
    /// reconnection.
    async fn close_listed(&self, selection: Selection<'_>) -> Result<(), Error> {
        let mut kept = 0;
        for _ in 0..LISTS_MAX {
            let list = self.list(selection, kept).await?;
            let full = list.data.connections.len() >= LISTED_MAX;
            for listed in list.data.connections {
                let connection = Connection {
                    server: list.server.id.clone(),
                    client: listed.cid,
                };
                let Some(reason) = self.reason_to_close(selection, &connection, &listed) else {
                    kept += 1;
                    continue;
                };
                self.system.close(&connection, Ended::Rights).await?;
                tracing::info!(user = %listed.authorized_user, client = listed.cid, "connection closed: {reason}");
            }
            if !full {
                return Ok(());
            }
        }
        Err(Error::TooManyConnections)
    }

    /// Returns why a connection is to be closed, if it is.
    fn reason_to_close(
        &self,
        selection: Selection<'_>,
        connection: &Connection,
        listed: &ListedConnection,
    ) -> Option<&'static str> {
        let user = listed.authorized_user.as_str();
        let is_outdated = match selection {
            Selection::Unanswered(end) => {
                // Without credentials NATS has sent no auth callout yet. It sends none for roles.
                let has_credentials = [user, listed.lang.as_str()].iter().any(|s| !s.is_empty());
                let is_role = [ROLES_USER, SYSTEM_USER].contains(&user);
                let is_answered = connection.client >= end || self.callout.is_recent(connection);
                return (has_credentials && !is_role && !is_answered)
                    .then_some("no console role was subscribed when it signed in");
            }
            Selection::User(_, position) => !self.callout.is_current(connection, position),
            Selection::AllUsers => true,
        };
        // The roles' user is not a login, so a role's connection is never closed.
        let is_user = user.parse::<UserId>().is_ok();
        (is_outdated && is_user).then_some("its user's rights changed")
    }

    async fn list(&self, selection: Selection<'_>, offset: usize) -> Result<ConnectionList, Error> {
        let account = match selection {
            Selection::Unanswered(_) => SIGNING_IN_ACCOUNT,
            Selection::User(..) | Selection::AllUsers => ACCOUNT,
        };
        let mut filter = json!({
            "auth": true, "acc": account, "limit": LISTED_MAX, "offset": offset,
        });
        if let (Selection::User(user, _), Some(filter)) = (selection, filter.as_object_mut()) {
            filter.insert("user".to_owned(), user.as_str().into());
        }
        self.system.connections(&filter).await
    }
}

impl Pending {
    fn is_empty(&self) -> bool {
        self.users.is_empty() && !self.all_users && !self.unanswered
    }
}

fn log_failure(error: &Error) {
    tracing::warn!(error = %bus::chain(error), "cannot close connections; retrying");
}
