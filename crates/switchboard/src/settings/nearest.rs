//! Suggests a known key for an unknown one.

/// The most similar known key, if it is similar enough.
pub(crate) fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The same name in the wrong section counts as similar.
    let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
    known
        .map(|candidate| {
            let same_name = last(candidate) == last(key);
            let edits = strsim::osa_distance(key, candidate);
            (
                if same_name { edits.min(2) } else { edits },
                edits,
                candidate,
            )
        })
        .min()
        .filter(|(rank, _, candidate)| *rank <= (candidate.len() / 2).max(2))
        .map(|(_, _, candidate)| candidate)
}
