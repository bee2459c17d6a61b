//! The configuration of ingress and egress.

use std::num::NonZeroU32;
use std::time::Duration;

use super::loaded::{Loaded, bad};
use crate::exit::{Exit, OrExit as _, Result};
use crate::settings::Trust;

/// How long attempts may continue during shutdown. Shorter than the timeout of an attempt, so that the
/// process stops within 15 s: aborted attempts are retried from the log.
const EGRESS_GRACE: Duration = Duration::from_secs(3);

pub(super) fn ingress_config(loaded: &Loaded) -> Result<ingress::Config> {
    let ingress = &loaded.settings.ingress;
    let rate = match (
        NonZeroU32::new(ingress.rate),
        NonZeroU32::new(ingress.burst),
    ) {
        (None, _) => None,
        (Some(per_second), Some(burst)) => Some(ingress::Rate { per_second, burst }),
        (Some(_), None) => {
            let source = loaded.layers.source("ingress.burst");
            return Err(bad(format!(
                "{source}: ingress.burst must be greater than zero if ingress.rate is; to turn the \
                 limit off, set ingress.rate = 0"
            )));
        }
    };
    Ok(ingress::Config {
        rate,
        connections_max: ingress.connections_max.0.get(),
        connections_per_source_max: NonZeroU32::new(ingress.connections_per_source_max),
        headers_max: ingress.headers_max.0.get(),
        header_bytes_max: ingress.header_bytes_max.0,
        header_read_timeout: ingress.header_read_timeout.0,
        idle_timeout: ingress.idle_timeout.0,
        body_timeout: ingress.body_timeout.0,
        write_timeout: ingress.write_timeout.0,
        large_bodies_max: ingress.large_bodies_max.0.get(),
        router_timeout: ingress.router_timeout.0,
        drain_timeout: ingress.drain_timeout.0,
    })
}

pub(super) fn egress_config(loaded: &Loaded) -> Result<egress::Config> {
    let egress = &loaded.settings.egress;
    let source = loaded.layers.source("egress.allow");
    let allow = egress
        .allow
        .iter()
        .map(|entry| entry.parse())
        .collect::<std::result::Result<Vec<egress::Allow>, _>>()
        .or_fail(Exit::Settings, || {
            format!("{source}: egress.allow has an invalid entry")
        })?;
    Ok(egress::Config {
        allow,
        trust: match egress.trust {
            Trust::Mozilla => egress::Trust::Mozilla,
            Trust::System => egress::Trust::System,
        },
        concurrency: egress.concurrency.0,
        per_host: egress.per_host.0,
        waiting: egress.waiting.0.get(),
        grace: EGRESS_GRACE,
    })
}
