//! The role: its parts, started and stopped together.

use std::sync::{Arc, Mutex};

use bus::{Bus, Service, ServiceInfo, Subscription};
use chat::secret::Secret;
use chat::subject::{AUTH_CALLOUT, Subjects};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::audience::Audience;
use crate::callout::{self, Callout};
use crate::http;
use crate::issuer::Issuer;
use crate::page::{Page, Public};
use crate::recent_sign_ins::RecentSignIns;
use crate::revocation::Revocation;
use crate::sign_in::SignIn;
use crate::websocket::Websocket;

/// What the role is called among NATS services.
pub const SERVICE: &str = "switchboard-console";

/// What the role is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// The seed of the account key that NATS's configuration names as the issuer of its auth
    /// callout, `SA...` ([`new_issuer`](crate::nats_server::new_issuer)).
    pub issuer: Secret,
    /// Where browsers reach NATS.
    pub websocket: Websocket,
    /// The origins whose pages NATS lets connect, so that a page from elsewhere can say why it may
    /// not; empty where that is not known.
    pub origins: Vec<String>,
}

/// Why the role did not start, or ended before it was told to.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The issuer's seed is not one, or not an account's.
    #[error("the issuer's seed is not the seed of a NATS account key, which begins with SA")]
    Issuer(#[source] nkeys::error::Error),
    /// NATS did not take what we sent.
    #[error("NATS does not serve the console role; check that the roles' user may do all")]
    Bus(#[source] bus::Error),
    /// NATS did not say which connections there are in the way that we know.
    #[error("NATS lists its connections in another form; version 2.10 or newer is needed")]
    Connections(#[source] serde_json::Error),
    /// There are too many connections to end at once.
    #[error("too many connections to end at once")]
    Many,
    /// The bus was closed under us.
    #[error("the connection to NATS is closed for good")]
    Ended,
}

/// Signs people in and serves the page until it is told to stop. The caller binds the listener, so
/// that it can say which setting named a taken port.
///
/// `bus` is the roles' user; `system` is the system account's user, through which connections are
/// ended. Without it, changed rights are in force only at the next sign-in, which is at the latest
/// after [`SIGN_IN_SECS`](crate::SIGN_IN_SECS).
pub async fn run(
    config: Config,
    listener: TcpListener,
    bus: Bus,
    system: Option<Bus>,
    workspace: Subjects,
    stop: CancellationToken,
) -> Result<(), Error> {
    crate::metrics::describe();
    let started = bus::clock::instant();
    let issuer = Issuer::from_seed(&config.issuer).map_err(Error::Issuer)?;
    let requests = bus.subscribe(AUTH_CALLOUT, Some(callout::QUEUE)).await;
    let requests = requests.map_err(Error::Bus)?;
    let changed = bus.subscribe(&workspace.all_rights(), None).await;
    let changed = changed.map_err(Error::Bus)?;
    // Whoever sees us announced can count on being signed in.
    bus.flush().await.map_err(Error::Bus)?;
    let service = announce(&bus, &workspace).await?;
    let audience = system.clone().map(|system| Audience {
        bus: bus.clone(),
        system,
        workspace: workspace.clone(),
    });
    let page = Page::built(Public {
        workspace: workspace.as_str().to_owned(),
        websocket: config.websocket,
        origins: config.origins,
    });
    let callout = Arc::new(Callout {
        sign_in: SignIn::new(bus.clone(), workspace.clone(), started),
        bus,
        workspace,
        issuer,
        started,
        service: service.clone(),
        recent: Mutex::new(RecentSignIns::default()),
    });
    let served = tokio::try_join!(
        Arc::clone(&callout).serve(requests, &stop),
        end_connections(&callout, system, changed, &stop),
        async {
            http::serve(listener, page, &stop).await;
            Ok(())
        },
        async {
            if let Some(audience) = audience {
                audience.serve(&stop).await;
            }
            Ok(())
        },
    );
    service.stop().await;
    served.map(|_| ())
}

async fn announce(bus: &Bus, workspace: &Subjects) -> Result<Service, Error> {
    let description = format!("Sign-in and page for the users of {}", workspace.as_str());
    let info = ServiceInfo::of_role(SERVICE, description).endpoint(
        callout::ENDPOINT,
        AUTH_CALLOUT,
        Some(callout::QUEUE),
    );
    bus.announce(info).await.map_err(Error::Bus)
}

async fn end_connections(
    callout: &Arc<Callout>,
    system: Option<Bus>,
    changed: Subscription,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let Some(system) = system else {
        tracing::warn!("no system account of NATS: changed rights wait for the next sign-in");
        return Ok(());
    };
    let link = callout.bus.changes();
    let revocation = Revocation {
        system,
        workspace: callout.workspace.clone(),
        callout: Arc::clone(callout),
    };
    revocation.serve(changed, link, stop).await
}
