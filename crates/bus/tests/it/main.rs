//! The bus against a real `nats-server`.

use std::time::Duration;

#[cfg(test)]
mod basics;
#[cfg(test)]
mod connecting;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod service;

/// Longer than anything here takes, so that what is waited for either comes or fails the test.
const SOON: Duration = Duration::from_secs(20);
