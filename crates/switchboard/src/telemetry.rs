//! Logs and metrics.

use std::io::IsTerminal as _;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::exit::{Exit, OrExit as _, Result};
use crate::settings::{Environment, Format, Tracing};

/// Bucket bounds of all metrics in seconds: from a local round trip to the longest timeout.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0,
];

/// The counters that an alert watches for their first increase, with their labels. They are 0 from the
/// start, because Prometheus sees no increase in a series that begins at 1.
const WATCHED: &[(&str, &[(&str, &str)])] = &[
    ("switchboard_egress_turned_away_total", &[]),
    ("switchboard_ingress_connections_refused_total", &[]),
    ("switchboard_log_damaged_total", &[]),
    ("switchboard_log_repaired_total", &[("copy", "journal")]),
    ("switchboard_log_repaired_total", &[("copy", "sled")]),
    ("switchboard_nats_messages_dropped_total", &[]),
    ("switchboard_router_edits_dropped_total", &[]),
    (
        "switchboard_router_outbox_dropped_total",
        &[("what", "answer")],
    ),
    (
        "switchboard_router_outbox_dropped_total",
        &[("what", "feed")],
    ),
    (
        "switchboard_router_outbox_dropped_total",
        &[("what", "sending")],
    ),
];

/// The targets of our own lines, which contain no secrets and no content at any level. `nats_server`
/// is the output of the child process, which does not trace.
const OURS: [&str; 11] = [
    "bus",
    "chat",
    "console",
    "egress",
    "event_log",
    "http_server",
    "ingress",
    "messenger",
    "nats_server",
    "session_router",
    "switchboard",
];
/// The most that other crates may log: at `trace`, `async_nats` and `hyper` log the bytes that they
/// send and receive.
const OTHERS_MAX: Level = Level::DEBUG;
/// Keeps the line about [`OTHERS_MAX`] visible with a filter such as `hyper=trace`.
const OUR_WARNINGS: &str = "switchboard::telemetry=warn";

/// Parses `tracing.filter`.
pub(crate) fn filter(settings: &Tracing) -> Result<EnvFilter> {
    EnvFilter::try_new(&settings.filter).or_fail(Exit::Settings, || {
        "tracing.filter must be a level or a list such as info,session_router=debug".to_owned()
    })
}

/// Starts logging to stderr; stdout is for data.
pub(crate) fn start(settings: &Tracing, environment: &Environment) -> Result {
    let colour = std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none();
    let mut filter = filter(settings)?;
    let is_capped = asks_for_more(&filter.to_string());
    if is_capped {
        filter = filter.add_directive(OUR_WARNINGS.parse()?);
    }
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colour);
    let cap = filter_fn(is_safe);
    match settings.format {
        Format::Text => builder.finish().with(cap).try_init()?,
        Format::Json => {
            let builder = builder.json().flatten_event(true);
            builder.finish().with(cap).try_init()?;
        }
    }
    if is_capped {
        tracing::warn!(
            filter = settings.filter,
            max = %OTHERS_MAX,
            "tracing.filter is limited for libraries: their trace lines contain passwords and content"
        );
    }
    Ok(())
}

/// Whether a line cannot contain what passes through the program.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    is_ours(metadata.target()) || *metadata.level() <= OTHERS_MAX
}

fn is_ours(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or_default();
    OURS.contains(&name)
}

/// Whether a filter asks for more than [`OTHERS_MAX`] of other crates. `filter` is in normal form.
fn asks_for_more(filter: &str) -> bool {
    filter.split(',').any(|directive| {
        let (target, level) = directive.rsplit_once('=').unwrap_or(("", directive));
        !is_ours(target) && level.eq_ignore_ascii_case(Level::TRACE.as_str())
    })
}

/// Installs the metrics recorder and returns what `/metrics` renders.
pub(crate) fn install_recorder() -> Result<PrometheusHandle> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .install_recorder()?;
    for (name, labels) in WATCHED {
        metrics::counter!(*name, *labels).increment(0);
    }
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counters_of_alerts_are_there_from_the_start() {
        let alerts = include_str!("../../../deploy/prometheus/alerts.yaml");
        let first_increase = alerts.lines().filter_map(|line| {
            let query = line.trim_start().strip_prefix("expr: ")?;
            let query = query
                .strip_prefix("rate(")
                .or(query.strip_prefix("increase("))?;
            query.split_once('[').map(|(name, _)| name)
        });
        let names: Vec<&str> = first_increase.collect();
        assert!(names.len() >= 6, "{names:?}");
        for name in names {
            assert!(WATCHED.iter().any(|(known, _)| *known == name), "{name}");
        }
    }

    #[test]
    fn a_filter_that_asks_for_traces_of_libraries_is_recognised() {
        for (given, more) in [
            ("info,async_nats=warn,fjall=warn,lsm_tree=warn", false),
            ("debug", false),
            ("session_router=trace", false),
            ("info,session_router::run=trace,hyper=debug", false),
            ("switchboard", false),
            ("trace", true),
            ("TRACE", true),
            ("5", true),
            ("info,async_nats=trace", true),
            ("info,async_nats", true),
            ("info,hyper::proto=TRACE", true),
            ("info,bus_library=trace", true),
            ("[span]=trace", true),
        ] {
            let filter = EnvFilter::try_new(given).unwrap();
            assert_eq!(asks_for_more(&filter.to_string()), more, "{given}");
        }
    }
}
