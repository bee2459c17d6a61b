//! The table of all keys and their types.

use std::path::PathBuf;

use chat::secret::Secret;
use chat::subject::Subjects;

use super::error::Error;
use super::layers::Layers;
use super::value::{Address, Count, Format, FromValue, PublicUrl, Schedule, Size, Span, Trust};

/// Declares the sections with their keys and types, and reads each key from the layers by name.
macro_rules! settings {
    ($($section:ident: $Section:ident { $($key:ident: $Type:ty,)* })*) => {
        $(
            #[doc = concat!("Section `", stringify!($section), "`; see `settings.default.toml`.")]
            #[derive(Clone, Debug)]
            pub(crate) struct $Section { $(pub(crate) $key: $Type,)* }
        )*

        /// All settings. Each key is checked here; `resolve` checks them against each other.
        #[derive(Clone, Debug)]
        pub(crate) struct Settings {
            pub(crate) workspace: Subjects,
            $(pub(crate) $section: $Section,)*
        }

        /// Every key, and whether its value is a secret.
        pub(super) const KEYS: &[(&str, bool)] = &[
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
        idle_timeout: Span,
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
        retry_after_max: Span,
    }
    log: Log {
        sync: bool,
        scrub_round: Span,
        master_key_file: Option<PathBuf>,
    }
    tracing: Tracing {
        filter: String,
        format: Format,
    }
}
