//! The layers of settings, laid over each other; each value remembers who wrote it.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::environment::Environment;
use super::value::FromValue;
use super::{Error, KEYS, nearest};

/// The lowest layer, which is the documentation too.
pub(crate) const DEFAULTS: &str = include_str!("../settings.default.toml");

/// Every key with its value in force.
#[derive(Clone, Debug)]
pub(crate) struct Layers(BTreeMap<&'static str, Entry>);

/// A value and who wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The value.
    pub(crate) value: Value,
    /// The file, variable or flag; none for a default.
    pub(crate) source: Option<String>,
}

impl Layers {
    /// Defaults, then the file (where there is one), then the environment, then flags `key=value`.
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

    /// The lowest layer alone.
    pub(crate) fn defaults() -> Result<Self, Error> {
        let mut layers = Self(BTreeMap::new());
        layers.toml(DEFAULTS, "the defaults", None)?;
        Ok(layers)
    }

    /// Reads a key as its type.
    pub(super) fn get<T: FromValue>(&self, key: &str) -> Result<T, Error> {
        let entry = self
            .0
            .get(key)
            .ok_or_else(|| unknown(key, "the defaults"))?;
        T::from_value(&entry.value).map_err(|wanted| Error::Value {
            key: key.to_owned(),
            source_name: entry
                .source
                .clone()
                .unwrap_or_else(|| "the defaults".to_owned()),
            wanted,
        })
    }

    /// Every key with its value, in the order of the table.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'static str, bool, &Entry)> {
        KEYS.iter()
            .filter_map(|(key, secret)| Some((*key, *secret, self.0.get(key)?)))
    }

    /// Who wrote a key, for errors that concern several of them.
    pub(crate) fn source(&self, key: &str) -> &str {
        self.0
            .get(key)
            .and_then(|e| e.source.as_deref())
            .unwrap_or("the defaults")
    }

    /// Whether nobody wrote a key.
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
        self.toml(&text, &name, Some(&name))
    }

    fn toml(&mut self, text: &str, name: &str, source: Option<&str>) -> Result<(), Error> {
        let table: Table = text.parse().map_err(|source| Error::Syntax {
            source_name: name.to_owned(),
            source,
        })?;
        for (key, value) in flatten(table) {
            self.put(&key, value, name, source)?;
        }
        Ok(())
    }

    /// One value as text: what it means depends on what the default is.
    fn text(&mut self, key: &str, text: &str, source: &str) -> Result<(), Error> {
        let entry = self.0.get(key).ok_or_else(|| unknown(key, source))?;
        let value = match &entry.value {
            Value::String(_) => Value::String(text.to_owned()),
            // What is no TOML stays a text, and its type then says what was wanted.
            _ => format!("x = {text}")
                .parse::<Table>()
                .ok()
                .and_then(|mut table| table.remove("x"))
                .unwrap_or_else(|| Value::String(text.to_owned())),
        };
        self.put(key, value, source, Some(source))
    }

    fn put(
        &mut self,
        key: &str,
        value: Value,
        name: &str,
        source: Option<&str>,
    ) -> Result<(), Error> {
        let (key, _) = KEYS
            .iter()
            .find(|(known, _)| *known == key)
            .ok_or_else(|| unknown(key, name))?;
        let source = source.map(str::to_owned);
        self.0.insert(key, Entry { value, source });
        Ok(())
    }
}

fn unknown(key: &str, source: &str) -> Error {
    Error::Unknown {
        key: key.to_owned(),
        source_name: source.to_owned(),
        nearest: nearest(key, KEYS.iter().map(|(key, _)| *key)).map(str::to_owned),
    }
}

/// `[a] b = 1` as `a.b = 1`; deeper tables do not exist, so that their keys are unknown ones.
fn flatten(table: Table) -> Vec<(String, Value)> {
    let mut flat = Vec::new();
    for (section, value) in table {
        match value {
            Value::Table(keys) => flat.extend(
                flatten(keys)
                    .into_iter()
                    .map(|(key, value)| (format!("{section}.{key}"), value)),
            ),
            value => flat.push((section, value)),
        }
    }
    flat
}
