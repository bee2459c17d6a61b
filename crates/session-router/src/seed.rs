//! The seed of this process's random numbers.

use chat::chance::Chance;

use crate::error::Error;

/// A generator seeded by the operating system.
pub(crate) fn new_chance() -> Result<Chance, Error> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|_| Error::Entropy)?;
    Ok(Chance::from_seed(seed))
}
