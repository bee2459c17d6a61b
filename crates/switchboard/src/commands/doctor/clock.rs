//! The clock of this machine, and the times in the log.

use std::ops::ControlFlow;
use std::time::Duration;

use chat::time::Timestamp;
use event_log::JournalReader;

use super::finding::Finding;
use crate::data::Data;

/// 2020-01-01. An earlier clock was never set, and messengers would reject our signatures.
const CLOCK_MIN: Timestamp = Timestamp::from_micros(1_577_836_800_000_000);
/// How far the log may be ahead. Messengers reject signatures that are further off.
const AHEAD_MAX: Duration = Duration::from_mins(5);

/// Checks a clock; the newest event of the log is from the given time.
pub(super) fn clock(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    if now < CLOCK_MIN {
        let message =
            format!("the clock is at {now}; set it, or messengers will reject our signatures");
        return Finding::wrong("clock", message);
    }
    match newest {
        Some(newest) if newest.since(now) > AHEAD_MAX => {
            let message = format!(
                "the clock is at {now}, but the newest event of the log is from {newest}: the clock is \
                 behind now, or was ahead then; compare it with another clock and set it (NTP), and leave \
                 the log alone"
            );
            Finding::wrong("clock", message)
        }
        Some(_) | None => {
            let message = format!(
                "{now}; messengers reject signatures that are more than 300 s off their clock"
            );
            Finding::ok("clock", message)
        }
    }
}

/// The time of the newest event, if the log can be read.
pub(super) fn newest(data: &Data) -> Option<Timestamp> {
    let dir = data.log();
    let head = JournalReader::stats(&dir).ok()?.head.position;
    let mut newest = None;
    let mut reader = JournalReader::open_read_only(&dir, head).ok()?;
    let read = reader.poll(|event| {
        newest = Some(Timestamp::from_micros(event.time_micros));
        ControlFlow::Continue(())
    });
    read.ok()?;
    newest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_before_2020_or_behind_the_log_is_wrong() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let now = at("2026-11-29T10:00:00Z");
        for (now, newest, word) in [
            (at("1970-01-01T00:01:00Z"), None, "wrong"),
            (now, None, "ok"),
            (now, Some(at("2026-11-29T10:04:59Z")), "ok"),
            (now, Some(at("2026-11-29T10:05:01Z")), "wrong"),
            (now, Some(at("2020-01-02T00:00:00Z")), "ok"),
        ] {
            let finding = clock(now, newest);
            assert_eq!(finding.word(), word, "{finding:?}");
        }
    }
}
