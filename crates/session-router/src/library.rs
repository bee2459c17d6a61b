//! The log with its keys: where a position becomes words again. For any thread; may read the disk.

use chat::record::{Record, Stream};
use chat::seal::{Private, SealKey};
use event_log::Reader;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::keyring::Keyring;

/// Reads records and opens what is sealed in them.
#[derive(Clone)]
pub(crate) struct Library {
    /// The log.
    pub(crate) reader: Reader,
    /// The keys.
    pub(crate) keyring: Keyring,
}

impl Library {
    /// The record at a position; `None` when there is none, or when it cannot be read, which is
    /// logged: a page with a hole is better than no page.
    pub(crate) fn record(&self, position: u64) -> Option<Record> {
        let stored = match self.reader.get(position) {
            Ok(stored) => stored?,
            Err(error) => {
                tracing::error!(position, error = %error, "cannot read the log");
                return None;
            }
        };
        decode(position, &stored.bytes)
    }

    /// What is sealed under a contact's key; `None` when the person was forgotten.
    pub(crate) fn open<T>(&self, private: &Private<T>, key: u32, stream: &Stream) -> Option<T>
    where
        T: Serialize + DeserializeOwned + Clone,
    {
        let key = self.keyring.get(key)?;
        private
            .open(Some(&key), context(stream).as_slice())
            .map(std::borrow::Cow::into_owned)
    }

    /// What is sealed under the master key.
    pub(crate) fn open_with_master_key<T>(&self, private: &Private<T>, stream: &Stream) -> Option<T>
    where
        T: Serialize + DeserializeOwned + Clone,
    {
        open_with_master_key(self.keyring.master(), private, stream)
    }
}

/// What is sealed under the master key.
pub(crate) fn open_with_master_key<T>(
    master: &SealKey,
    private: &Private<T>,
    stream: &Stream,
) -> Option<T>
where
    T: Serialize + DeserializeOwned + Clone,
{
    private
        .open(Some(master), context(stream).as_slice())
        .map(std::borrow::Cow::into_owned)
}

/// What binds a sealed value to its place: it does not open in another stream.
pub(crate) fn context(stream: &Stream) -> Vec<u8> {
    stream.to_string().into_bytes()
}

/// Reads a record; one that cannot be read is logged and left out.
pub(crate) fn decode(position: u64, bytes: &[u8]) -> Option<Record> {
    Record::decode(position, bytes)
        .inspect_err(|error| tracing::error!(position, error = %error, "a record does not decode"))
        .ok()
}
