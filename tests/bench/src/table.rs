//! Figures in columns.

/// The one in the middle.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// The value under which so many of a hundred lie.
pub(crate) fn percentile(mut values: Vec<f64>, percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() * percent / 100).min(values.len().saturating_sub(1));
    values.get(at).copied().unwrap_or_default()
}

/// Beside the budget, if there is one: `at_least`, or else at most.
pub(crate) fn verdict(value: f64, budget: f64, at_least: bool) -> &'static str {
    if (value >= budget) == at_least {
        "met"
    } else {
        "missed"
    }
}
