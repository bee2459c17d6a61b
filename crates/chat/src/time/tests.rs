use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn a_time_is_shown_in_utc_with_six_decimals() {
    for (given, shown) in [
        ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00.000000Z"),
        ("2026-11-22T10:00:00.5Z", "2026-11-22T10:00:00.500000Z"),
        ("2026-11-22T10:00:00.123456Z", "2026-11-22T10:00:00.123456Z"),
        (
            "2026-11-22T10:00:00.123456789Z",
            "2026-11-22T10:00:00.123456Z",
        ),
        (
            "2026-11-22T12:00:00.12345678901234567890+02:00",
            "2026-11-22T10:00:00.123456Z",
        ),
        ("2026-11-22T12:30:00+02:30", "2026-11-22T10:00:00.000000Z"),
        ("2026-11-22t10:00:00z", "2026-11-22T10:00:00.000000Z"),
        ("2026-11-22 10:00:00-00:00", "2026-11-22T10:00:00.000000Z"),
        ("2026-11-21T10:01:00-23:59", "2026-11-22T10:00:00.000000Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
    ] {
        assert_eq!(at(given).to_string(), shown);
        assert_eq!(at(shown), at(given));
    }
}

#[test]
fn other_texts_are_not_times() {
    for text in [
        "",
        "now",
        "2026-11-22",
        "2026-11-22T10:00:00",
        "2026-13-01T00:00:00Z",
        "1795341600",
        "2026-11-22T25:00:00Z",
        "2026-11-22T10:00:00+25:00",
        "2026-11-22T10:00:00+24:00",
        "2026-11-22T10:00:00+00:60",
        "2026-11-22T10:00:00+0200",
        "2026-11-22T10:00:00+02",
        "2026-11-22T10Z",
        "2026-11-22T10:00:00.Z",
        "-002026-11-22T10:00:00Z",
        "+002026-11-22T10:00:00Z",
        "-0001-11-22T10:00:00Z",
        "2026-11-22T10:00:00Z[UTC]",
        "9999-12-31T23:59:59-01:00",
        "\u{ff12}026-11-22T10:00:00Z",
    ] {
        assert_eq!(text.parse::<Timestamp>(), Err(BadTime), "{text}");
    }
}

#[test]
fn times_before_the_epoch_round_down() {
    let before = Timestamp::from_micros(-1);
    assert_eq!((before.as_millis(), before.as_secs()), (-1, -1));
    let after = Timestamp::from_micros(1_999_999);
    assert_eq!((after.as_millis(), after.as_secs()), (1_999, 1));
}

#[test]
fn sums_and_differences_saturate() {
    let (early, late) = (
        Timestamp::from_micros(10),
        Timestamp::from_micros(2_000_010),
    );
    assert_eq!(late.since(early), Duration::from_secs(2));
    assert_eq!(early.since(late), Duration::ZERO);
    let end = Timestamp::from_micros(i64::MAX);
    assert_eq!(late.plus(Duration::MAX), end);
    assert_eq!(
        end.since(Timestamp::from_micros(i64::MIN)).as_micros(),
        i64::MAX as u128
    );
}

#[test]
fn json_has_the_text_and_message_pack_the_number() {
    let time = at("2026-11-22T10:00:00.000001Z");
    let json = serde_json::to_string(&time).unwrap();
    assert_eq!(json, "\"2026-11-22T10:00:00.000001Z\"");
    assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), time);
    let bytes = crate::codec::encode(&time);
    assert_eq!(crate::codec::decode::<Timestamp>(&bytes).unwrap(), time);
    assert_eq!(
        crate::codec::decode::<i64>(&bytes).unwrap(),
        time.as_micros()
    );
}

#[test]
fn durations_have_units() {
    for (text, millis) in [
        ("0s", 0),
        ("250ms", 250),
        ("1h30m", 5_400_000),
        ("7d", 604_800_000),
    ] {
        assert_eq!(
            parse_duration(text),
            Some(Duration::from_millis(millis)),
            "{text}"
        );
    }
    for text in [
        "",
        "5",
        "s",
        "5 s",
        "-5s",
        "5w",
        "99999999999999999999h",
        "99999999999999999d",
    ] {
        assert_eq!(parse_duration(text), None, "{text}");
    }
}
