//! Encryption of private values with XChaCha20-Poly1305.
//!
//! A contact's content and profile are sealed under the contact's own key, which is stored outside
//! the log; destroying the key erases the data. Confirmation codes are sealed under the data
//! directory's master key.

mod indexed;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::chance::Chance;
use crate::codec;
use crate::digest::{self, Digest};

pub use indexed::Indexed;

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
    pub fn tag(&self, parts: &[&[u8]]) -> Digest {
        digest::truncate(self.mac(parts))
    }

    /// The key that indexes texts of the workspace, derived from this one: see [`Indexed`].
    #[must_use]
    pub fn index_key(&self) -> Self {
        Self(self.mac(&[b"switchboard index 1"]))
    }

    fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        #[expect(
            clippy::expect_used,
            reason = "HMAC takes a key of any length (RFC 2104)"
        )]
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0).expect("a key");
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
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
    /// As older versions stored it: not sealed.
    Open(T),
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

    /// The value to store in a new event: one that older versions did not seal is sealed then.
    #[must_use]
    pub fn renewed(&self) -> Self {
        match self {
            Self::Open(value) => Self::Clear(value.clone()),
            Self::Clear(_) | Self::Sealed(_) => self.clone(),
        }
    }

    /// The value; `None` if the key is missing or wrong.
    pub fn open(&self, key: Option<&SealKey>, context: &[u8]) -> Option<Cow<'_, T>> {
        match self {
            Self::Clear(value) | Self::Open(value) => Some(Cow::Borrowed(value)),
            Self::Sealed(sealed) => {
                let clear = key?.open(sealed, context)?;
                codec::decode(&clear).ok().map(Cow::Owned)
            }
        }
    }
}

impl<T> fmt::Debug for Private<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(***)")
    }
}

impl<T: Serialize> Serialize for Private<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Sealed(sealed) if serializer.is_human_readable() => {
                serializer.collect_str(&format_args!("sealed, {} bytes", sealed.len()))
            }
            Self::Sealed(sealed) => serializer.serialize_bytes(sealed),
            Self::Open(value) => value.serialize(serializer),
            Self::Clear(_) => Err(ser::Error::custom(
                "a private value must be sealed before it is written",
            )),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Private<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(Stored(PhantomData))
    }
}

/// Reads bytes as a sealed value, and a text as one that an older version did not seal.
struct Stored<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Stored<T> {
    type Value = Private<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sealed value")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Private::Sealed(bytes.into()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(StrDeserializer::new(text)).map(Private::Open)
    }
}

#[cfg(test)]
mod tests;
