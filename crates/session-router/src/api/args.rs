//! Reads the members of a request by their types. A member of the wrong type is rejected with its JSON
//! pointer, an unknown member is ignored, and `null` means absent.

use std::str::FromStr;
use std::time::Duration;

use chat::api::{Kind, Method};
use chat::content::File;
use chat::messenger::inbound;
use chat::reason::Reason;
use chat::rejection::{Code, Rejection};
use chat::secret::Secret;
use chat::time::{Timestamp, parse_duration};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// The largest request, in bytes: the same as a messenger may send.
const BYTES_MAX: usize = inbound::BODY_BYTES_MAX;
/// The most elements of an array. The rules set lower limits.
const ELEMENTS_MAX: usize = 10_000;

/// The members of a request for one method.
pub(super) struct Args {
    method: &'static Method,
    members: Map<String, Value>,
    /// The parameters that were asked for, which tests compare with the table.
    #[cfg(test)]
    pub(super) asked: std::cell::RefCell<std::collections::BTreeSet<String>>,
}

impl Args {
    /// Parses a payload. An empty one has no members.
    pub(super) fn read(method: &'static Method, payload: &[u8]) -> Result<Self, Rejection> {
        if payload.len() > BYTES_MAX {
            return Err(Reason::RequestTooLarge { limit: BYTES_MAX }.into());
        }
        let members = if payload.is_empty() {
            Map::new()
        } else {
            // The console API has one code for a malformed request, the messenger protocol several.
            inbound::parse(payload).map_err(|e| {
                if e.code == Code::Invalid {
                    return e;
                }
                let detail = e.message();
                Reason::InvalidBody { detail }.into()
            })?
        };
        Ok(Self {
            method,
            members,
            #[cfg(test)]
            asked: std::cell::RefCell::default(),
        })
    }

    /// The method that the request is for.
    pub(super) const fn method(&self) -> &'static Method {
        self.method
    }

    /// Every member, for the digest.
    pub(super) const fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// A parameter's value, if it is present.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(
            name == "commandId" || self.method.parameter(name).is_some(),
            "{} has no parameter {name} in chat::api",
            self.method.name
        );
        #[cfg(test)]
        self.asked.borrow_mut().insert(name.to_owned());
        self.value(name)
    }

    /// Rejects a member that is no parameter of the method, but looks like one.
    pub(super) fn refuse(&self, name: &str, message: &str) -> Result<(), Rejection> {
        debug_assert!(
            self.method.parameter(name).is_none(),
            "{name} is a parameter"
        );
        self.value(name)
            .map_or(Ok(()), |_| Err(wrong(name, message)))
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        self.method.parameter(name).map(|parameter| parameter.kind)
    }

    /// A string.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Rejection> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(wrong(name, "must be a string")),
        }
    }

    /// A required string.
    pub(super) fn required_text(&self, name: &str) -> Result<String, Rejection> {
        required(name, self.text(name)?)
    }

    /// A secret string.
    pub(super) fn secret(&self, name: &str) -> Result<Option<Secret>, Rejection> {
        Ok(self.text(name)?.map(Secret::new))
    }

    /// An id.
    pub(super) fn id<T: FromStr>(&self, name: &str) -> Result<Option<T>, Rejection> {
        self.parsed(name, ID)
    }

    /// A required id.
    pub(super) fn required_id<T: FromStr>(&self, name: &str) -> Result<T, Rejection> {
        required(name, self.id(name)?)
    }

    /// An array of ids.
    pub(super) fn ids<T: FromStr>(&self, name: &str) -> Result<Option<Vec<T>>, Rejection> {
        self.list(name, |value| {
            let id = value.as_str().and_then(|text| text.parse().ok());
            id.ok_or_else(|| ID.to_owned())
        })
    }

    /// A string that parses as `T`; `message` says what it must be.
    pub(super) fn parsed<T: FromStr>(
        &self,
        name: &str,
        message: &str,
    ) -> Result<Option<T>, Rejection> {
        self.text(name)?
            .map(|text| text.parse().map_err(|_| wrong(name, message)))
            .transpose()
    }

    /// One of the strings that the table lists, which is how serde writes `T`.
    pub(super) fn choice<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Rejection> {
        let one = |value: &Value| serde_json::from_value(value.clone());
        self.get(name)
            .map(|value| one(value).map_err(|_| wrong(name, &self.one_of(name))))
            .transpose()
    }

    /// An array of the strings that the table lists.
    pub(super) fn choices<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<Option<Vec<T>>, Rejection> {
        self.list(name, |value| {
            serde_json::from_value(value.clone()).map_err(|_| self.one_of(name))
        })
    }

    fn one_of(&self, name: &str) -> String {
        let choices = match self.kind(name) {
            Some(Kind::Choice(choices) | Kind::Choices(choices)) => choices,
            _ => &[],
        };
        format!("must be one of {}", choices.join(", "))
    }

    /// A boolean.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Rejection> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(wrong(name, "must be true or false")),
        }
    }

    /// A whole number. A string of digits is accepted too: shells pass `next` on as text.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Rejection> {
        let number = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => text.parse().ok(),
            Some(value) => value.as_u64(),
        };
        let message = "must be a whole number, 0 or greater";
        number.map(Some).ok_or_else(|| wrong(name, message))
    }

    /// `limit`: at least 1, and cut to the table's maximum.
    pub(super) fn limit(&self) -> Result<usize, Rejection> {
        let number = self.number("limit")?;
        let Some(Kind::Limit { default, max }) = self.kind("limit") else {
            return Ok(0);
        };
        match number {
            None => Ok(default),
            Some(0) => Err(wrong("limit", "must be at least 1")),
            Some(n) => Ok(usize::try_from(n).unwrap_or(max).min(max)),
        }
    }

    /// A duration: seconds as a number or a string, or a string for [`parse_duration`].
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, Rejection> {
        let found = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(text)) => duration(text),
            Some(value) => value.as_u64().map(Duration::from_secs),
        };
        let message = "must be seconds, or a text such as 90s, 15m, 24h or 7d";
        found.map(Some).ok_or_else(|| wrong(name, message))
    }

    /// A time, or how long before `now`.
    pub(super) fn time(&self, name: &str, now: Timestamp) -> Result<Option<Timestamp>, Rejection> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let before = |ago: Duration| {
            let ago = i64::try_from(ago.as_micros()).unwrap_or(i64::MAX);
            Timestamp::from_micros(now.as_micros().saturating_sub(ago))
        };
        let found = text.parse().ok().or_else(|| duration(&text).map(before));
        let message = "must be an RFC 3339 time such as 2026-11-22T10:00:00Z";
        found.map(Some).ok_or_else(|| wrong(name, message))
    }

    /// The files of a message. The rules limit their number and lengths.
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
                    let message = "must be a whole number of bytes";
                    let size = size.as_u64();
                    Some(size.ok_or_else(|| wrong(&format!("{name}/{i}/size"), message))?)
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
        mut one: impl FnMut(&'a Value) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, Rejection> {
        let list = match self.get(name) {
            None => return Ok(None),
            Some(Value::Array(list)) if list.len() <= ELEMENTS_MAX => list,
            Some(Value::Array(_)) => return Err(wrong(name, "has too many elements")),
            Some(_) => return Err(wrong(name, "must be an array")),
        };
        let read = |(i, value)| one(value).map_err(|e| wrong(&format!("{name}/{i}"), &e));
        list.iter()
            .enumerate()
            .map(read)
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

const ID: &str = "must be an id";

/// Rejects an absent parameter.
pub(super) fn required<T>(name: &str, value: Option<T>) -> Result<T, Rejection> {
    value.ok_or_else(|| wrong(name, "is required"))
}

/// The rejection of one parameter.
pub(super) fn wrong(name: &str, message: &str) -> Rejection {
    Reason::InvalidMember {
        pointer: format!("/{name}"),
        detail: message.to_owned(),
    }
    .into()
}

/// Parses a duration with units, or whole seconds without.
fn duration(text: &str) -> Option<Duration> {
    let seconds = || text.parse().ok().map(Duration::from_secs);
    parse_duration(text).or_else(seconds)
}
