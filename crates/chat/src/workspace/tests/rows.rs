//! Projection rows have no field names, so a change of their fields needs a new version.

use std::fmt;

use serde::Serialize;
use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fixture::Fixture;
use crate::codec;
use crate::table::Table;
use crate::workspace::ROWS_VERSION;

/// The names of a value's fields, in the order of encoding.
struct Shape(String);

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Names).map(Self)
    }
}

struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let mut names = Vec::new();
        while let Some((name, Shape(within))) = map.next_entry::<String, Shape>()? {
            names.push(format!("{name}{within}"));
        }
        Ok(format!("({})", names.join(" ")))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<String, A::Error> {
        let first = all.next_element::<Shape>()?;
        while all.next_element::<IgnoredAny>()?.is_some() {}
        Ok(first.map(|Shape(names)| names).unwrap_or_default())
    }

    fn visit_unit<E: de::Error>(self) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<String, E> {
        Ok(String::new())
    }

    fn visit_bytes<E: de::Error>(self, _: &[u8]) -> Result<String, E> {
        Ok(String::new())
    }
}

/// Returns the fields of a table's first row.
fn shape_of<K: Ord + Clone, V: Serialize>(table: &Table<K, V>) -> String {
    let row = table.iter().next().unwrap().1;
    let Shape(names) = codec::decode(&codec::encode(row)).unwrap();
    names
}

/// The fields of the current version. When they change, increment [`ROWS_VERSION`].
const SHAPES: [&str; 9] = [
    "(name groups password_hash tokens(id name hash created_at used_at) disabled created_at \
     head(version position))",
    "(name members replies() created_at deleted head(version position))",
    "(live_chat name webhook codes(code empty since until) \
     old_code(inbound outbound) revision generation security dialect \
     operator_initiated capabilities(operatorInitiated files typing receipts edits sessions) \
     verified status since reason refused last_error last_external pending last_attempt parked \
     operators breaker(failing_since failures open probes not_before paused_until) has_retries \
     probed_at next_notice dropped_notices head(version position))",
    "(channel external_user_id keys profile_at asked_at asking asked_in_vain first_seen_at forgotten \
     sessions other_chats head(version position))",
    "(open last lane name authors(One))",
    "(live_chat channel contact external_chat_id status operator opened_by opened_at \
     opened_position closed_at waiting_since last_at unread failed pending previous \
     head(version position))",
    "(session position tries first_at due expires_at dialect early vain earliest)",
    "(kind(Session) at)",
    "(id session position external digest delivery_at extra attempts direction state)",
];

#[test]
fn rows_with_other_fields_have_another_version() {
    let (mut fixture, ..) = Fixture::with_message();
    let first = fixture.workspace.users.iter().next().unwrap().0.clone();
    fixture.issues(first.as_str(), None);
    let w = &fixture.workspace;
    let shapes = [
        shape_of(&w.users),
        shape_of(&w.live_chats),
        shape_of(&w.channels),
        shape_of(&w.contacts),
        shape_of(&w.chats),
        shape_of(&w.sessions),
        shape_of(&w.deliveries),
        shape_of(&w.notices),
        shape_of(&w.messages),
    ];
    assert_eq!((ROWS_VERSION, shapes), (20, SHAPES.map(String::from)));
}
