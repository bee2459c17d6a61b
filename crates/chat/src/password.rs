//! Passwords and API tokens.
//!
//! A password is stored as an argon2id PHC string because it can be guessed. A token has 256 random
//! bits, so a plain SHA-256 is safe and allows a lookup by hash.

use std::ops::RangeInclusive;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};

use crate::reason::Reason;
use crate::rejection::Rejection;
use crate::secret::Secret;

/// The allowed number of characters of a password.
pub const LENGTH: RangeInclusive<usize> = 8..=1024;

/// Memory of one hash in KiB. 19 MiB with two passes and one lane is the minimum for argon2id in the
/// OWASP Password Storage Cheat Sheet.
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
pub const PASSES: u32 = 2;
/// Lanes of the memory.
pub const LANES: u32 = 1;

/// A hash with the current parameters that no password matches. Sign-ins of unknown users are checked
/// against it so that they take as long as those of known users.
pub const DUMMY: &str = "$argon2id$v=19$m=19456,t=2,p=1$vT4LaDyZLZ5zJ6ajZ073bg$YIyvzSJ2y6zzOC0YidP6ybckGNeWwzq8EN3SAE/7A4k";

/// Checks the length of a new password. NIST SP 800-63B advises against other rules.
pub fn check(password: &Secret) -> Result<(), Rejection> {
    let (low, high) = (LENGTH.start(), LENGTH.end());
    if LENGTH.contains(&password.expose().chars().take(high + 1).count()) {
        Ok(())
    } else {
        let (min, max) = (*low, *high);
        Err(Reason::InvalidPassword { min, max }.into())
    }
}

/// Returns the argon2id hash of a password as a PHC string. Takes tens of milliseconds and
/// [`MEMORY_KIB`] of memory.
///
/// # Panics
///
/// If the password is over 4 GiB, which [`check`] rejects.
pub fn hash(password: &Secret, salt: [u8; 16]) -> Secret {
    #[expect(
        clippy::expect_used,
        reason = "argon2 refuses only passwords beyond 4 GiB and salts below 8 bytes"
    )]
    let hash: PasswordHash = argon2id()
        .hash_password_with_salt(password.expose().as_bytes(), &salt)
        .expect("the password and the salt are within argon2's bounds");
    Secret::new(hash.to_string())
}

/// Whether a password matches a PHC string, which may have other parameters than the current ones.
/// No password matches a text that is not an argon2 hash.
pub fn verify(password: &Secret, hash: &Secret) -> bool {
    PasswordHash::new(hash.expose()).is_ok_and(|hash| {
        argon2id()
            .verify_password(password.expose().as_bytes(), &hash)
            .is_ok()
    })
}

fn argon2id() -> Argon2<'static> {
    #[expect(clippy::expect_used, reason = "the parameters are constants")]
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(Params::DEFAULT_OUTPUT_LEN))
        .expect("the parameters are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// API tokens.
pub mod token {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use sha2::{Digest as _, Sha256};

    use crate::chance::Chance;
    use crate::secret::Secret;

    /// The prefix of every token, by which people and secret scanners recognise one.
    pub const PREFIX: &str = "sbt_";

    /// A new token: [`PREFIX`] and 32 random bytes in base64url.
    pub fn new(chance: &mut Chance) -> Secret {
        let random = URL_SAFE_NO_PAD.encode(chance.bytes::<32>());
        Secret::new(format!("{PREFIX}{random}"))
    }

    /// Whether a text has the form of a token.
    pub fn is_one(text: &Secret) -> bool {
        let random = text.expose().strip_prefix(PREFIX);
        random.is_some_and(|random| URL_SAFE_NO_PAD.decode(random).is_ok_and(|r| r.len() == 32))
    }

    /// The stored form of a token: its SHA-256 in lower-case hex.
    pub fn hash(token: &Secret) -> String {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
        Sha256::digest(token.expose())
            .into_iter()
            .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    fn secret(text: &str) -> Secret {
        Secret::new(text)
    }

    #[test]
    fn a_password_is_known_by_its_hash_and_no_other_is() {
        let hash = hash(&secret("correct horse"), [7; 16]);
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify(&secret("correct horse"), &hash));
        assert!(!verify(&secret("correct horsf"), &hash));
        assert!(!verify(&secret("correct horse"), &secret("")));
        assert!(!verify(&secret(""), &secret("$argon2id$")));
    }

    #[test]
    fn a_hash_is_determined_by_password_and_salt() {
        let password = secret("correct horse");
        assert_eq!(hash(&password, [7; 16]), hash(&password, [7; 16]));
        assert_ne!(hash(&password, [7; 16]), hash(&password, [8; 16]));
    }

    #[test]
    fn the_dummy_costs_as_much_as_a_real_hash_and_is_nobodys() {
        let head = |text: &str| text.rsplitn(3, '$').last().map(str::to_owned);
        let real = hash(&secret("anything"), [1; 16]);
        assert_eq!(head(DUMMY), head(real.expose()));
        assert_eq!(DUMMY.len(), real.expose().len());
        assert!(!verify(&secret("anything"), &secret(DUMMY)));
        assert!(!verify(&secret(""), &secret(DUMMY)));
    }

    #[test]
    fn a_password_has_8_to_1024_characters_of_any_kind() {
        for good in ["12345678", "пароль12", &"x".repeat(1024), &"ж".repeat(1024)] {
            assert_eq!(check(&secret(good)), Ok(()));
        }
        for bad in ["", "1234567", "пароль1", &"x".repeat(1025)] {
            let rejection = check(&secret(bad)).unwrap_err();
            assert_eq!(rejection.code.as_str(), "invalid");
            assert!(bad.is_empty() || !rejection.message().contains(bad));
        }
    }

    #[test]
    fn a_token_is_looked_up_by_its_sha_256() {
        let mut chance = Chance::from_seed([1; 32]);
        let (one, other) = (token::new(&mut chance), token::new(&mut chance));
        assert_ne!(one, other);
        assert_eq!(one.expose().len(), token::PREFIX.len() + 43);
        assert!(one.expose().starts_with(token::PREFIX));
        assert!(token::is_one(&one) && token::is_one(&other));
        assert!(!token::is_one(&secret("sbt_short")) && !token::is_one(&secret("a password")));
        assert_eq!(
            token::hash(&secret("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
