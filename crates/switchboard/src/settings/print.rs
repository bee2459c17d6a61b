//! The settings as text: what is in force, and the file that `init` writes.

use std::fmt;

use serde_json::{Map, Value as Json};

use super::layers::{DEFAULTS, Layers};

/// What stands in the place of a secret.
pub(crate) const MASK: &str = "***";

/// The settings to be shown: never with a secret in them.
pub(crate) struct Shown<'a> {
    /// What is in force.
    pub(crate) layers: &'a Layers,
    /// Whether defaults are shown too.
    pub(crate) effective: bool,
}

impl Shown<'_> {
    /// Key, value and who wrote it, each in its place.
    fn lines(&self) -> impl Iterator<Item = (&'static str, toml::Value, Option<&str>)> {
        self.layers
            .entries()
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

    /// The same for programs: `{key: {value, source}}`.
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

/// A settings file again; who wrote a value is told behind it.
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

/// The defaults with every key commented out: the file that `init` writes, so that a later version's
/// defaults hold wherever nobody chose.
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
