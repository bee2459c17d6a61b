//! Time as a value. Nothing in this crate reads a clock.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Microseconds since 1970-01-01 UTC. An RFC 3339 string with six decimals and `Z` in JSON, an
/// integer in `MessagePack`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant that is this many microseconds after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the epoch, rounded down.
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds since the epoch, rounded down, as in `webhook-timestamp`.
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The duration since `earlier`, or zero if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The sum, or the latest representable instant on overflow.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }
}

impl Timestamp {
    /// The instant that is this much later, or earlier if it is negative.
    #[must_use]
    pub const fn shifted(self, by_ms: i64) -> Self {
        Self(self.0.saturating_add(by_ms.saturating_mul(1_000)))
    }

    /// The time from `earlier` to this instant in milliseconds; negative if `earlier` is later.
    pub const fn ms_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0) / 1_000
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{time:.6}"),
            // RFC 3339 has no format for years after 9999.
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let (time, fraction, offset) = parts(text).ok_or(BadTime)?;
        // RFC 3339 allows any number of digits, `jiff` nine.
        let text = format!("{time}.{fraction:.9}{offset}");
        let time: jiff::Timestamp = text.parse().map_err(|_| BadTime)?;
        Ok(Self(time.as_microsecond()))
    }
}

/// The seconds, the fraction and the offset of a text in the form of RFC 3339. `jiff` also reads other
/// forms, longer years and offsets of more than a day.
fn parts(text: &str) -> Option<(&str, &str, &str)> {
    let matches = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(byte, wanted)| {
                let is_digit = byte.is_ascii_digit() && wanted == b'0';
                is_digit || byte.eq_ignore_ascii_case(&wanted) && wanted != b'0'
            })
    };
    let (time, rest) = text.split_at_checked(19)?;
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit())?;
            rest.split_at_checked(end).filter(|_| end > 0)?
        }
        None => ("0", rest),
    };
    let is_offset = |sign: &str| matches(rest, &format!("{sign}00:00"));
    let is_hour = rest.get(1..3).is_some_and(|hour| hour < "24");
    let is_time = matches(time, "0000-00-00T00:00:00") || matches(time, "0000-00-00 00:00:00");
    let is_zone = matches(rest, "Z") || is_hour && (is_offset("+") || is_offset("-"));
    (is_time && is_zone).then_some((time, fraction, rest))
}

/// A text that is not an RFC 3339 time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time such as 2026-11-22T10:00:00Z")]
pub struct BadTime;

/// Parses a duration: a number with a unit (`250ms`, `90s`, `15m`, `24h`, `7d`), or a sum such as
/// `1h30m`.
pub fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut sum = None;
    while !rest.is_empty() {
        let (number, tail) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?);
        let letters = tail.find(|c: char| !c.is_ascii_alphabetic());
        let (unit, tail) = tail.split_at(letters.unwrap_or(tail.len()));
        let number: u64 = number.parse().ok()?;
        let seconds = |unit| number.checked_mul(unit).map(Duration::from_secs);
        let part = match unit {
            "ms" => Duration::from_millis(number),
            "s" => seconds(1)?,
            "m" => seconds(60)?,
            "h" => seconds(3_600)?,
            "d" => seconds(86_400)?,
            _ => return None,
        };
        sum = Some(sum.unwrap_or(Duration::ZERO).checked_add(part)?);
        rest = tail;
    }
    sum
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?
                .parse()
                .map_err(de::Error::custom)
        } else {
            i64::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests;
