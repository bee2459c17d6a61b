//! A sign-in by which the role finds out whether NATS accepts what it signs. An external server may have
//! the configuration of another data directory, and then rejects every user.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use chat::password::token;
use tokio_util::sync::CancellationToken;

use crate::Error;
use crate::request::Request;

/// How often the sign-in is tried. With several console processes another one may get the request, and
/// rejects it.
const ATTEMPTS_MAX: u32 = 20;
/// How many granted sign-ins NATS must reject. One could be a reply that was too late.
const REJECTED_MAX: u32 = 3;
/// The pause between attempts.
const PAUSE: Duration = Duration::from_millis(100);

/// The test of one start.
pub(crate) struct SelfTest {
    nats: bus::Config,
    /// The hash of the token of `nats`.
    token: String,
    is_over: AtomicBool,
    granted: AtomicU32,
    encrypted: AtomicBool,
}

/// Signs in until a result is certain or `stop` is cancelled. Fails if NATS rejects what the role
/// granted.
pub(crate) async fn run(test: Option<&SelfTest>, stop: &CancellationToken) -> Result<(), Error> {
    let Some(test) = test else { return Ok(()) };
    let result = stop.run_until_cancelled(test.attempts()).await;
    test.is_over.store(true, Ordering::Release);
    result.unwrap_or(Ok(()))
}

impl SelfTest {
    /// A test that connects with a random token, which no user has.
    pub(crate) fn new(nats: bus::Config) -> Self {
        Self {
            token: nats.token.as_ref().map(token::hash).unwrap_or_default(),
            nats,
            is_over: AtomicBool::new(false),
            granted: AtomicU32::new(0),
            encrypted: AtomicBool::new(false),
        }
    }

    /// Whether a request is the test's. It is granted, without any rights.
    pub(crate) fn takes(&self, request: &Request) -> bool {
        let is_ours = !self.is_over.load(Ordering::Acquire)
            && !request.token.expose().is_empty()
            && token::hash(&request.token) == self.token;
        if is_ours {
            self.granted.fetch_add(1, Ordering::AcqRel);
        }
        is_ours
    }

    /// Records that NATS encrypts its requests.
    pub(crate) fn is_encrypted(&self) {
        self.encrypted.store(true, Ordering::Release);
    }

    async fn attempts(&self) -> Result<(), Error> {
        let mut rejected = 0;
        for _ in 0..ATTEMPTS_MAX {
            let before = self.granted.load(Ordering::Acquire);
            // Boxed, because the client's future is large.
            let outcome = Box::pin(self.nats.probe()).await;
            let is_granted = self.granted.load(Ordering::Acquire) > before;
            match outcome {
                Ok(()) if is_granted => return Ok(()),
                Ok(()) => return Err(Error::OpenToAll),
                Err(bus::Error::NotAuthorised(_)) if is_granted => rejected += 1,
                Err(error) => {
                    tracing::debug!(error = %bus::chain(&error), "the test of the sign-in failed");
                }
            }
            if self.encrypted.load(Ordering::Acquire) {
                return Err(Error::Encrypted);
            }
            if rejected == REJECTED_MAX {
                return Err(Error::ForeignIssuer);
            }
            tokio::time::sleep(PAUSE).await;
        }
        tracing::warn!(
            url = self.nats.url,
            "no test sign-in reached this process, so users may not be able to sign in; check that \
             auth_callout is in the configuration of NATS (`switchboard config nats` prints it)"
        );
        Ok(())
    }
}
