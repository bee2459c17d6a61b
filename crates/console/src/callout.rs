//! NATS's auth callout: the server asks about everybody who connects, we answer who it is and what
//! they may.

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
use crate::metrics::{SIGN_IN_SECONDS, SIGN_INS};
use crate::recent_sign_ins::{Connection, RecentSignIns};
use crate::request::Request;
use crate::rights::Rights;
use crate::sign_in::{SignIn, SignInError};

/// How many sign-ins are under way at once; the rest wait in the subscription.
pub(crate) const SIGN_INS_MAX: usize = 1_024;
/// How often a sign-in reads rights again that changed while it was under way.
const RECHECKS_MAX: usize = 8;
/// The name of the endpoint among the services.
pub(crate) const ENDPOINT: &str = "sign-in";
/// The members of this queue group share the sign-ins.
pub(crate) const QUEUE: &str = "console";

/// Answers sign-ins.
pub(crate) struct Callout {
    pub(crate) bus: Bus,
    pub(crate) workspace: Subjects,
    pub(crate) issuer: Issuer,
    pub(crate) started: Instant,
    pub(crate) sign_in: SignIn,
    pub(crate) service: Service,
    // Locked for a look into a queue, never across an await.
    pub(crate) recent: Mutex<RecentSignIns>,
}

impl Callout {
    /// Serves until told to stop, and then answers what it has begun.
    pub(crate) async fn serve(
        self: Arc<Self>,
        mut requests: Subscription,
        stop: &CancellationToken,
    ) -> Result<(), Error> {
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                biased; // Stop first; then make room before there is more.
                () = stop.cancelled() => break,
                Some(ended) = under_way.join_next(), if !under_way.is_empty() => pass_on(ended),
                request = requests.next(), if under_way.len() < SIGN_INS_MAX => match request {
                    Some(request) => drop(under_way.spawn(Arc::clone(&self).answer(request))),
                    None => return Err(Error::Ended),
                },
            }
        }
        while let Some(ended) = under_way.join_next().await {
            pass_on(ended);
        }
        Ok(())
    }

    async fn answer(self: Arc<Self>, message: Message) {
        let began = self.started.elapsed();
        let request = match Request::open(&message.payload) {
            Ok(request) => request,
            Err(error) => {
                tracing::warn!(error = %bus::chain(&error), "not a request of NATS's auth callout");
                self.count("untrusted", began, Some("untrusted"));
                return;
            }
        };
        let connection = self.note(&request);
        let outcome = self.check(&connection, &request).await;
        let label = outcome.as_ref().map_or_else(SignInError::label, |_| "ok");
        tell(&request, &outcome);
        let fault = self.respond(&message, &request, &outcome).await.err();
        let fault = fault.map(|fault| fault.to_string());
        self.count(label, began, fault.as_deref());
    }

    /// Who it is, with rights that no change has overtaken meanwhile.
    async fn check(
        &self,
        connection: &Connection,
        request: &Request,
    ) -> Result<Login, SignInError> {
        let mut login = self.sign_in.check(request).await?;
        for _ in 0..RECHECKS_MAX {
            let settled = self.recent().settle(connection, &login.user, login.as_of);
            if settled {
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
            tracing::warn!(error = %bus::chain(error), "a sign-in is not answered");
        }
        sent.map_err(Error::Bus)
    }

    /// The connections with rights of before a change that NATS may not list yet.
    pub(crate) fn outdated(&self, user: &UserId, position: u64) -> Vec<Connection> {
        let now = self.started.elapsed();
        self.recent().outdated(user, position, now)
    }

    /// Whether a connection has the rights of after a change.
    pub(crate) fn is_current(&self, connection: &Connection, position: u64) -> bool {
        self.recent().is_current(connection, position)
    }

    /// Whether this connection's request reached us lately.
    pub(crate) fn is_recent(&self, connection: &Connection) -> bool {
        self.recent().has(connection)
    }

    fn note(&self, request: &Request) -> Connection {
        let connection = Connection {
            server: request.server.clone(),
            client: request.client,
        };
        let user = request.user.parse().ok();
        let now = self.started.elapsed();
        self.recent().note(connection.clone(), user, now);
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

/// Logs who came in, and that somebody did not. A name that nobody has is not repeated: people type
/// their password there.
fn tell(request: &Request, outcome: &Result<Login, SignInError>) {
    let host = request.host.as_str();
    match outcome {
        Ok(login) => tracing::info!(user = %login.user, host, "signed in"),
        Err(refusal @ SignInError::Unavailable(_)) => {
            tracing::warn!(host, error = %bus::chain(refusal), "a sign-in cannot be checked");
        }
        Err(refusal) => tracing::info!(host, %refusal, "a sign-in is refused"),
    }
}

fn pass_on(ended: Result<(), JoinError>) {
    if let Err(bug) = ended {
        std::panic::resume_unwind(bug.into_panic());
    }
}
