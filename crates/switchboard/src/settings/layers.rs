//! The layers of the settings. Each value records its source.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::environment::Environment;
use super::error::Error;
use super::nearest::nearest;
use super::value::FromValue;

/// The lowest layer, which is also the documentation and the list of known keys.
pub(crate) const DEFAULTS: &str = include_str!("../settings.default.toml");

/// Every key with its effective value.
#[derive(Clone, Debug)]
pub(crate) struct Layers(BTreeMap<String, Entry>);

/// A value and its source.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The value.
    pub(crate) value: Value,
    /// The file, variable or flag; `None` for a default.
    pub(crate) source: Option<String>,
}

impl Layers {
    /// Loads the defaults, then the file, the environment, and the flags `key=value`.
    pub(crate) fn load(
        file: Option<&Path>,
        environment: &Environment,
        flags: &[String],
    ) -> Result<Self, Error> {
        let mut layers = Self::defaults()?;
        if let Some(path) = file {
            layers.file(path)?;
        }
        for (name, key, text) in environment.settings() {
            layers.text(&key, text, name)?;
        }
        for flag in flags {
            let source = format!("--set {}", flag.split('=').next().unwrap_or(flag));
            let Some((key, text)) = flag.split_once('=') else {
                return Err(Error::Value {
                    key: flag.clone(),
                    source_name: "--set".to_owned(),
                    wanted: "must be given as KEY=VALUE".to_owned(),
                });
            };
            layers.text(key.trim(), text, &source)?;
        }
        Ok(layers)
    }

    /// Loads the defaults only.
    pub(crate) fn defaults() -> Result<Self, Error> {
        let entry = |value| Entry {
            value,
            source: None,
        };
        let defaults = parse(DEFAULTS, "the defaults")?.into_iter();
        Ok(Self(
            defaults.map(|(key, value)| (key, entry(value))).collect(),
        ))
    }

    /// Reads a key as a type.
    pub(super) fn get<T: FromValue>(&self, key: &str) -> Result<T, Error> {
        let entry = self
            .0
            .get(key)
            .ok_or_else(|| self.unknown(key, "the defaults"))?;
        T::from_value(&entry.value).map_err(|wanted| Error::Value {
            key: key.to_owned(),
            source_name: entry
                .source
                .clone()
                .unwrap_or_else(|| "the defaults".to_owned()),
            wanted,
        })
    }

    /// The known keys.
    #[cfg(test)]
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The value of a key and its source.
    pub(super) fn entry(&self, key: &str) -> Option<&Entry> {
        self.0.get(key)
    }

    /// The source of a key, for errors that concern several keys.
    pub(crate) fn source(&self, key: &str) -> &str {
        self.0
            .get(key)
            .and_then(|e| e.source.as_deref())
            .unwrap_or("the defaults")
    }

    /// Whether a key has its default.
    pub(crate) fn is_default(&self, key: &str) -> bool {
        self.0.get(key).is_none_or(|entry| entry.source.is_none())
    }

    fn file(&mut self, path: &Path) -> Result<(), Error> {
        let text = std::fs::read_to_string(path).map_err(|source| Error::File {
            path: path.to_owned(),
            key: None,
            source,
        })?;
        let name = path.display().to_string();
        for (key, value) in parse(&text, &name)? {
            self.put(&key, value, &name)?;
        }
        Ok(())
    }

    /// Sets a key from a text, which is parsed like its default.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "a foreign enum: all other TOML values are parsed alike"
    )]
    fn text(&mut self, key: &str, text: &str, source: &str) -> Result<(), Error> {
        let entry = self.0.get(key).ok_or_else(|| self.unknown(key, source))?;
        let value = match &entry.value {
            Value::String(_) => Value::String(text.to_owned()),
            // Other texts stay strings, so that the type of the key reports the error.
            _ => format!("x = {text}")
                .parse::<Table>()
                .ok()
                .and_then(|mut table| table.remove("x"))
                .unwrap_or_else(|| Value::String(text.to_owned())),
        };
        self.put(key, value, source)
    }

    fn put(&mut self, key: &str, value: Value, source: &str) -> Result<(), Error> {
        let Some(entry) = self.0.get_mut(key) else {
            return Err(self.unknown(key, source));
        };
        let source = Some(source.to_owned());
        *entry = Entry { value, source };
        Ok(())
    }

    fn unknown(&self, key: &str, source: &str) -> Error {
        Error::Unknown {
            key: key.to_owned(),
            source_name: source.to_owned(),
            nearest: nearest(key, self.0.keys().map(String::as_str)).map(str::to_owned),
        }
    }
}

fn parse(text: &str, name: &str) -> Result<Vec<(String, Value)>, Error> {
    let table = text.parse().map_err(|source| Error::Syntax {
        source_name: name.to_owned(),
        source,
    })?;
    Ok(flatten(table))
}

/// Turns `[a] b = 1` into `a.b = 1`.
fn flatten(table: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (section, value) in table {
        if let Value::Table(keys) = value {
            flat.extend(
                flatten(keys)
                    .into_iter()
                    .map(|(key, value)| (format!("{section}.{key}"), value)),
            );
        } else {
            flat.push((section, value));
        }
    }
    flat
}
