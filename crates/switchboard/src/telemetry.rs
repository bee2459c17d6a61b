//! Logs and metrics.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::exit::{Exit, OrExit as _, Result};
use crate::settings::{Environment, Format, Tracing};

/// Bucket bounds of all metrics in seconds: from a local round trip to the longest timeout.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0,
];

/// Parses `tracing.filter`.
pub(crate) fn filter(settings: &Tracing) -> Result<EnvFilter> {
    EnvFilter::try_new(&settings.filter).or_fail(Exit::Settings, || {
        "tracing.filter must be a level or a list such as info,session_router=debug".to_owned()
    })
}

/// Starts logging to stderr; stdout is for data.
pub(crate) fn start(settings: &Tracing, environment: &Environment) -> Result {
    let colour = std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(settings)?)
        .with_writer(std::io::stderr)
        .with_ansi(colour);
    let started = match settings.format {
        Format::Text => builder.try_init(),
        Format::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(anyhow::Error::from_boxed)?;
    Ok(())
}

/// Installs the metrics recorder and returns what `/metrics` renders.
pub(crate) fn install_recorder() -> Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()?;
    Ok(handle)
}
