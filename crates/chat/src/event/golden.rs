//! What was once written stays readable: one file for every kind, schema and envelope, committed
//! and never edited. `UPDATE_GOLDEN=1 cargo nextest run -p chat golden` writes those that are missing.

mod specimens;

use std::path::PathBuf;

use serde_json::Value;

use crate::codec;
use crate::event::{Event, LiveChatRenamed};
use crate::record::Record;
use specimens::{Nouns, envelopes, nouns, specimens, with_reasons};

fn dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The bytes of a golden file, which is written first when it is missing and that was asked for.
fn golden(name: &str, extension: &str, today: &[u8]) -> Vec<u8> {
    let path = dir().join(format!("{name}.{extension}"));
    #[expect(
        clippy::disallowed_methods,
        reason = "a test that is told to write its files"
    )]
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    if update && !path.exists() {
        std::fs::write(&path, today).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|_| {
        panic!("{name}.{extension} is missing: run with UPDATE_GOLDEN=1, and commit what it writes")
    })
}

/// Bytes and JSON are today what they were when the file was written.
#[track_caller]
fn check(name: &str, today: &[u8], json: &Value) {
    let rule = "what is written changed: raise the schema, and freeze the old shape in history.rs";
    assert!(golden(name, "msgpack", today) == today, "{name}: {rule}");
    let text = format!("{json:#}\n");
    let written = golden(name, "json", text.as_bytes());
    assert_eq!(String::from_utf8(written).unwrap(), text, "{name}");
}

fn name_of(event: &Event) -> String {
    format!("{}.{}", event.kind(), event.schema())
}

#[test]
fn every_golden_event_reads_as_what_was_written() {
    for event in specimens() {
        let name = name_of(&event);
        let read = Event::decode(
            event.kind(),
            event.schema(),
            &golden(&name, "msgpack", &event.encode()),
        );
        assert_eq!(read.unwrap(), event, "{name}");
    }
}

#[test]
fn every_golden_event_is_what_is_written_today() {
    for event in specimens() {
        check(&name_of(&event), &event.encode(), &event.to_json());
    }
}

#[test]
fn an_event_with_a_typed_reason_is_what_is_written_today_and_reads_as_it() {
    for (name, event) in with_reasons() {
        check(name, &event.encode(), &event.to_json());
        let bytes = golden(name, "msgpack", &event.encode());
        let read = Event::decode(event.kind(), event.schema(), &bytes);
        assert_eq!(read.unwrap(), event, "{name}");
    }
}

#[test]
fn every_golden_envelope_is_what_is_written_today_and_reads_as_it() {
    for (name, record) in envelopes() {
        let (name, today) = (format!("record.{name}"), record.encode());
        check(&name, &today, &record.to_json());
        let read = Record::decode(record.position, &golden(&name, "msgpack", &today)).unwrap();
        assert_eq!(read, record, "{name}");
    }
}

#[test]
fn every_golden_noun_is_what_is_written_today_and_reads_as_it() {
    let (nouns, today) = (nouns(), codec::encode(&nouns()));
    check("nouns", &today, &serde_json::to_value(&nouns).unwrap());
    assert_eq!(
        codec::decode::<Nouns>(&golden("nouns", "msgpack", &today)).unwrap(),
        nouns
    );
}

#[test]
fn every_kind_has_a_specimen_and_every_file_is_one() {
    let kinds: Vec<_> = specimens().iter().map(|e| (e.kind(), e.schema())).collect();
    assert_eq!(kinds, Event::KINDS);
    let mut names: Vec<String> = specimens().iter().map(name_of).collect();
    names.extend(envelopes().iter().map(|(name, _)| format!("record.{name}")));
    names.extend(with_reasons().iter().map(|(name, _)| (*name).to_owned()));
    names.push("nouns".to_owned());
    for entry in std::fs::read_dir(dir()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.rsplit_once('.').unwrap().0;
        assert!(names.iter().any(|n| n == name), "{file} is read by no test");
    }
}

#[test]
fn a_body_with_members_of_tomorrow_still_reads() {
    let tomorrow = serde_json::json!({ "name": "Desk", "colour": "blue" });
    let read = Event::decode("live-chat-renamed", 1, &codec::encode(&tomorrow)).unwrap();
    assert_eq!(
        read,
        LiveChatRenamed {
            name: "Desk".to_owned()
        }
        .into()
    );
}

#[test]
fn a_kind_or_schema_of_tomorrow_is_kept_and_skipped() {
    for (kind, schema) in [
        ("tea-served", 1),
        ("live-chat-renamed", 2),
        ("live-chat-renamed", 0),
    ] {
        assert_eq!(
            Event::decode(kind, schema, b"anything").unwrap(),
            Event::Unknown
        );
    }
}

#[test]
fn bytes_that_are_no_record_are_refused() {
    let good = envelopes()[0].1.encode();
    for cut in 0..good.len() {
        assert!(Record::decode(1, &good[..cut]).is_err(), "{cut}");
    }
    assert!(Record::decode(1, &[&good[..], b"x"].concat()).is_err());
}
