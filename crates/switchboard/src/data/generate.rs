//! Generates secrets.

use chat::chance::Chance;
use chat::secret::Secret;

use crate::exit::{Exit, OrExit as _, Result};

/// The length of generated passwords: 24 characters out of 32 make 120 bits.
const PASSWORD_CHARS: usize = 24;
/// Letters and digits that are not easily confused.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz123456789";

/// Generates a password, and the salt of its hash.
pub(crate) fn new_password() -> Result<(Secret, [u8; 16])> {
    let mut chance = chance()?;
    Ok((password(&mut chance), chance.bytes()))
}

/// Generates a password.
pub(crate) fn password(chance: &mut Chance) -> Secret {
    let letters = chance.bytes::<PASSWORD_CHARS>();
    let letter = |byte: u8| {
        ALPHABET
            .get(usize::from(byte % 32))
            .copied()
            .unwrap_or(b'a')
    };
    Secret::new(
        letters
            .map(letter)
            .map(char::from)
            .iter()
            .collect::<String>(),
    )
}

/// A random generator seeded by the system.
pub(crate) fn chance() -> Result<Chance> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).or_fail(Exit::Failure, || {
        "cannot get random numbers from the system".to_owned()
    })?;
    Ok(Chance::from_seed(seed))
}
