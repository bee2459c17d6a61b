//! Statistics of measured values.

/// The median, or 0 if there are no values.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// A percentile, or 0 if there are no values.
pub(crate) fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or_default()
}

/// Whether a value meets a budget, which is a lower bound if `at_least` and else an upper one.
pub(crate) fn verdict(value: f64, budget: f64, at_least: bool) -> &'static str {
    if (value >= budget) == at_least {
        "met"
    } else {
        "missed"
    }
}
