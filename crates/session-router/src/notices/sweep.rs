//! Looks through a long list a part at a time.

use std::collections::BTreeMap;
use std::ops::Bound;

/// The most entries that are looked at in one step, about a millisecond.
const STEP_MAX: usize = 4_000;

/// Where the next step starts.
pub(super) struct Sweep<K>(Option<K>);

impl<K> Default for Sweep<K> {
    fn default() -> Self {
        Self(None)
    }
}

impl<K: Ord + Clone> Sweep<K> {
    /// Returns those of the next keys for which `keep` is false. After the last key it starts again.
    pub(super) fn step<V>(&mut self, map: &BTreeMap<K, V>, keep: impl Fn(&K) -> bool) -> Vec<K> {
        let start = self.0.take().map_or(Bound::Unbounded, Bound::Excluded);
        let keys = map.range((start, Bound::Unbounded)).map(|(key, _)| key);
        let (mut stale, mut looked_at) = (Vec::new(), 0);
        for key in keys.take(STEP_MAX) {
            looked_at += 1;
            if !keep(key) {
                stale.push(key.clone());
            }
            if looked_at == STEP_MAX {
                self.0 = Some(key.clone());
            }
        }
        stale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_looked_at_although_a_step_is_bounded() {
        let mut map: BTreeMap<usize, u8> = (0..2 * STEP_MAX + 10).map(|key| (key, 0)).collect();
        let mut sweep = Sweep::default();
        for _ in 0..3 {
            let stale = sweep.step(&map, |key| key % 1_000 != 0);
            assert!(stale.len() <= STEP_MAX / 1_000);
            for key in stale {
                assert!(map.remove(&key).is_some());
            }
        }
        assert!(map.keys().all(|key| key % 1_000 != 0));
        map.insert(0, 0);
        assert_eq!(sweep.step(&map, |key| *key != 0), [0], "it starts again");
    }
}
