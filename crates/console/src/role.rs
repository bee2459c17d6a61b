//! The role: starts and stops its parts together.

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
use crate::pending;
use crate::recent_sign_ins::RecentSignIns;
use crate::revocation::Revocation;
use crate::self_test::{self, SelfTest};
use crate::sign_in::SignIn;
use crate::system_account::SystemAccount;
use crate::websocket::Websocket;

/// The role's name among NATS services.
pub const SERVICE: &str = "switchboard-console";

/// The configuration of the role.
#[derive(Clone, Debug)]
pub struct Config {
    /// The seed of the account key that the NATS configuration names as the issuer of its auth
    /// callout, `SA…` ([`new_issuer`](crate::nats_server::new_issuer)).
    pub issuer: Secret,
    /// The address of NATS for browsers.
    pub websocket: Websocket,
    /// The origins that NATS accepts, so that a page from another one can report why it cannot connect;
    /// empty if unknown.
    pub origins: Vec<String>,
    /// How to connect to a NATS server whose configuration we did not write, with a random token: a
    /// sign-in with it shows at the start whether the server accepts what this role signs.
    pub self_test: Option<bus::Config>,
}

/// Why the role did not start, or ended early.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The issuer's seed is not that of an account key.
    #[error("the issuer's seed is not that of a NATS account key, which begins with SA")]
    Issuer(#[source] nkeys::error::Error),
    /// A call to NATS failed.
    #[error("a call to NATS failed; check the permissions of the roles' user")]
    Bus(#[source] bus::Error),
    /// NATS's list of connections cannot be parsed.
    #[error("cannot parse NATS's list of connections; version 2.10 or newer is required")]
    Connections(#[source] serde_json::Error),
    /// NATS lists more connections than can be closed at once.
    #[error("too many connections to close at once")]
    TooManyConnections,
    /// NATS rejects what the role grants.
    #[error(
        "NATS rejects the sign-ins that this role grants: another issuer or account is in its auth_callout"
    )]
    ForeignIssuer,
    /// NATS encrypts its requests.
    #[error(
        "NATS encrypts its sign-in requests; remove xkey from auth_callout in its configuration"
    )]
    Encrypted,
    /// NATS admits clients without a request to this role.
    #[error(
        "NATS admits clients without credentials; give it the configuration that `switchboard config \
         nats` prints"
    )]
    OpenToAll,
    /// The bus was closed.
    #[error("the connection to NATS was closed")]
    BusClosed,
}

/// Handles sign-ins and serves the page until `stop` is cancelled. The caller binds the listener, so
/// that it can name the setting of a port in use.
///
/// `bus` is connected as the roles' user and `system` as the system account's user, through which
/// connections are closed. Without it, changed rights apply from the next sign-in, at the latest after
/// [`SIGN_IN_SECS`](crate::SIGN_IN_SECS).
pub async fn run(
    config: Config,
    listener: TcpListener,
    bus: Bus,
    system: Option<Bus>,
    workspace: Subjects,
    stop: CancellationToken,
) -> Result<(), Error> {
    crate::metric::describe();
    let started = bus::clock::instant();
    let issuer = Issuer::from_seed(&config.issuer).map_err(Error::Issuer)?;
    let requests = bus.subscribe(AUTH_CALLOUT, Some(callout::QUEUE)).await;
    let requests = requests.map_err(Error::Bus)?;
    let changed = bus.subscribe(&workspace.all_rights(), None).await;
    let changed = changed.map_err(Error::Bus)?;
    // The subscriptions must be active before the role announces itself.
    bus.flush().await.map_err(Error::Bus)?;
    let service = announce(&bus, &workspace).await?;
    let system = system.map(SystemAccount);
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
    let (places, rejections) = callout::places();
    let callout = Arc::new(Callout {
        sign_in: SignIn::new(bus.clone(), workspace.clone(), started),
        system: system.clone(),
        bus,
        workspace,
        issuer,
        started,
        service: service.clone(),
        self_test: config.self_test.map(SelfTest::new),
        recent: Mutex::new(RecentSignIns::default()),
        places,
        rejections,
    });
    let served = tokio::try_join!(
        Arc::clone(&callout).serve(requests, &stop),
        close_connections(&callout, system, changed, &stop),
        async {
            http::serve(listener, page, &stop).await;
            Ok(())
        },
        self_test::run(callout.self_test.as_ref(), &stop),
        async {
            if let Some(audience) = audience {
                tokio::join!(
                    pending::serve(audience.system.clone(), &stop),
                    audience.serve(&stop)
                );
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

async fn close_connections(
    callout: &Arc<Callout>,
    system: Option<SystemAccount>,
    changed: Subscription,
    stop: &CancellationToken,
) -> Result<(), Error> {
    let Some(system) = system else {
        tracing::warn!("no NATS system account: changed rights apply from the next sign-in");
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
