//! The roles of this process: started, watched, and stopped in order.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::exit::{Exit, Failure, Result};
use crate::signals::Signals;

/// The bound of stopping everything but NATS; with NATS it is within the 15 s that are promised.
const STOP_TIMEOUT: Duration = Duration::from_secs(11);
/// How long the session-router may take to open its log and answer, before that is said.
const READY_WORDS: Duration = Duration::from_secs(5);

/// A role of Switchboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub(crate) enum Role {
    /// HTTP gateway for messengers.
    Ingress,
    /// The one writer of a workspace.
    SessionRouter,
    /// HTTP attempts at messengers.
    Egress,
    /// The page, and signing in.
    Console,
}

impl Role {
    /// All of them, in the order in which they stop: first nothing more comes in, then what has come
    /// is made durable, then what goes out.
    pub(crate) const ALL: [Self; 4] = [
        Self::Ingress,
        Self::SessionRouter,
        Self::Egress,
        Self::Console,
    ];

    /// What it is called.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::SessionRouter => "session-router",
            Self::Egress => "egress",
            Self::Console => "console",
        }
    }
}

/// How a role ended.
type Ended = (Role, Result);

/// The roles that run here.
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

    /// Starts a role; it gets the token that will stop it.
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

    /// Waits until the session-router serves: it reads what is new in its log first, which may take
    /// a while. Fails as soon as a role ends.
    pub(crate) async fn ready(&mut self, router: Option<watch::Receiver<bool>>) -> Result {
        let Some(mut router) = router else {
            return Ok(());
        };
        let patience = async {
            tokio::time::sleep(READY_WORDS).await;
            tracing::info!("the session-router is still reading its log");
            std::future::pending::<()>().await;
        };
        let serves = async {
            if router.wait_for(|ready| *ready).await.is_err() {
                // It has ended, and says why itself.
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            biased; // A role that ended never serves.
            failure = self.ended() => Err(failure),
            () = patience => Ok(()),
            () = serves => Ok(()),
        }
    }

    /// Waits for a role that ends although nobody told it to.
    pub(crate) async fn ended(&mut self) -> Failure {
        match self.tasks.join_next().await {
            Some(Ok((role, Err(failure)))) => {
                self.forget(role);
                failure
            }
            Some(Ok((role, Ok(())))) => {
                self.forget(role);
                Failure::say(Exit::Failure, format!("{} stopped by itself", role.name()))
            }
            Some(Err(panic)) => Failure::new(
                Exit::Failure,
                anyhow::Error::new(panic).context("a role panicked"),
            ),
            None => std::future::pending().await,
        }
    }

    /// Stops the roles one after the other; a second signal, or too long a wait, ends them all.
    pub(crate) async fn stop(mut self, signals: &mut Signals) -> Result {
        tokio::select! {
            biased; // Whoever asks twice means it.
            () = signals.next() => {
                Err(Failure::say(Exit::Failure, "asked to stop twice; what was in hand is cut off"))
            }
            stopped = tokio::time::timeout(STOP_TIMEOUT, self.stop_in_order()) => {
                stopped.unwrap_or_else(|_| {
                    // No fault: nothing is acknowledged that is not durable, and the rest is tried
                    // again from the log.
                    tracing::warn!("not stopped within {STOP_TIMEOUT:?}; attempts are cut off");
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

/// Why a role ended, and what the process then ends with.
pub(crate) struct RoleError {
    exit: Exit,
    error: anyhow::Error,
}

/// Declares which roles' errors are plain failures.
macro_rules! plain_failures {
    ($($Error:ty),*) => {
        $(impl From<$Error> for RoleError {
            fn from(error: $Error) -> Self {
                Self { exit: Exit::Failure, error: error.into() }
            }
        })*
    };
}

plain_failures!(ingress::Error, egress::Error, console::Error);

/// A damaged log has an exit code of its own, and what mends it is in the error's words.
impl From<session_router::Error> for RoleError {
    fn from(error: session_router::Error) -> Self {
        use event_log::Error as Log;
        use session_router::Error as E;
        let damaged = error.is_damage()
            || matches!(
                error,
                E::Log(Log::BothDamaged { .. } | Log::CopyDamaged { .. })
            );
        Self {
            exit: if damaged {
                Exit::Damaged
            } else {
                Exit::Failure
            },
            error: error.into(),
        }
    }
}
