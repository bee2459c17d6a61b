//! Prints the settings: the effective ones, and the file that `init` writes.

use std::fmt;

use serde_json::{Map, Value as Json};

use super::layers::{DEFAULTS, Layers};
use super::table::KEYS;

/// Printed instead of a secret.
pub(crate) const MASK: &str = "***";

/// The settings, with secrets masked.
pub(crate) struct Shown<'a> {
    /// The effective settings.
    pub(crate) layers: &'a Layers,
    /// Whether defaults are included.
    pub(crate) effective: bool,
}

impl Shown<'_> {
    /// Key, value and source of each key, in the order of the table.
    fn lines(&self) -> impl Iterator<Item = (&'static str, toml::Value, Option<&str>)> {
        KEYS.iter()
            .filter_map(|(key, secret)| Some((*key, *secret, self.layers.entry(key)?)))
            .filter(|(_, _, entry)| self.effective || entry.source.is_some())
            .map(|(key, secret, entry)| {
                let empty = entry.value.as_str() == Some("");
                let value = if secret && !empty {
                    toml::Value::String(MASK.to_owned())
                } else {
                    entry.value.clone()
                };
                (key, value, entry.source.as_deref())
            })
    }

    /// The settings as JSON: `{key: {value, source}}`.
    pub(crate) fn json(&self) -> Json {
        let members: Map<String, Json> = self
            .lines()
            .map(|(key, value, source)| {
                let value = serde_json::to_value(value).unwrap_or_default();
                (
                    key.to_owned(),
                    serde_json::json!({ "value": value, "source": source }),
                )
            })
            .collect();
        Json::Object(members)
    }
}

/// Displays as a settings file, with each source in a comment.
impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (key, value, source) in self.lines() {
            match source {
                Some(source) => writeln!(f, "{key} = {value}  # {source}")?,
                None => writeln!(f, "{key} = {value}")?,
            }
        }
        Ok(())
    }
}

/// The defaults with every key commented out, so that keys which are not set get the defaults of later
/// versions.
pub(crate) fn commented() -> String {
    let mut text = String::new();
    for line in DEFAULTS.lines() {
        if !line.is_empty() && !line.starts_with('#') {
            text.push('#');
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}
