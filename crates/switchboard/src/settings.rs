//! The settings: their layers, keys and types.
//!
//! `settings.default.toml` is the lowest layer and the documentation, so it contains every key. `table`
//! gives each key its type. A key in only one of the two fails a test.

mod environment;
mod error;
mod layers;
pub(crate) mod nearest;
mod print;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use environment::Environment;
pub(crate) use error::Error;
pub(crate) use layers::{DEFAULTS, Layers};
pub(crate) use print::{Shown, commented};
pub(crate) use table::{Nats, Settings, Tracing};
pub(crate) use value::{Address, Format, Trust, reachable};
