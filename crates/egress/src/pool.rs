//! The idle connections to messengers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bus::clock;
use chat::reason::Reason;
use hyper::Uri;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tower_service::Service as _;

use crate::connection::Connection;
use crate::connector::Connector;

/// How long an idle connection is kept: less than servers' usual 60 s, and long enough for a
/// conversation.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
/// How often connections that have been idle for too long, or that the messenger closed, are looked for.
const EVICTION_INTERVAL: Duration = Duration::from_secs(2);
/// The most idle connections per host: as many as a session router has notices in flight to one channel,
/// so that none is made for a single request. [`KEPT_MAX`](crate::dialer::KEPT_MAX) bounds all of them.
const IDLE_PER_HOST_MAX: usize = 128;
/// How long closing a connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Makes connections, and keeps idle ones.
pub(crate) struct Pool {
    connector: Connector,
    idle: Arc<Mutex<Idle>>,
    /// Closing connections, and the task that evicts idle ones.
    tasks: TaskTracker,
    evicting: DropGuard,
}

/// Idle connections by origin, each with the time since which it is idle, the latest at the end.
type Idle = BTreeMap<Arc<str>, Vec<(Instant, Connection)>>;

impl Pool {
    /// Returns an empty pool. Needs a runtime.
    pub(crate) fn new(connector: Connector) -> Self {
        let (idle, tasks) = (Arc::default(), TaskTracker::new());
        let stop = CancellationToken::new();
        let evicting = evict(Arc::clone(&idle), tasks.clone());
        let stopped = stop.clone();
        tasks.spawn(async move { stopped.run_until_cancelled(evicting).await });
        Self {
            connector,
            idle,
            tasks,
            evicting: stop.drop_guard(),
        }
    }

    /// Takes the connection to an origin that was used last.
    pub(crate) fn take(&self, origin: &str) -> Option<Connection> {
        let oldest = clock::instant().checked_sub(IDLE_TIMEOUT);
        loop {
            let (since, mut connection) = lock(&self.idle).get_mut(origin)?.pop()?;
            if oldest.is_none_or(|oldest| since > oldest) && connection.is_ready() {
                return Some(connection);
            }
            close(&self.tasks, connection);
        }
    }

    /// Makes a connection to the origin of a URL.
    pub(crate) async fn connect(&self, url: Uri) -> Result<Connection, Reason> {
        let stream = self.connector.clone().call(url).await?;
        let connection = Connection::start(stream).await;
        connection.map_err(|error| Reason::ConnectionBroken {
            detail: error.to_string(),
        })
    }

    /// Keeps a connection for the next request to its origin, if it may be and there is room.
    pub(crate) fn keep(&self, origin: &Arc<str>, mut connection: Connection) {
        if connection.may_be_kept() {
            let mut idle = lock(&self.idle);
            let kept = idle.entry(Arc::clone(origin)).or_default();
            if kept.len() < IDLE_PER_HOST_MAX {
                kept.push((clock::instant(), connection));
                return;
            }
        }
        close(&self.tasks, connection);
    }

    /// Closes every connection.
    pub(crate) async fn close(self) {
        for (_, connection) in std::mem::take(&mut *lock(&self.idle))
            .into_values()
            .flatten()
        {
            close(&self.tasks, connection);
        }
        drop(self.evicting);
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Closes a connection in the background.
fn close(tasks: &TaskTracker, connection: Connection) {
    drop(tasks.spawn(tokio::time::timeout(CLOSE_TIMEOUT, connection.close())));
}

/// Evicts connections that were idle for too long or that their messenger has closed.
async fn evict(idle: Arc<Mutex<Idle>>, tasks: TaskTracker) {
    loop {
        tokio::time::sleep(EVICTION_INTERVAL).await;
        let oldest = clock::instant().checked_sub(IDLE_TIMEOUT);
        let mut idle = lock(&idle);
        for kept in idle.values_mut() {
            let over = kept.extract_if(.., |(since, connection)| {
                oldest.is_some_and(|oldest| *since <= oldest) || !connection.is_ready()
            });
            for (_, connection) in over {
                close(&tasks, connection);
            }
        }
        idle.retain(|_, kept| !kept.is_empty());
    }
}

/// Held for a look at one host's connections, or once in a while at all of them; never across an await.
fn lock(idle: &Mutex<Idle>) -> MutexGuard<'_, Idle> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
