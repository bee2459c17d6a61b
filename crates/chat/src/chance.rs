//! Randomness as a parameter: no code of this crate draws it from the operating system.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// A cryptographic random number generator (`ChaCha12`). The router seeds it from the operating
/// system and a test from a constant; the same seed gives the same ids, nonces and jitter.
pub struct Chance(StdRng);

impl Chance {
    /// A generator with this seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(StdRng::from_seed(seed))
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// A number from 0 inclusive to 1 exclusive.
    pub fn fraction(&mut self) -> f64 {
        f64::from(self.0.next_u32()) / (f64::from(u32::MAX) + 1.0)
    }
}

impl std::fmt::Debug for Chance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chance(..)")
    }
}
