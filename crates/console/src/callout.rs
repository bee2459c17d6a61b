//! Handles NATS's auth callout: the server sends a request for every client that connects, and the reply
//! contains the client's rights or an error.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bus::{Bus, Message, Service, Subscription};
use chat::id::UserId;
use chat::rpc::Login;
use chat::subject::Subjects;
use metrics::{counter, histogram};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::issuer::Issuer;
use crate::metric::{SIGN_IN_SECONDS, SIGN_INS};
use crate::recent_sign_ins::{Connection, RecentSignIns};
use crate::request::Request;
use crate::rights::Rights;
use crate::sign_in::{SignIn, SignInError};

/// The most sign-ins in progress; further ones wait in the subscription.
pub(crate) const SIGN_INS_MAX: usize = 1_024;
/// How often a sign-in fetches rights again that changed meanwhile.
const RECHECKS_MAX: usize = 8;
/// The endpoint's name among NATS services.
pub(crate) const ENDPOINT: &str = "sign-in";
/// The queue group that shares the sign-ins.
pub(crate) const QUEUE: &str = "console";

/// Handles sign-ins.
pub(crate) struct Callout {
    pub(crate) bus: Bus,
    pub(crate) workspace: Subjects,
    pub(crate) issuer: Issuer,
    pub(crate) started: Instant,
    pub(crate) sign_in: SignIn,
    pub(crate) service: Service,
    // Held for one lookup, never across an await.
    pub(crate) recent: Mutex<RecentSignIns>,
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
                request = requests.next(), if running.len() < SIGN_INS_MAX => match request {
                    Some(request) => drop(running.spawn(Arc::clone(&self).handle(request))),
                    None => return Err(Error::BusClosed),
                },
            }
        }
        while let Some(ended) = running.join_next().await {
            propagate_panic(ended);
        }
        Ok(())
    }

    async fn handle(self: Arc<Self>, message: Message) {
        let began = self.started.elapsed();
        let request = match Request::open(&message.payload) {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(error = %bus::chain(&error), "invalid auth callout request");
                self.count("untrusted", began, Some("untrusted"));
                return;
            }
        };
        let connection = self.record(&request);
        let outcome = self.check(&connection, &request).await;
        let label = outcome.as_ref().map_or_else(SignInError::label, |_| "ok");
        log_outcome(&request, &outcome);
        let fault = self.respond(&message, &request, &outcome).await.err();
        let fault = fault.map(|fault| fault.to_string());
        self.count(label, began, fault.as_deref());
    }

    /// Authenticates a client, and fetches its rights again if they change meanwhile.
    async fn check(
        &self,
        connection: &Connection,
        request: &Request,
    ) -> Result<Login, SignInError> {
        let mut login = self.sign_in.check(request).await?;
        for _ in 0..RECHECKS_MAX {
            let current = (self.recent()).set_rights(connection, &login.user, login.as_of);
            if current {
                return Ok(login);
            }
            login = self.sign_in.recheck(request, &login).await?;
        }
        Err(SignInError::Late)
    }

    async fn respond(
        &self,
        message: &Message,
        request: &Request,
        outcome: &Result<Login, SignInError>,
    ) -> Result<(), Error> {
        let now = bus::clock::now();
        let answer = match outcome {
            Ok(login) => {
                let rights = Rights::of(&self.workspace, login);
                self.issuer.grant(request, &rights, now)
            }
            Err(refusal) => self.issuer.refuse(request, &refusal.to_string(), now),
        };
        let answer = answer.map_err(Error::Issuer)?;
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
        Err(refusal) => tracing::info!(host, %refusal, "sign-in rejected"),
    }
}

fn propagate_panic(ended: Result<(), JoinError>) {
    if let Err(bug) = ended {
        std::panic::resume_unwind(bug.into_panic());
    }
}
