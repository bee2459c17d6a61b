//! Parses `Retry-After` (RFC 9110 section 10.2.3): seconds, or a date in one of three formats.

use chat::time::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::TimeZone;

/// The formats of an HTTP date: the current one and two obsolete ones that must still be accepted.
const DATES: [&str; 3] = [
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
];

/// Returns the seconds to wait from now, rounded up; `None` if the value is invalid.
pub(crate) fn seconds(value: &str, now: Timestamp) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // A number that overflows still means a long wait.
        return Some(value.parse().unwrap_or(u64::MAX));
    }
    let date: DateTime = DATES
        .iter()
        .find_map(|format| strtime::parse(format, value).ok()?.to_datetime().ok())?;
    let date = TimeZone::UTC.to_timestamp(date).ok()?;
    let wait = Timestamp::from_micros(date.as_microsecond()).since(now);
    Some(
        wait.as_secs()
            .saturating_add(u64::from(wait.subsec_nanos() > 0)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_parsed_and_the_rest_is_ignored() {
        let now = Timestamp::from_micros(784_111_770_500_000); // Sun, 06 Nov 1994 08:49:30.5 GMT
        for (value, wait) in [
            ("0", Some(0)),
            ("120", Some(120)),
            (" 7 ", Some(7)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(7)),
            ("Sunday, 06-Nov-94 08:49:37 GMT", Some(7)),
            ("Sun Nov  6 08:49:37 1994", Some(7)),
            ("Sun, 06 Nov 1994 08:49:30 GMT", Some(0)),
            ("Mon, 01 Jan 1990 00:00:00 GMT", Some(0)),
            ("", None),
            ("soon", None),
            ("-1", None),
            ("1.5", None),
            ("+5", None),
            ("Sun, 06 Nov 1994", None),
            ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ] {
            assert_eq!(seconds(value, now), wait, "{value:?}");
        }
    }
}
