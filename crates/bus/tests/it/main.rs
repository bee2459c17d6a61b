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

/// The timeout of every wait: longer than anything here takes.
const TIMEOUT: Duration = Duration::from_secs(20);
