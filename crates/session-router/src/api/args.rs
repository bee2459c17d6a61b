//! Reads the members of a request, each of its kind, and refuses the others by their pointers.

use std::str::FromStr;
use std::time::Duration;

use chat::content::File;
use chat::messenger::inbound;
use chat::rejection::{Code, Rejection};
use chat::secret::Secret;
use chat::time::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The largest request, in bytes: what a messenger may send is enough for an operator too.
const BYTES_MAX: usize = inbound::BODY_BYTES_MAX;
/// The most elements of a list; the rules ask for fewer.
const ELEMENTS_MAX: usize = 10_000;

/// The members of a request.
pub(super) struct Args(Map<String, Value>);

impl Args {
    /// Reads a payload; an empty one has no members.
    pub(super) fn read(payload: &[u8]) -> Result<Self, Rejection> {
        if payload.len() > BYTES_MAX {
            let words = format!("the request is over {BYTES_MAX} bytes");
            return Err(Rejection::new(Code::TooLarge, words));
        }
        if payload.is_empty() {
            return Ok(Self(Map::new()));
        }
        // The console API has one code for whatever is wrong with a request's form.
        inbound::parse(payload).map(Self).map_err(|e| match e.code {
            Code::Invalid => e,
            _ => Rejection::invalid("", e.message),
        })
    }

    /// Every member, for the digest.
    pub(super) const fn all(&self) -> &Map<String, Value> {
        &self.0
    }

    /// A member that is there.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Rejection> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(name, "must be a string")),
        }
    }

    /// A text that must be there.
    pub(super) fn need_text(&self, name: &str) -> Result<String, Rejection> {
        need(name, self.text(name)?)
    }

    /// A secret text.
    pub(super) fn secret(&self, name: &str) -> Result<Option<Secret>, Rejection> {
        Ok(self.text(name)?.map(Secret::new))
    }

    /// An id.
    pub(super) fn id<T: FromStr>(&self, name: &str) -> Result<Option<T>, Rejection> {
        self.parsed(name, ID)
    }

    /// An id that must be there.
    pub(super) fn need_id<T: FromStr>(&self, name: &str) -> Result<T, Rejection> {
        need(name, self.id(name)?)
    }

    /// The members' ids.
    pub(super) fn ids<T: FromStr>(&self, name: &str) -> Result<Option<Vec<T>>, Rejection> {
        self.list(name, |value| {
            value.as_str().and_then(|t| t.parse().ok()).ok_or(ID)
        })
    }

    /// A text of a given form; `form` says which.
    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &str,
        form: &str,
    ) -> Result<Option<T>, Rejection> {
        self.text(name)?
            .map(|text| text.parse().map_err(|_| wrong(name, form)))
            .transpose()
    }

    /// One of the texts that a type is written as; `choices` names them.
    pub(super) fn choice<T: DeserializeOwned>(
        &self,
        name: &str,
        choices: &str,
    ) -> Result<Option<T>, Rejection> {
        let one = |value: &Value| serde_json::from_value(value.clone());
        self.get(name)
            .map(|value| one(value).map_err(|_| wrong(name, &one_of(choices))))
            .transpose()
    }

    /// Several of them.
    pub(super) fn choices<T: DeserializeOwned>(
        &self,
        name: &str,
        choices: &'static str,
    ) -> Result<Option<Vec<T>>, Rejection> {
        self.list(name, |value| {
            serde_json::from_value(value.clone()).map_err(|_| choices)
        })
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Rejection> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong(name, "must be true or false")),
        }
    }

    /// A whole number, also as a text: what was given as `next` comes back as it was typed.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Rejection> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_u64(),
        };
        let words = "must be a whole number, 0 or greater";
        number.map(Some).ok_or_else(|| wrong(name, words))
    }

    /// `limit`: at least one, and cut to the most that there is.
    pub(super) fn limit(&self, usual: usize, most: usize) -> Result<usize, Rejection> {
        match self.number("limit")? {
            None => Ok(usual),
            Some(0) => Err(wrong("limit", "must be at least 1")),
            Some(n) => Ok(usize::try_from(n).unwrap_or(most).min(most)),
        }
    }

    /// A duration: seconds as a number, or a text such as `90s`, `15m`, `24h`, `7d`.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, Rejection> {
        let found = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => duration(text),
            Some(value) => value.as_u64().map(Duration::from_secs),
        };
        let words = "must be seconds, or a text such as 90s, 15m, 24h or 7d";
        found.map(Some).ok_or_else(|| wrong(name, words))
    }

    /// A time, or how long before now it was.
    pub(super) fn time(&self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, Rejection> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let before = |ago: Duration| {
            let ago = i64::try_from(ago.as_micros()).unwrap_or(i64::MAX);
            Timestamp::from_micros(now.as_micros().saturating_sub(ago))
        };
        let found = text.parse().ok().or_else(|| duration(&text).map(before));
        let words = "must be an RFC 3339 time such as 2026-11-22T10:00:00Z";
        found.map(Some).ok_or_else(|| wrong(name, words))
    }

    /// Files of a message; the rules bound them.
    pub(super) fn files(&self, name: &str) -> Result<Vec<File>, Rejection> {
        let files = self.list(name, Ok)?.unwrap_or_default();
        let read = |(i, file): (usize, &Value)| {
            let text = |member: &str| {
                let place = format!("{name}/{i}/{member}");
                let text = file.get(member).and_then(Value::as_str);
                text.map(str::to_owned)
                    .ok_or_else(|| wrong(&place, "must be a string"))
            };
            let size = match file.get("size") {
                None | Some(Value::Null) => None,
                Some(size) => {
                    let words = "must be a whole number of bytes";
                    let size = size.as_u64();
                    Some(size.ok_or_else(|| wrong(&format!("{name}/{i}/size"), words))?)
                }
            };
            Ok(File {
                name: text("name")?,
                size,
                url: text("URL")?,
            })
        };
        files.into_iter().enumerate().map(read).collect()
    }

    fn list<'a, T>(
        &'a self,
        name: &str,
        mut one: impl FnMut(&'a Value) -> Result<T, &'static str>,
    ) -> Result<Option<Vec<T>>, Rejection> {
        let list = match self.get(name) {
            None => return Ok(None),
            Some(Value::Array(list)) if list.len() <= ELEMENTS_MAX => list,
            Some(Value::Array(_)) => return Err(wrong(name, "has too many elements")),
            Some(_) => return Err(wrong(name, "must be an array")),
        };
        let read = |(i, value)| one(value).map_err(|words| wrong(&format!("{name}/{i}"), words));
        list.iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

/// What an id looks like.
const ID: &str = "must be an id";

/// A member that must be there.
pub(super) fn need<T>(name: &str, value: Option<T>) -> Result<T, Rejection> {
    value.ok_or_else(|| wrong(name, "is required"))
}

/// A member is wrong.
pub(super) fn wrong(name: &str, words: &str) -> Rejection {
    Rejection::invalid(&format!("/{name}"), words)
}

fn one_of(choices: &str) -> String {
    format!("must be one of {choices}")
}

fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text.get(digits.len()..)? {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = digits.parse::<u64>().ok()?.checked_mul(unit)?;
    Some(Duration::from_secs(seconds))
}
