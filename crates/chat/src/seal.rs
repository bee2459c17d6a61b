//! Encryption of private values with XChaCha20-Poly1305.
//!
//! A contact's content and profile are sealed under the contact's own key, which is stored outside
//! the log; destroying the key erases the data. Confirmation codes are sealed under the data
//! directory's master key.

use std::borrow::Cow;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::chance::Chance;
use crate::codec;
use crate::digest::{self, Digest};

/// The length of a nonce, in bytes (draft-irtf-cfrg-xchacha section 2): long enough that random
/// nonces do not collide in practice.
const NONCE_BYTES: usize = 24;

/// A 256-bit key.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct SealKey([u8; 32]);

impl SealKey {
    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes, for the key file.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals bytes; `context` must be the same when they are opened, and is not stored.
    pub fn seal(&self, clear: &[u8], context: &[u8], chance: &mut Chance) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = chance.bytes();
        let payload = Payload {
            msg: clear,
            aad: context,
        };
        #[expect(
            clippy::expect_used,
            reason = "it fails only beyond 256 GiB, and bodies are bounded"
        )]
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a bounded body");
        [&nonce[..], &sealed].concat()
    }

    /// Opens the result of [`seal`](Self::seal); `None` if the key, context or bytes differ.
    pub fn open(&self, sealed: &[u8], context: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.cipher()
            .decrypt(
                &XNonce::from(*nonce),
                Payload {
                    msg: sealed,
                    aad: context,
                },
            )
            .ok()
    }

    /// A keyed digest (HMAC-SHA256, truncated to 16 bytes). Without the key, the bytes cannot be
    /// guessed from it.
    pub fn tag(&self, bytes: &[u8]) -> Digest {
        #[expect(
            clippy::expect_used,
            reason = "HMAC takes a key of any length (RFC 2104)"
        )]
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0).expect("a key");
        mac.update(bytes);
        digest::truncate(mac.finalize().into_bytes())
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(***)")
    }
}

/// A value that may be stored only sealed. A decision creates it as [`Clear`](Self::Clear); the router
/// seals it before it applies or writes the event, so that a replay applies the same event.
#[derive(Clone, PartialEq, Eq)]
pub enum Private<T> {
    /// Not sealed yet. Cannot be serialised.
    Clear(T),
    /// Sealed, as stored.
    Sealed(Box<[u8]>),
}

impl<T: Serialize + DeserializeOwned + Clone> Private<T> {
    /// Seals the value in place.
    pub fn seal(&mut self, key: &SealKey, context: &[u8], chance: &mut Chance) {
        if let Self::Clear(value) = self {
            *self = Self::Sealed(key.seal(&codec::encode(value), context, chance).into());
        }
    }

    /// Discards the value, because there is no key to seal it with.
    pub fn withhold(&mut self) {
        if let Self::Clear(_) = self {
            *self = Self::Sealed(Box::default());
        }
    }

    /// The value; `None` if the key is missing or wrong.
    pub fn open(&self, key: Option<&SealKey>, context: &[u8]) -> Option<Cow<'_, T>> {
        match self {
            Self::Clear(value) => Some(Cow::Borrowed(value)),
            Self::Sealed(sealed) => {
                let clear = key?.open(sealed, context)?;
                codec::decode(&clear).ok().map(Cow::Owned)
            }
        }
    }
}

impl<T> std::fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Private(***)")
    }
}

impl<T> Serialize for Private<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sealed(sealed) if serializer.is_human_readable() => {
                serializer.collect_str(&format_args!("sealed, {} bytes", sealed.len()))
            }
            Self::Sealed(sealed) => serializer.serialize_bytes(sealed),
            Self::Clear(_) => Err(ser::Error::custom(
                "a private value must be sealed before it is written",
            )),
        }
    }
}

impl<'de, T> Deserialize<'de> for Private<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes: serde_bytes::ByteBuf = Deserialize::deserialize(deserializer)?;
        Ok(Self::Sealed(bytes.into_vec().into()))
    }
}

#[cfg(test)]
mod tests;
