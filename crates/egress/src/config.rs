//! The configuration of the role.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::guard::Allow;

/// The default of [`Config::concurrency`]: more than a session router has in flight. The router shares
/// its requests fairly between channels, which a queue here would undo.
pub const CONCURRENCY: NonZeroUsize = NonZeroUsize::new(8_192).unwrap();
/// The default of [`Config::per_host`]: no limit besides [`Config::concurrency`], since the channels of
/// one host must not delay each other either.
pub const PER_HOST: NonZeroUsize = CONCURRENCY;
/// The default of [`Config::waiting`].
pub const WAITING: usize = 1_024;
/// The default of [`Config::grace`]: slightly more than an attempt may take.
pub const GRACE: Duration = Duration::from_secs(11);

/// The configuration of the role.
#[derive(Clone, Debug)]
pub struct Config {
    /// The exceptions of the guard.
    pub allow: Vec<Allow>,
    /// The trusted certificate authorities.
    pub trust: Trust,
    /// The most attempts at once.
    pub concurrency: NonZeroUsize,
    /// The most attempts at once to one host, for a host that cannot serve more.
    pub per_host: NonZeroUsize,
    /// The most waiting requests, each for [`WAIT_MAX`](crate::WAIT_MAX) at most.
    pub waiting: usize,
    /// How long running attempts may take on shutdown.
    pub grace: Duration,
}

/// The trusted certificate authorities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Mozilla's list as of this build, the same on every machine.
    Mozilla,
    /// The machine's list, for companies with their own authority.
    System,
    /// Exactly these X.509 certificates, in DER.
    Only(Vec<Vec<u8>>),
}
