//! Suggests a known key for an unknown one.

/// The most similar known key, if it is similar enough.
pub(crate) fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The same name in the wrong section counts as similar.
    let last = |key: &str| key.rsplit('.').next().map(str::to_owned);
    known
        .map(|candidate| {
            let same_name = last(candidate) == last(key);
            let edits = distance(key, candidate);
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

/// The edit distance: insertions, deletions, replacements and swaps of neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let at = |line: &[usize], at: usize| line.get(at).copied().unwrap_or(usize::MAX - 1);
            let replaced = at(&above, j) + usize::from(from != to);
            let mut least = replaced.min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(to) && b.get(j - 1) == Some(from);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().unwrap_or(usize::MAX)
}
