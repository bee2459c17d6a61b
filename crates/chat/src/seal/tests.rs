use super::*;
use crate::content::Content;

fn key(byte: u8) -> SealKey {
    SealKey::from_bytes([byte; 32])
}

fn chance() -> Chance {
    Chance::from_seed([1; 32])
}

#[test]
fn a_value_opens_only_with_its_key_and_context() {
    let sealed = key(1).seal(b"text", b"session-1", &mut chance());
    assert_eq!(
        key(1).open(&sealed, b"session-1").as_deref(),
        Some(&b"text"[..])
    );
    assert_eq!(key(2).open(&sealed, b"session-1"), None);
    assert_eq!(key(1).open(&sealed, b"session-2"), None);
    assert_eq!(key(1).open(&sealed, b""), None);
}

#[test]
fn a_changed_or_truncated_value_does_not_open() {
    let sealed = key(1).seal(b"text", b"context", &mut chance());
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(key(1).open(&changed, b"context"), None, "byte {at}");
        assert_eq!(key(1).open(&sealed[..at], b"context"), None, "cut at {at}");
    }
}

#[test]
fn sealing_a_text_twice_gives_different_bytes() {
    let mut chance = chance();
    let seal = |chance: &mut Chance| key(1).seal(b"text", b"context", chance);
    assert_ne!(seal(&mut chance), seal(&mut chance));
    assert!(!seal(&mut chance).windows(4).any(|w| w == b"text"));
}

#[test]
fn a_private_value_is_serialized_only_when_sealed() {
    let mut content = Private::Clear(Content::text("text"));
    assert!(serde_json::to_string(&content).is_err());
    assert_eq!(
        format!("{content:?} {:?}", key(1)),
        "Private(***) SealKey(***)"
    );
    content.seal(&key(1), b"context", &mut chance());
    let sealed = content.clone();
    content.seal(&key(2), b"context", &mut chance());
    assert!(content == sealed, "a sealed value is not sealed again");

    let read: Private<Content> = codec::decode(&codec::encode(&content)).unwrap();
    assert_eq!(
        *read.open(Some(&key(1)), b"context").unwrap(),
        Content::text("text")
    );
    assert!(read.open(Some(&key(2)), b"context").is_none());
    assert!(read.open(None, b"context").is_none());
    let shown = serde_json::to_string(&read).unwrap();
    assert!(
        shown.starts_with("\"sealed, ") && !shown.contains("text"),
        "{shown}"
    );
}

#[test]
fn a_withheld_value_has_no_content() {
    let mut content = Private::Clear(Content::text("text"));
    content.withhold();
    assert!(codec::encode(&content).len() < 3);
    assert!(content.open(Some(&key(1)), b"context").is_none());
}

#[test]
fn a_tag_depends_on_the_bytes_and_the_key() {
    assert_eq!(key(1).tag(&[b"yes"]), key(1).tag(&[b"y", b"es"]));
    assert_ne!(key(1).tag(&[b"yes"]), key(1).tag(&[b"no"]));
    assert_ne!(key(1).tag(&[b"yes"]), key(2).tag(&[b"yes"]));
    assert_ne!(key(1).index_key(), key(2).index_key());
}

#[test]
fn an_indexed_text_is_found_by_its_digest_and_opens_with_its_key() {
    let (index, scope) = (key(9), [3; 16]);
    let digest = Indexed::digest_of(&index, &scope, "+44 555");
    assert_ne!(digest, Indexed::digest_of(&index, &[4; 16], "+44 555"));
    assert_ne!(digest, Indexed::digest_of(&key(8), &scope, "+44 555"));
    let mut text = Indexed::new(digest, "+44 555");
    text.seal(&key(1), &mut chance());
    let stored = codec::encode(&text);
    assert!(!stored.windows(3).any(|w| w == b"555"));
    let read: Indexed = codec::decode(&stored).unwrap();
    assert!(read == text && read.lifted(&index, &scope) == text && read.renewed() == text);
    assert_eq!(read.open(Some(&key(1))).as_deref(), Some("+44 555"));
    assert_eq!(read.open(Some(&key(2))), None);
    let shown = serde_json::to_string(&read).unwrap();
    assert!(shown.starts_with("\"sealed, "), "{shown}");

    // An older event has the text alone. A row has its digest too.
    let old: Indexed = codec::decode(&codec::encode(&"+44 555")).unwrap();
    assert_eq!(codec::encode(&old), codec::encode(&"+44 555"));
    let mut row: Indexed = codec::decode(&codec::encode(&old.lifted(&index, &scope))).unwrap();
    assert_eq!(row.digest(), digest);
    assert_eq!(row.open(None).as_deref(), Some("+44 555"));
    assert!(row.renewed().is_clear());
    row.erase();
    assert_eq!((row.digest(), row.open(None)), (digest, None));
}

#[test]
fn a_value_that_an_older_version_did_not_seal_is_read_and_renewed() {
    let old: Private<String> = codec::decode(&codec::encode(&"text")).unwrap();
    assert!(old == Private::Open("text".to_owned()));
    assert_eq!(codec::encode(&old), codec::encode(&"text"));
    assert_eq!(*old.open(None, b"context").unwrap(), "text");
    assert!(old.renewed() == Private::Clear("text".to_owned()));
}
