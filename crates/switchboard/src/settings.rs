//! The settings: what was written, in which layer, and as which type.
//!
//! `settings.default.toml` is the lowest layer and the documentation, so every key is in it; the
//! `settings!` table below gives each its type. A key in only one of the two fails a test.

mod environment;
mod layers;
mod nearest;
mod print;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use environment::Environment;
pub(crate) use layers::{DEFAULTS, Layers};
pub(crate) use nearest::nearest;
pub(crate) use print::{Shown, commented};
pub(crate) use value::{
    Address, Count, Format, FromValue, PublicUrl, Schedule, Size, Span, Trust, reachable,
};

use std::path::PathBuf;

use chat::secret::Secret;
use chat::subject::Subjects;

/// Why the settings cannot be used. Each message names the key and where it was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A key that does not exist.
    #[error("{source_name}: there is no key {key}{}", nearest.as_ref().map(|n| format!("; did you mean {n}?")).unwrap_or_default())]
    Unknown {
        /// The key as written.
        key: String,
        /// The file, variable or flag.
        source_name: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A value of the wrong kind.
    #[error("{source_name}: {key} {wanted}")]
    Value {
        /// The key.
        key: String,
        /// The file, variable or flag.
        source_name: String,
        /// What it must be, beginning with "must".
        wanted: String,
    },
    /// A file that is no TOML.
    #[error("{source_name} is not TOML")]
    Syntax {
        /// The file.
        source_name: String,
        /// Where and why.
        #[source]
        source: toml::de::Error,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}{}", key.as_ref().map(|k| format!(" (from {k})")).unwrap_or_default())]
    File {
        /// The file.
        path: PathBuf,
        /// The key that names it, unless it is the settings file.
        key: Option<String>,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Declares the sections, their keys and the keys' types; reads each from the layers by its name.
macro_rules! settings {
    ($($section:ident: $Section:ident { $($key:ident: $Type:ty,)* })*) => {
        $(
            #[doc = concat!("Section `", stringify!($section), "`; see `settings.default.toml`.")]
            #[derive(Clone, Debug)]
            pub(crate) struct $Section { $(pub(crate) $key: $Type,)* }
        )*

        /// All settings, checked each for itself; `resolve` checks them against each other.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings {
            pub(crate) workspace: Subjects,
            $(pub(crate) $section: $Section,)*
        }

        /// Every key, and whether its value is a secret.
        pub(crate) const KEYS: &[(&str, bool)] = &[
            ("workspace", false),
            $($((concat!(stringify!($section), ".", stringify!($key)), <$Type as FromValue>::SECRET),)*)*
        ];

        impl Settings {
            /// Reads every key from the layers.
            pub(crate) fn read(layers: &Layers) -> Result<Self, Error> {
                Ok(Self {
                    workspace: layers.get("workspace")?,
                    $($section: $Section {
                        $($key: layers.get(concat!(stringify!($section), ".", stringify!($key)))?,)*
                    },)*
                })
            }
        }
    };
}

settings! {
    ingress: Ingress {
        listen: Address,
        public_url: Option<PublicUrl>,
        rate: u32,
        burst: u32,
        connections_max: Count,
        connections_per_source_max: u32,
        headers_max: Count,
        header_bytes_max: Size,
        header_read_timeout: Span,
        body_timeout: Span,
        write_timeout: Span,
        large_bodies_max: Count,
        router_timeout: Span,
        drain_timeout: Span,
    }
    console: Console {
        listen: Address,
        nats_websocket_url: Option<console::Websocket>,
        origins: Vec<String>,
    }
    ops: Ops {
        listen: Address,
    }
    nats: Nats {
        url: Option<String>,
        listen: Address,
        websocket: Address,
        server: Option<PathBuf>,
        user: String,
        password: Option<Secret>,
        password_file: Option<PathBuf>,
        system_user: String,
        system_password: Option<Secret>,
        system_password_file: Option<PathBuf>,
        issuer_seed: Option<Secret>,
        issuer_seed_file: Option<PathBuf>,
    }
    egress: Egress {
        allow: Vec<String>,
        trust: Trust,
        concurrency: Count,
        per_host: Count,
        waiting: Count,
    }
    delivery: Delivery {
        time_to_live: Span,
        schedule: Schedule,
    }
    log: Log {
        sync: bool,
        master_key_file: Option<PathBuf>,
    }
    tracing: Tracing {
        filter: String,
        format: Format,
    }
}
