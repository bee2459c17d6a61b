//! Prints figures, each with its budget.

use std::time::Duration;

use crate::table::{percentile, verdict};

const MEBIBYTE: f64 = 1024.0 * 1024.0;

/// What a figure must reach.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Budget {
    AtLeast(f64),
    AtMost(f64),
}

/// Prints a figure.
pub(crate) fn row(name: &str, value: f64, unit: &str, budget: Option<Budget>) {
    let digits = if value < 100.0 { 2 } else { 0 };
    let budget = match budget {
        None => String::new(),
        Some(Budget::AtLeast(bound)) => {
            format!("  budget >= {bound}: {}", verdict(value, bound, true))
        }
        Some(Budget::AtMost(bound)) => {
            format!("  budget <= {bound}: {}", verdict(value, bound, false))
        }
    };
    println!("{name:44} {value:>12.digits$} {unit:11}{budget}");
}

pub(crate) fn seconds(name: &str, took: Duration, most: Option<f64>) {
    row(name, took.as_secs_f64(), "s", most.map(Budget::AtMost));
}

/// Prints an amount of memory; the budget is in MiB.
pub(crate) fn mebibytes(name: &str, bytes: u64, most: Option<f64>) {
    row(
        name,
        bytes as f64 / MEBIBYTE,
        "MiB",
        most.map(Budget::AtMost),
    );
}

/// Prints the median and the 99th percentile of milliseconds; the budget is for the latter.
pub(crate) fn percentiles(name: &str, millis: Vec<f64>, most: f64) {
    let median = percentile(millis.clone(), 50);
    row(&format!("{name}, p50"), median, "ms", None);
    let p99 = percentile(millis, 99);
    row(
        &format!("{name}, p99"),
        p99,
        "ms",
        Some(Budget::AtMost(most)),
    );
}
