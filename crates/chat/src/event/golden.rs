//! Stored events stay readable: the golden files have the bytes of every kind, schema and envelope
//! and are never edited. `UPDATE_GOLDEN=1 cargo nextest run -p chat golden` writes missing files.

mod specimens;

use std::path::PathBuf;

use serde_json::Value;

use crate::codec;
use crate::event::{Event, LiveChatRenamed};
use crate::record::Record;
use specimens::{StoredEnums, envelopes, old_specimens, specimens, stored_enums, with_new_fields};

fn dir() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// The bytes of a golden file. With `UPDATE_GOLDEN`, a missing file is written first.
fn golden(name: &str, extension: &str, today: &[u8]) -> Vec<u8> {
    let path = dir().join(format!("{name}.{extension}"));
    #[expect(
        clippy::disallowed_methods,
        reason = "UPDATE_GOLDEN makes this test write its files"
    )]
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    if update && !path.exists() {
        std::fs::write(&path, today).unwrap();
    }
    std::fs::read(&path).unwrap_or_else(|_| {
        panic!("{name}.{extension} is missing: run with UPDATE_GOLDEN=1 and commit the file")
    })
}

/// Asserts that the bytes and the JSON are equal to the golden files.
#[track_caller]
fn check(name: &str, today: &[u8], json: &Value) {
    let rule = "the encoding changed: raise the schema and move the old struct to history.rs";
    assert!(golden(name, "msgpack", today) == today, "{name}: {rule}");
    let text = format!("{json:#}\n");
    let written = golden(name, "json", text.as_bytes());
    assert_eq!(String::from_utf8(written).unwrap(), text, "{name}");
}

fn name_of(event: &Event) -> String {
    format!("{}.{}", event.kind(), event.schema())
}

#[test]
fn every_event_encodes_and_decodes_as_its_golden_file() {
    let newer = with_new_fields().into_iter();
    let newer = newer.map(|(name, event)| (name.to_owned(), event));
    let all = specimens()
        .into_iter()
        .map(|event| (name_of(&event), event));
    for (name, event) in all.chain(newer) {
        check(&name, &event.encode(), &event.to_json());
        let bytes = golden(&name, "msgpack", &event.encode());
        let read = Event::decode(event.kind(), event.schema(), &bytes);
        assert_eq!(read.unwrap(), event, "{name}");
    }
}

/// A text that is sealed now and was not then is encoded as before.
#[test]
fn every_event_of_an_older_schema_decodes() {
    for (schema, event) in old_specimens() {
        let name = format!("{}.{schema}", event.kind());
        check(&name, &event.encode(), &event.to_json());
        let bytes = golden(&name, "msgpack", &event.encode());
        let read = Event::decode(event.kind(), schema, &bytes);
        assert_eq!(read.unwrap(), event, "{name}");
    }
}

#[test]
fn every_envelope_encodes_and_decodes_as_its_golden_file() {
    for (name, record) in envelopes() {
        let (name, today) = (format!("record.{name}"), record.encode());
        check(&name, &today, &record.to_json());
        let read = Record::decode(record.position, &golden(&name, "msgpack", &today)).unwrap();
        assert_eq!(read, record, "{name}");
    }
}

#[test]
fn every_enum_value_encodes_and_decodes_as_its_golden_file() {
    let (enums, today) = (stored_enums(), codec::encode(&stored_enums()));
    check("nouns", &today, &serde_json::to_value(&enums).unwrap());
    assert_eq!(
        codec::decode::<StoredEnums>(&golden("nouns", "msgpack", &today)).unwrap(),
        enums
    );
}

#[test]
fn every_kind_has_a_specimen_and_every_golden_file_a_test() {
    let kinds: Vec<_> = specimens().iter().map(|e| (e.kind(), e.schema())).collect();
    assert_eq!(kinds, Event::KINDS);
    let mut names: Vec<String> = specimens().iter().map(name_of).collect();
    let old = old_specimens().into_iter();
    names.extend(old.map(|(schema, event)| format!("{}.{schema}", event.kind())));
    names.extend(envelopes().iter().map(|(name, _)| format!("record.{name}")));
    names.extend(with_new_fields().iter().map(|(name, _)| (*name).to_owned()));
    names.push("nouns".to_owned());
    for entry in std::fs::read_dir(dir()).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let name = file.rsplit_once('.').unwrap().0;
        assert!(names.iter().any(|n| n == name), "{file} is read by no test");
    }
}

#[test]
fn unknown_members_of_a_body_are_ignored() {
    let newer = serde_json::json!({ "name": "Desk", "colour": "blue" });
    let read = Event::decode("live-chat-renamed", 1, &codec::encode(&newer)).unwrap();
    let name = "Desk".to_owned();
    assert_eq!(read, LiveChatRenamed { name }.into());
}

#[test]
fn an_unknown_kind_or_schema_decodes_as_unknown() {
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
fn truncated_or_extended_records_are_rejected() {
    let good = envelopes()[0].1.encode();
    for cut in 0..good.len() {
        assert!(Record::decode(1, &good[..cut]).is_err(), "{cut}");
    }
    assert!(Record::decode(1, &[&good[..], b"x"].concat()).is_err());
}
