//! Which keys a table may have in the store: a Bloom filter. Most keys that are looked up and not in
//! memory are new, and these need no read of the store.
//!
//! All bits of a key are in one cache line (Putze, Sanders, Singler, "Cache-, Hash- and Space-Efficient
//! Bloom Filters", 2007). Segments of growing size are added as they fill up (Almeida et al., "Scalable
//! Bloom Filters", 2007). The last one is not followed by another, so memory is bounded: at 18 million
//! keys each segment is right about 98 of 100 new keys, and with more keys it is right less often.
//!
//! A page of bits has bits of many keys. So what is stored with each change is a list of the new hashes;
//! pages are stored, and lists removed, once there are enough of them.

use std::collections::BTreeSet;

use super::Row;
use crate::codec;

/// Size of a stored page in words of 64 bits: 4 KiB.
const PAGE_WORDS: usize = 512;
/// Size of a block, which has all bits of a key: 64 bytes.
const BLOCK_WORDS: usize = 8;
/// Size in bits of the part of a segment that a key takes.
const KEY_BITS: usize = 10;
/// Bits that are set for a key. Each takes nine bits of a hash to find its place in a block.
const PROBES: u32 = 6;
/// Segments have 4 KiB, 16 KiB … 16 MiB: together 21 MiB.
const GROWTH: usize = 4;
const SEGMENTS_MAX: usize = 7;
/// The most stored lists. With many, pages are stored although few keys are new.
const LISTS_MAX: u32 = 256;

/// The kind of a row, which its name has after the tag.
const PAGE: u8 = 0;
const LIST: u8 = 1;

#[derive(Clone, Debug)]
pub(super) struct Seen {
    segments: Vec<Segment>,
    /// Hashes added since the last list or page was taken.
    fresh: Vec<u64>,
    /// The number of stored lists.
    lists: u32,
    /// The number of hashes in them.
    listed: usize,
}

#[derive(Clone, Debug)]
struct Segment {
    words: Vec<u64>,
    keys: usize,
    /// Pages that are not stored as they are here.
    changed: BTreeSet<u32>,
}

impl Segment {
    fn new(number: usize) -> Self {
        let pages = GROWTH.pow(u32::try_from(number).unwrap_or(u32::MAX));
        Self {
            words: vec![0; PAGE_WORDS * pages],
            keys: 0,
            changed: BTreeSet::new(),
        }
    }

    /// The number of keys that it is made for.
    const fn capacity(&self) -> usize {
        self.words.len() * 64 / KEY_BITS
    }

    /// The first word of the block of a hash.
    fn block(&self, hash: u64) -> usize {
        let blocks = (self.words.len() / BLOCK_WORDS) as u64;
        let block = ((hash >> 32) * blocks) >> 32;
        usize::try_from(block).unwrap_or(0) * BLOCK_WORDS
    }

    fn has(&self, hash: u64) -> bool {
        let block = self.block(hash);
        bits(hash).all(|(word, bit)| {
            let word = self.words.get(block + word);
            word.is_some_and(|word| word & bit != 0)
        })
    }

    fn add(&mut self, hash: u64) {
        let block = self.block(hash);
        for (word, bit) in bits(hash) {
            if let Some(word) = self.words.get_mut(block + word) {
                *word |= bit;
            }
        }
        self.keys += 1;
        self.changed.extend(u32::try_from(block / PAGE_WORDS));
    }

    fn page(&mut self, page: u32) -> Option<&mut [u64]> {
        let start = usize::try_from(page).ok()?.checked_mul(PAGE_WORDS)?;
        self.words.get_mut(start..start.checked_add(PAGE_WORDS)?)
    }

    /// Estimates the number of keys by the bits that are set.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate of a positive number"
    )]
    fn estimate(&mut self) {
        let set: u64 = self.words.iter().map(|w| u64::from(w.count_ones())).sum();
        let all = (self.words.len() * 64) as f64;
        let free = 1.0 - set as f64 / all;
        self.keys = (-all / f64::from(PROBES) * free.max(1.0 / all).ln()) as usize;
    }
}

/// The places in a block of the bits of a hash.
fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    // The block comes from the upper half, the bits from both (the constant is 2^64 by the golden ratio).
    let mixed = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 10;
    (0..PROBES).map(move |nth| {
        let place = (mixed >> (9 * nth)) & 511;
        (usize::try_from(place / 64).unwrap_or(0), 1 << (place % 64))
    })
}

impl Seen {
    pub(super) const fn new() -> Self {
        Self {
            segments: Vec::new(),
            fresh: Vec::new(),
            lists: 0,
            listed: 0,
        }
    }

    /// Whether a key with this hash may have been added. Never false for one that was.
    pub(super) fn may_have(&self, hash: u64) -> bool {
        self.segments.iter().any(|segment| segment.has(hash))
    }

    /// Adds the hash of a key.
    pub(super) fn add(&mut self, hash: u64) {
        if self.may_have(hash) {
            return;
        }
        self.set(hash);
        self.fresh.push(hash);
    }

    fn set(&mut self, hash: u64) {
        let is_full = self.segments.last().is_none_or(|s| s.keys >= s.capacity());
        if is_full && self.segments.len() < SEGMENTS_MAX {
            self.segments.push(Segment::new(self.segments.len()));
        }
        if let Some(last) = self.segments.last_mut() {
            last.add(hash);
        }
    }

    /// Adds the rows that changed since the last call to `out`, under `tag`.
    pub(super) fn take_changed(&mut self, tag: u8, out: &mut Vec<Row>) {
        if self.fresh.is_empty() {
            return;
        }
        self.listed += self.fresh.len();
        let capacity = self.segments.last().map_or(0, Segment::capacity);
        if self.listed < capacity / 8 && self.lists < LISTS_MAX {
            let list = self.fresh.iter().flat_map(|hash| hash.to_le_bytes());
            out.push((name(tag, (LIST, self.lists, 0)), Some(list.collect())));
            self.lists += 1;
        } else {
            self.take_pages(tag, out);
        }
        self.fresh.clear();
    }

    fn take_pages(&mut self, tag: u8, out: &mut Vec<Row>) {
        for (number, segment) in (0..).zip(&mut self.segments) {
            for page in std::mem::take(&mut segment.changed) {
                let words = segment.page(page).into_iter().flatten();
                let bytes = words.flat_map(|word| word.to_le_bytes()).collect();
                out.push((name(tag, (PAGE, number, page)), Some(bytes)));
            }
        }
        let lists = 0..std::mem::take(&mut self.lists);
        out.extend(lists.map(|list| (name(tag, (LIST, list, 0)), None)));
        self.listed = 0;
    }

    /// Restores a row; `key` excludes the tag. Pages come before lists.
    pub(super) fn load(&mut self, key: &[u8], value: &[u8]) -> Result<(), codec::Error> {
        let wanted = "page or list of a filter";
        let bad = codec::Error::Truncated { wanted };
        let words = value
            .chunks_exact(8)
            .filter_map(|word| word.try_into().ok());
        let words = words.map(u64::from_le_bytes);
        match codec::decode(key)? {
            (PAGE, number, page) => {
                let number: u32 = number;
                let segment = self.segment(number).and_then(|s| s.page(page));
                let page = segment.filter(|page| page.len() * 8 == value.len());
                for (to, word) in page.ok_or(bad)?.iter_mut().zip(words) {
                    *to = word;
                }
            }
            (LIST, number, _) if value.len().is_multiple_of(8) => {
                words.for_each(|hash| self.set(hash));
                self.listed += value.len() / 8;
                self.lists = self.lists.max(number + 1);
            }
            (..) => return Err(bad),
        }
        Ok(())
    }

    /// Completes a load.
    pub(super) fn loaded(&mut self) {
        self.segments.iter_mut().for_each(Segment::estimate);
    }

    fn segment(&mut self, number: u32) -> Option<&mut Segment> {
        let number = usize::try_from(number).ok()?;
        while self.segments.len() <= number && number < SEGMENTS_MAX {
            self.segments.push(Segment::new(self.segments.len()));
        }
        self.segments.get_mut(number)
    }
}

fn name(tag: u8, key: (u8, u32, u32)) -> Vec<u8> {
    super::name(tag, &key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    const TAG: u8 = 64;

    /// What a store has of a filter.
    #[derive(Default)]
    struct Stored(BTreeMap<Vec<u8>, Vec<u8>>);

    impl Stored {
        fn take(&mut self, seen: &mut Seen) {
            let mut rows = Vec::new();
            seen.take_changed(TAG, &mut rows);
            for (name, value) in rows {
                match value {
                    Some(value) => self.0.insert(name, value),
                    None => self.0.remove(&name),
                };
            }
        }

        fn load(&self) -> Seen {
            let mut seen = Seen::new();
            for (name, value) in &self.0 {
                seen.load(&name[1..], value).unwrap();
            }
            seen.loaded();
            seen
        }
    }

    fn hashes(count: usize, seed: u64) -> Vec<u64> {
        let mut random = StdRng::seed_from_u64(seed);
        (0..count).map(|_| random.next_u64()).collect()
    }

    #[test]
    fn what_was_added_is_found_also_after_restarts_and_new_keys_rarely_are() {
        let (all, others) = (hashes(200_000, 1), hashes(10_000, 2));
        let (mut seen, mut stored) = (Seen::new(), Stored::default());
        for (nth, some) in all.chunks(997).enumerate() {
            for hash in some {
                seen.add(*hash);
            }
            stored.take(&mut seen);
            if nth % 50 == 0 {
                seen = stored.load();
            }
        }
        for seen in [seen, stored.load()] {
            assert!(all.iter().all(|hash| seen.may_have(*hash)));
            let wrong = others.iter().filter(|hash| seen.may_have(**hash)).count();
            assert!(wrong < 800, "{wrong} of 10,000 new keys seem known");
            assert!(seen.segments.len() < 6, "{}", seen.segments.len());
        }
        let bytes: usize = stored.0.values().map(Vec::len).sum();
        assert!(bytes < 8 * all.len(), "{bytes} bytes are stored");
    }

    #[test]
    fn lists_are_replaced_by_pages() {
        let (mut seen, mut stored) = (Seen::new(), Stored::default());
        let all = hashes(1_000, 3);
        for hash in &all {
            seen.add(*hash);
            stored.take(&mut seen);
            // A key that is known already changes nothing.
            seen.add(*hash);
            let before = stored.0.clone();
            stored.take(&mut seen);
            assert_eq!(before, stored.0);
            assert!(stored.0.len() <= 1 + LISTS_MAX as usize);
        }
        let loaded = stored.load();
        assert!(all.iter().all(|hash| loaded.may_have(*hash)));
        assert_eq!(loaded.segments.len(), 1);
        let keys = loaded.segments[0].keys;
        assert!((900..1_100).contains(&keys), "estimated {keys}");
    }

    #[test]
    fn rows_of_a_wrong_size_are_refused() {
        let row = |key: (u8, u32, u32), bytes: usize| {
            Seen::new().load(&codec::encode(&key), &vec![1; bytes])
        };
        assert!(row((PAGE, 1, 3), 4_096).is_ok() && row((LIST, 3, 0), 16).is_ok());
        for (key, bytes) in [
            ((PAGE, 1, 4), 4_096),
            ((PAGE, 7, 0), 4_096),
            ((PAGE, 0, u32::MAX), 4_096),
            ((PAGE, 0, 0), 4_095),
            ((LIST, 0, 0), 7),
            ((2, 0, 0), 8),
        ] {
            assert!(row(key, bytes).is_err(), "{key:?}");
        }
    }
}
