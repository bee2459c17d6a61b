//! The log with its keys: reads records and opens what is sealed in them. May read the disk.

use std::borrow::Cow;
use std::sync::Arc;

use chat::record::{Record, Stream};
use chat::seal::{Indexed, Private, SealKey};
use event_log::Reader;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::keyring::Keyring;

/// A reader of the log and the keys, for any thread.
#[derive(Clone)]
pub(crate) struct SealedLog {
    /// The log.
    pub(crate) reader: Reader,
    /// The keys.
    pub(crate) keyring: Keyring,
    /// A record that was just applied, which is not read from the log again.
    cached: Option<Arc<Record>>,
}

impl SealedLog {
    pub(crate) const fn new(reader: Reader, keyring: Keyring) -> Self {
        Self {
            reader,
            keyring,
            cached: None,
        }
    }

    /// The same log with a cached record.
    pub(crate) fn with(&self, record: &Arc<Record>) -> Self {
        Self {
            cached: Some(Arc::clone(record)),
            ..self.clone()
        }
    }

    /// The record at a position. `None` if it does not exist or cannot be read. An error is logged and
    /// not returned, so that the rest of a page is still served.
    pub(crate) fn record(&self, position: u64) -> Option<Arc<Record>> {
        let is_it = |record: &&Arc<Record>| record.position == position;
        if let Some(record) = self.cached.as_ref().filter(is_it) {
            return Some(Arc::clone(record));
        }
        let stored = match self.reader.get(position) {
            Ok(stored) => stored?,
            Err(error) => {
                tracing::error!(position, %error, "cannot read the log");
                return None;
            }
        };
        decode(position, &stored.bytes).map(Arc::new)
    }

    /// Opens what is sealed under a contact's key. `None` if the person was forgotten.
    pub(crate) fn open<T>(&self, private: &Private<T>, key: u32, stream: &Stream) -> Option<T>
    where
        T: Serialize + DeserializeOwned + Clone,
    {
        open(&self.keyring.get(key)?, private, stream)
    }

    /// Opens an indexed text that is sealed under a contact's key. `None` if the person was forgotten, also
    /// for a text of an older event, which is not sealed.
    pub(crate) fn open_indexed(&self, text: &Indexed, key: u32) -> Option<String> {
        text.open(Some(&self.keyring.get(key)?))
    }

    /// Opens an indexed text that is sealed under the master key.
    pub(crate) fn open_indexed_with_master_key(&self, text: &Indexed) -> Option<String> {
        text.open(Some(self.keyring.master()))
    }

    /// Opens what is sealed under the master key.
    pub(crate) fn open_with_master_key<T>(&self, private: &Private<T>, stream: &Stream) -> Option<T>
    where
        T: Serialize + DeserializeOwned + Clone,
    {
        open(self.keyring.master(), private, stream)
    }
}

fn open<T>(key: &SealKey, private: &Private<T>, stream: &Stream) -> Option<T>
where
    T: Serialize + DeserializeOwned + Clone,
{
    let value = private.open(Some(key), &context(stream));
    value.map(Cow::into_owned)
}

/// The associated data of a sealed value, which binds it to its stream.
pub(crate) fn context(stream: &Stream) -> Vec<u8> {
    stream.to_string().into_bytes()
}

/// Decodes a record. `None` if it does not decode, which is logged.
pub(crate) fn decode(position: u64, bytes: &[u8]) -> Option<Record> {
    Record::decode(position, bytes)
        .inspect_err(|error| tracing::error!(position, %error, "record does not decode"))
        .ok()
}
