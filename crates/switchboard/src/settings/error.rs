//! Errors of the settings. Each message names the key and its source.

use std::path::PathBuf;

/// Why the settings are invalid.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// An unknown key.
    #[error("{source_name}: unknown key {key}{}", nearest.as_ref().map(|n| format!(" (did you mean {n}?)")).unwrap_or_default())]
    Unknown {
        /// The key as written.
        key: String,
        /// The file, variable or flag.
        source_name: String,
        /// The most similar known key.
        nearest: Option<String>,
    },
    /// A value of the wrong type.
    #[error("{source_name}: {key} {wanted}")]
    Value {
        /// The key.
        key: String,
        /// The file, variable or flag.
        source_name: String,
        /// What the value must be, beginning with "must".
        wanted: String,
    },
    /// A file that is not TOML.
    #[error("{source_name} is not TOML")]
    Syntax {
        /// The file.
        source_name: String,
        /// The position and the reason.
        #[source]
        source: toml::de::Error,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}{}", key.as_ref().map(|k| format!(" (from {k})")).unwrap_or_default())]
    File {
        /// The file.
        path: PathBuf,
        /// The key that names the file, unless it is the settings file.
        key: Option<String>,
        /// The reason.
        #[source]
        source: std::io::Error,
    },
}
