//! Private texts that can be looked up.

use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_bytes::ByteArray;

use crate::chance::Chance;
use crate::digest::Digest;
use crate::seal::{Private, SealKey};

/// A private text that is looked up by a keyed digest, so that it can be found without its key and
/// cannot be guessed from the log. The digest depends on the scope, such as a channel.
///
/// Older events have the text in clear and no digest; [`lifted`](Self::lifted) adds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    digest: Option<Digest>,
    text: Private<String>,
}

impl Indexed {
    /// A text that is not sealed yet.
    pub fn new(digest: Digest, text: &str) -> Self {
        Self {
            digest: Some(digest),
            text: Private::Clear(text.to_owned()),
        }
    }

    /// The digest alone, for what is only looked up.
    pub fn without_text(digest: Digest) -> Self {
        Self {
            digest: Some(digest),
            text: Private::Sealed(Box::default()),
        }
    }

    /// The digest of a text in a scope. `key` is [`SealKey::index_key`].
    pub fn digest_of(key: &SealKey, scope: &[u8; 16], text: &str) -> Digest {
        key.tag(&[scope, text.as_bytes()])
    }

    /// The same with the digest, which the text of an older event lacks.
    #[must_use]
    pub fn lifted(&self, key: &SealKey, scope: &[u8; 16]) -> Self {
        let old = || match &self.text {
            Private::Open(text) | Private::Clear(text) => Self::digest_of(key, scope, text),
            Private::Sealed(_) => Digest::default(),
        };
        Self {
            digest: Some(self.digest.unwrap_or_else(old)),
            text: self.text.clone(),
        }
    }

    /// The digest; zeros before [`lifted`](Self::lifted).
    pub fn digest(&self) -> Digest {
        self.digest.unwrap_or_default()
    }

    /// The text; `None` if the key is missing or wrong.
    pub fn open(&self, key: Option<&SealKey>) -> Option<String> {
        let text = self.text.open(key, &self.digest());
        text.map(std::borrow::Cow::into_owned)
    }

    /// The text for a new event that is sealed under the same key.
    #[must_use]
    pub fn renewed(&self) -> Self {
        Self {
            digest: self.digest,
            text: self.text.renewed(),
        }
    }

    /// Removes the text.
    pub fn erase(&mut self) {
        self.text = Private::Sealed(Box::default());
    }

    /// Seals the text. The digest is its context, so that it can be copied to other streams but not be
    /// exchanged for another text.
    pub(crate) fn seal(&mut self, key: &SealKey, chance: &mut Chance) {
        let context = self.digest();
        self.text.seal(key, &context, chance);
    }

    /// Discards the text, because there is no key to seal it with.
    pub(crate) fn withhold(&mut self) {
        self.text.withhold();
    }

    /// Whether the text is not sealed yet.
    pub(crate) const fn is_clear(&self) -> bool {
        matches!(self.text, Private::Clear(_))
    }
}

/// An older event has the text. Newer ones and rows have the digest and the text, of which people see
/// the latter.
impl Serialize for Indexed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.digest {
            Some(digest) if !serializer.is_human_readable() => {
                (ByteArray::new(digest), &self.text).serialize(serializer)
            }
            _ => self.text.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Indexed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Stored)
    }
}

struct Stored;

impl<'de> Visitor<'de> for Stored {
    type Value = Indexed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, or a digest and a sealed text")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Indexed, E> {
        Ok(Indexed {
            digest: None,
            text: Private::Open(text.to_owned()),
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Indexed, A::Error> {
        let short = |n| de::Error::invalid_length(n, &self);
        let digest: ByteArray<16> = seq.next_element()?.ok_or_else(|| short(0))?;
        let text = seq.next_element()?.ok_or_else(|| short(1))?;
        Ok(Indexed {
            digest: Some(digest.into_array()),
            text,
        })
    }
}
