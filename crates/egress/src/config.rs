//! What the role is told.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::guard::Allow;

/// A sensible [`Config::concurrency`].
pub const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(256).unwrap();
/// A sensible [`Config::per_host`].
pub const PER_HOST: NonZeroUsize = NonZeroUsize::new(64).unwrap();
/// A sensible [`Config::waiting`].
pub const WAITING: usize = 1_024;
/// A sensible [`Config::grace`]: a little more than an attempt may take.
pub const GRACE: Duration = Duration::from_secs(11);

/// Everything that the role is told.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the guard lets through although it refuses it by default.
    pub allow: Vec<Allow>,
    /// Which certificates are believed.
    pub trust: Trust,
    /// How many attempts run at once.
    pub concurrency: NonZeroUsize,
    /// How many attempts run at once at one host, so that one that hangs does not hold up the rest.
    pub per_host: NonZeroUsize,
    /// How many requests wait for their turn, each for [`WAIT_MAX`](crate::WAIT_MAX) at most.
    pub waiting: usize,
    /// How long attempts may go on after the role was told to stop.
    pub grace: Duration,
}

/// Which authorities' certificates are believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that Mozilla trusts, as of this build. The same on every machine.
    Mozilla,
    /// Those that this machine trusts: what a company with an authority of its own wants.
    System,
    /// These and no others, each an X.509 certificate in DER.
    Only(Vec<Vec<u8>>),
}
