//! Resolves a name to its addresses, once per connection.

use std::net::{IpAddr, ToSocketAddrs as _};
use std::sync::Arc;

use chat::reason::Reason;
use tokio::sync::Semaphore;

/// The most names resolved at once. The system's resolver blocks a thread, possibly for longer than the
/// connect timeout, so the threads are limited: to half of those that the runtime has for blocking work,
/// since names whose servers hang must not delay other names.
const RESOLVING_MAX: usize = 256;

/// A test's resolver.
#[cfg(test)]
pub(crate) type Script = dyn Fn(&str) -> Vec<IpAddr> + Send + Sync;

/// A resolver.
#[derive(Clone)]
pub(crate) enum Resolver {
    /// The machine's resolver, `/etc/hosts` included.
    System(Arc<Semaphore>),
    /// A script of a test.
    #[cfg(test)]
    Script(Arc<Script>),
}

impl Resolver {
    pub(crate) fn system() -> Self {
        Self::System(Arc::new(Semaphore::new(RESOLVING_MAX)))
    }

    /// Returns all addresses of a name, at least one.
    pub(crate) async fn resolve(&self, name: &str) -> Result<Vec<IpAddr>, Reason> {
        let found = match self {
            Self::System(places) => system(places, name).await,
            #[cfg(test)]
            Self::Script(answers) => Ok(answers(name)),
        };
        match found {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            Ok(_) => Err(unknown(name, "it has no address")),
            Err(error) => Err(unknown(name, &error.to_string())),
        }
    }
}

async fn system(places: &Arc<Semaphore>, name: &str) -> std::io::Result<Vec<IpAddr>> {
    let place = Arc::clone(places).acquire_owned().await;
    let query = (name.to_owned(), 0);
    let found = tokio::task::spawn_blocking(move || {
        let _place = place;
        let found = query.to_socket_addrs()?;
        Ok(found.map(|address| address.ip()).collect())
    });
    found.await.map_err(std::io::Error::other)?
}

fn unknown(name: &str, detail: &str) -> Reason {
    Reason::NameNotResolved {
        name: name.to_owned(),
        detail: detail.to_owned(),
    }
}
