//! Runs the roles of this process: starts them, watches them, and stops them in order.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure, Result};
use crate::signals::Signals;

/// The longest shutdown of the roles. NATS stops after them, within the promised 15 s.
const STOP_TIMEOUT: Duration = Duration::from_secs(11);
/// The duration of a replay of the log after which a notice is logged.
const READY_NOTICE: Duration = Duration::from_secs(5);

/// A role of Switchboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Role {
    /// HTTP gateway for messengers.
    Ingress,
    /// The single writer of a workspace.
    SessionRouter,
    /// HTTP requests to messengers.
    Egress,
    /// The console page and sign-in.
    Console,
}

impl Role {
    /// All roles in the order in which they stop: first stop accepting messages, then make the
    /// accepted ones durable, then stop sending.
    pub(crate) const ALL: [Self; 4] = [
        Self::Ingress,
        Self::SessionRouter,
        Self::Egress,
        Self::Console,
    ];

    /// The name of the role.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::SessionRouter => "session-router",
            Self::Egress => "egress",
            Self::Console => "console",
        }
    }
}

/// The result of a role.
type Ended = (Role, Result);

/// The running roles.
pub(crate) struct Daemon {
    tasks: JoinSet<Ended>,
    running: Vec<(Role, CancellationToken)>,
}

impl Daemon {
    pub(crate) fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            running: Vec::new(),
        }
    }

    /// Starts a role. `run` receives the token that stops it.
    pub(crate) fn start<F, E>(&mut self, role: Role, run: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = std::result::Result<(), E>> + Send + 'static,
        E: Into<RoleError>,
    {
        let stop = CancellationToken::new();
        let run = run(stop.clone());
        self.running.push((role, stop));
        self.tasks.spawn(async move {
            let ended = run.await.map_err(|error| {
                let RoleError { exit, error } = error.into();
                Failure::new(exit, error.context(format!("{} stopped", role.name())))
            });
            (role, ended)
        });
    }

    /// Waits until the session router has replayed its log, and logs a notice if that takes longer
    /// than [`READY_NOTICE`]. Fails as soon as a role ends.
    pub(crate) async fn ready(&mut self, router: Option<watch::Receiver<bool>>) -> Result {
        let Some(mut router) = router else {
            return Ok(());
        };
        let notice = async {
            tokio::time::sleep(READY_NOTICE).await;
            tracing::info!("the session router is still replaying its log");
            std::future::pending::<()>().await;
        };
        let is_ready = async {
            if router.wait_for(|ready| *ready).await.is_err() {
                // The role has ended: `ended` returns its error.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased; // A role that has ended never becomes ready.
            failure = self.ended() => Err(failure),
            () = notice => Ok(()),
            () = is_ready => Ok(()),
        }
    }

    /// Waits for a role that ends without having been stopped.
    pub(crate) async fn ended(&mut self) -> Failure {
        match self.tasks.join_next().await {
            Some(Ok((role, Err(failure)))) => {
                self.forget(role);
                failure
            }
            Some(Ok((role, Ok(())))) => {
                self.forget(role);
                Failure::message(
                    Exit::Failure,
                    format!("{} stopped unexpectedly", role.name()),
                )
            }
            Some(Err(panic)) => Failure::new(
                Exit::Failure,
                anyhow::Error::new(panic).context("a role panicked"),
            ),
            None => std::future::pending().await,
        }
    }

    /// Stops the roles one after the other. A second signal or the timeout aborts them.
    pub(crate) async fn stop(mut self, signals: &mut Signals) -> Result {
        tokio::select! {
            biased; // A second signal takes precedence.
            () = signals.next() => {
                Err(Failure::message(Exit::Failure, "stopped by a second signal; requests in progress were aborted"))
            }
            stopped = tokio::time::timeout(STOP_TIMEOUT, self.stop_in_order()) => {
                stopped.unwrap_or_else(|_| {
                    // Not a failure: acknowledged messages are durable, and aborted attempts are
                    // retried from the log.
                    tracing::warn!(timeout = ?STOP_TIMEOUT, "shutdown timed out; aborting attempts");
                    Ok(())
                })
            }
        }
    }

    async fn stop_in_order(&mut self) -> Result {
        let mut result = Ok(());
        for role in Role::ALL {
            let Some((_, stop)) = self.running.iter().find(|(one, _)| *one == role) else {
                continue;
            };
            stop.cancel();
            while self.running.iter().any(|(one, _)| *one == role) {
                match self.tasks.join_next().await {
                    Some(Ok((ended, how))) => {
                        tracing::debug!(role = ended.name(), "stopped");
                        self.forget(ended);
                        result = result.and(how);
                    }
                    Some(Err(panic)) => {
                        tracing::error!(%panic, "a role panicked");
                        result = result.and(Err(panic.into()));
                        self.forget(role);
                    }
                    None => break,
                }
            }
        }
        result
    }

    fn forget(&mut self, role: Role) {
        self.running.retain(|(one, _)| *one != role);
    }
}

/// Why a role ended, and the exit code for it.
pub(crate) struct RoleError {
    exit: Exit,
    error: anyhow::Error,
}

/// Declares the errors whose exit code is `Exit::Failure`.
macro_rules! plain_failures {
    ($($Error:ty),*) => {
        $(impl From<$Error> for RoleError {
            fn from(error: $Error) -> Self {
                Self { exit: Exit::Failure, error: error.into() }
            }
        })*
    };
}

plain_failures!(ingress::Error, egress::Error);

impl RoleError {
    /// An error of the console role. A restart does not help if NATS has another configuration.
    pub(super) fn of_console(error: console::Error, seed: &str, url: &str) -> Self {
        use console::Error as E;
        let is_setting = matches!(error, E::ForeignIssuer | E::Encrypted | E::OpenToAll);
        let exit = if is_setting {
            Exit::Settings
        } else {
            Exit::Failure
        };
        let is_foreign = matches!(error, E::ForeignIssuer);
        let error = anyhow::Error::from(error);
        let error = if is_foreign {
            error.context(format!(
                "{seed} does not fit the NATS server at {url}, so nobody could sign in; take both from \
                 one data directory (`switchboard config nats` prints the server's part)"
            ))
        } else {
            error
        };
        Self { exit, error }
    }
}

/// A damaged log has its own exit code, and a restart does not help with a second session router: it
/// would take over with other data when the first one stops.
impl From<session_router::Error> for RoleError {
    fn from(error: session_router::Error) -> Self {
        Self {
            exit: if error.is_damage() {
                Exit::Damaged
            } else if matches!(error, session_router::Error::NotAlone(_)) {
                Exit::Settings
            } else {
                Exit::Failure
            },
            error: error.into(),
        }
    }
}
