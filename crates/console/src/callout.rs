//! Handles NATS's auth callout: the server sends a request for every client that connects, and the reply
//! contains the client's rights or an error.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bus::{Bus, Message, Service, Subscription};
use bytes::Bytes;
use chat::id::UserId;
use chat::rpc::Login;
use chat::subject::Subjects;
use metrics::{counter, histogram};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::accounts::ACCOUNT;
use crate::issuer::Issuer;
use crate::metric::{SIGN_IN_SECONDS, SIGN_INS};
use crate::nats_server::CONNECTIONS_MAX;
use crate::recent_sign_ins::{Connection, RecentSignIns};
use crate::request::{Request, Untrusted};
use crate::rights::Rights;
use crate::self_test::SelfTest;
use crate::sign_in::{SignIn, SignInError};
use crate::system_account::SystemAccount;

/// The most sign-ins in progress, without rejected ones; further ones wait in the subscription.
pub(crate) const SIGN_INS_MAX: usize = 1_024;
/// A rejection is sent this long after its request, whatever the reason: during a flood, how long a
/// sign-in waits depends on whether the name exists, and this hides it.
pub(crate) const REJECTION_DELAY: Duration = Duration::from_secs(1);
/// The same while more than [`REJECTIONS_CALM`] are held back. A flood of some thousand connections
/// then makes some hundred sign-ins per second, which leaves time for the others.
const REJECTION_DELAY_MAX: Duration = Duration::from_secs(5);
const REJECTIONS_CALM: usize = 64;
/// The most rejections that are held back, of about 1 KiB; further ones are sent at once. As many as
/// NATS has connections.
const REJECTIONS_MAX: usize = CONNECTIONS_MAX;
/// The most connections of one user. Each may have as much memory of NATS as
/// [`PENDING_BYTES_MAX`](crate::nats_server::PENDING_BYTES_MAX).
pub const CONNECTIONS_PER_USER_MAX: usize = 32;
/// How often a sign-in fetches rights again that changed meanwhile.
const RECHECKS_MAX: usize = 8;
/// The endpoint's name among NATS services.
pub(crate) const ENDPOINT: &str = "sign-in";
/// The queue group that shares the sign-ins.
pub(crate) const QUEUE: &str = "console";
/// The header of requests that NATS encrypts.
const XKEY_HEADER: &str = "Nats-Server-Xkey";

/// Handles sign-ins.
pub(crate) struct Callout {
    pub(crate) bus: Bus,
    pub(crate) workspace: Subjects,
    pub(crate) issuer: Issuer,
    pub(crate) started: Instant,
    pub(crate) sign_in: SignIn,
    /// Counts the connections of users; there may be none on an external NATS.
    pub(crate) system: Option<SystemAccount>,
    pub(crate) service: Service,
    pub(crate) self_test: Option<SelfTest>,
    // Held for one lookup, never across an await.
    pub(crate) recent: Mutex<RecentSignIns>,
    /// The places of sign-ins in progress, and of rejections that are held back.
    pub(crate) places: Arc<Semaphore>,
    pub(crate) rejections: Semaphore,
}

/// Returns the places of sign-ins in progress, and of rejections that are held back.
pub(crate) fn places() -> (Arc<Semaphore>, Semaphore) {
    let [sign_ins, rejections] = [SIGN_INS_MAX, REJECTIONS_MAX].map(Semaphore::new);
    (Arc::new(sign_ins), rejections)
}

impl Callout {
    /// Serves until `stop` is cancelled, then finishes the sign-ins in progress.
    pub(crate) async fn serve(
        self: Arc<Self>,
        mut requests: Subscription,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let mut running = JoinSet::new();
        loop {
            tokio::select! {
                biased; // Stop first; then finished sign-ins, which free slots for new ones.
                () = stop.cancelled() => break,
                Some(ended) = running.join_next(), if !running.is_empty() => propagate_panic(ended),
                next = self.next(&mut requests) => {
                    let (message, place) = next.ok_or(Error::BusClosed)?;
                    // Here, and so one after the other: verifying a flood of large requests must not
                    // take all threads.
                    if let Some(request) = self.open(&message) {
                        running.spawn(Arc::clone(&self).handle(message, request, place));
                    }
                }
            }
        }
        while let Some(ended) = running.join_next().await {
            propagate_panic(ended);
        }
        Ok(())
    }

    /// Waits for a place, then for a request. Cancel safe.
    async fn next(&self, requests: &mut Subscription) -> Option<(Message, OwnedSemaphorePermit)> {
        let place = Arc::clone(&self.places).acquire_owned().await.ok()?;
        Some((requests.next().await?, place))
    }

    fn open(&self, message: &Message) -> Option<Request> {
        let is_encrypted = message.header(XKEY_HEADER).is_some();
        if let Some(test) = self.self_test.as_ref().filter(|_| is_encrypted) {
            test.is_encrypted();
        }
        let request = if is_encrypted {
            Err(Untrusted::Encrypted)
        } else {
            Request::open(&message.payload)
        };
        request
            .inspect_err(|error| {
                tracing::warn!(error = %bus::chain(error), "invalid auth callout request");
                self.count("untrusted", self.started.elapsed(), Some("untrusted"));
            })
            .ok()
    }

    async fn handle(
        self: Arc<Self>,
        mut message: Message,
        request: Request,
        place: OwnedSemaphorePermit,
    ) {
        let began = self.started.elapsed();
        if (self.self_test.as_ref()).is_some_and(|test| test.takes(&request)) {
            let now = bus::clock::now();
            if let Ok(answer) = self.issuer.grant_nothing(&request, now) {
                // Logged if it fails; the test then tries again.
                drop(self.send(&message, answer).await);
            }
            return;
        }
        let connection = self.record(&request);
        let outcome = self.check(&connection, &request).await;
        let label = outcome.as_ref().map_or_else(SignInError::label, |_| "ok");
        log_outcome(&request, &outcome);
        if let Err(SignInError::Unavailable(_)) = outcome {
            // NATS rejects the client only when the time is over, which tells it that its credentials
            // were not looked at.
            self.recent().forget(&connection);
            self.count(label, began, None);
            return;
        }
        let answer = self.answer(&request, &outcome);
        if outcome.is_err() {
            // Only the answer is kept meanwhile: a request has up to 64 KiB.
            message.payload = Bytes::new();
            drop((request, place));
            self.hold_back(began).await;
            self.recent().forget(&connection);
        }
        let fault = match answer {
            Ok(answer) => self.send(&message, answer).await.err(),
            Err(error) => Some(error),
        };
        let fault = fault.map(|fault| fault.to_string());
        self.count(label, began, fault.as_deref());
    }

    /// Waits until [`REJECTION_DELAY`] after the request, or longer during a flood.
    async fn hold_back(&self, began: Duration) {
        let Ok(_place) = self.rejections.try_acquire() else {
            return;
        };
        let held = REJECTIONS_MAX - self.rejections.available_permits();
        let delay = if held > REJECTIONS_CALM {
            REJECTION_DELAY_MAX
        } else {
            REJECTION_DELAY
        };
        let elapsed = self.started.elapsed().saturating_sub(began);
        tokio::time::sleep(delay.saturating_sub(elapsed)).await;
    }

    /// Authenticates a client, and fetches its rights again if they change meanwhile.
    async fn check(
        &self,
        connection: &Connection,
        request: &Request,
    ) -> Result<Login, SignInError> {
        let mut login = self.sign_in.check(request).await?;
        if !self.has_connection_left(connection, &login.user).await {
            let (user, host) = (&login.user, request.host.as_str());
            tracing::warn!(%user, host, connections = CONNECTIONS_PER_USER_MAX, "sign-in rejected: the user has too many connections");
            return Err(SignInError::Connections);
        }
        for _ in 0..RECHECKS_MAX {
            let current = (self.recent()).set_rights(connection, &login.user, login.as_of);
            if current {
                return Ok(login);
            }
            login = self.sign_in.recheck(request, &login).await?;
        }
        Err(SignInError::Late)
    }

    /// Returns whether a user may have this connection too. NATS counts the connections, so that the
    /// limit holds for all console processes together. Without an answer there is no limit.
    async fn has_connection_left(&self, connection: &Connection, user: &UserId) -> bool {
        let Some(system) = &self.system else {
            return true;
        };
        let filter = json!({
            "auth": true, "acc": ACCOUNT, "user": user.as_str(), "limit": CONNECTIONS_PER_USER_MAX,
        });
        let listed = match system.connections(&filter).await {
            Ok(list) => list.into_connections(),
            Err(error) => {
                tracing::warn!(error = %bus::chain(&error), "cannot count the connections of a user");
                return true;
            }
        };
        let now = self.started.elapsed();
        (self.recent()).admit(connection, user, listed, CONNECTIONS_PER_USER_MAX, now)
    }

    fn answer(
        &self,
        request: &Request,
        outcome: &Result<Login, SignInError>,
    ) -> Result<String, Error> {
        let now = bus::clock::now();
        let answer = match outcome {
            Ok(login) => {
                let rights = Rights::of(&self.workspace, login);
                self.issuer.grant(request, &rights, now)
            }
            Err(refusal) => self.issuer.refuse(request, &refusal.to_string(), now),
        };
        answer.map_err(Error::Issuer)
    }

    async fn send(&self, message: &Message, answer: String) -> Result<(), Error> {
        let sent = self.bus.respond(message, &[], answer.into()).await;
        if let Err(error) = &sent {
            tracing::warn!(error = %bus::chain(error), "cannot reply to a sign-in");
        }
        sent.map_err(Error::Bus)
    }

    /// Returns the connections with rights from before a change, which NATS may not list yet.
    pub(crate) fn outdated(&self, user: &UserId, position: u64) -> Vec<Connection> {
        let now = self.started.elapsed();
        self.recent().outdated(user, position, now)
    }

    /// Returns whether a connection has the rights from after a change.
    pub(crate) fn is_current(&self, connection: &Connection, position: u64) -> bool {
        self.recent().is_current(connection, position)
    }

    /// Returns whether this role received this connection's sign-in recently.
    pub(crate) fn is_recent(&self, connection: &Connection) -> bool {
        self.recent().has(connection)
    }

    fn record(&self, request: &Request) -> Connection {
        let connection = Connection {
            server: request.server.clone(),
            client: request.client,
        };
        let user = request.user.parse().ok();
        let now = self.started.elapsed();
        self.recent().record(connection.clone(), user, now);
        connection
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, RecentSignIns> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, label: &'static str, began: Duration, fault: Option<&str>) {
        let elapsed = self.started.elapsed().saturating_sub(began);
        counter!(SIGN_INS, "result" => label).increment(1);
        histogram!(SIGN_IN_SECONDS).record(elapsed.as_secs_f64());
        self.service.count(ENDPOINT, elapsed, fault);
    }
}

/// Logs a sign-in. Omits the name of a rejected one: people type their password there.
fn log_outcome(request: &Request, outcome: &Result<Login, SignInError>) {
    let host = request.host.as_str();
    match outcome {
        Ok(login) => tracing::info!(user = %login.user, host, "signed in"),
        Err(refusal @ SignInError::Unavailable(_)) => {
            tracing::warn!(host, error = %bus::chain(refusal), "cannot check a sign-in");
        }
        // A flood must not fill the disk. The metric counts it.
        Err(refusal @ SignInError::Flood) => tracing::debug!(host, %refusal, "sign-in rejected"),
        Err(refusal) => tracing::info!(host, %refusal, "sign-in rejected"),
    }
}

fn propagate_panic(ended: Result<(), JoinError>) {
    if let Err(bug) = ended {
        std::panic::resume_unwind(bug.into_panic());
    }
}
