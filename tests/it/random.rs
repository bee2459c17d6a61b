//! Random numbers from a seed that a failed test prints.

use std::hash::{BuildHasher as _, RandomState};

/// The `SplitMix64` generator.
pub(crate) struct Random(u64);

impl Random {
    /// Uses the seed in `SWITCHBOARD_TEST_SEED`, or a random one, and prints it.
    #[expect(clippy::print_stderr, reason = "shown when the test fails")]
    pub(crate) fn seeded() -> Self {
        let given = std::env::var_os("SWITCHBOARD_TEST_SEED");
        let given = given.map(|seed| seed.to_str().unwrap().parse().expect("a number"));
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(0_u8));
        eprintln!("to repeat: SWITCHBOARD_TEST_SEED={seed}");
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from((mixed ^ (mixed >> 31)) % u64::from(bound)).unwrap()
    }
}
