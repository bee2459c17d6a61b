use super::*;
use crate::content::Content;

fn key(byte: u8) -> SealKey {
    SealKey::from_bytes([byte; 32])
}

fn chance() -> Chance {
    Chance::from_seed([1; 32])
}

#[test]
fn what_was_sealed_opens_with_its_key_and_context_alone() {
    let sealed = key(1).seal(b"words", b"session-1", &mut chance());
    assert_eq!(
        key(1).open(&sealed, b"session-1").as_deref(),
        Some(&b"words"[..])
    );
    assert_eq!(key(2).open(&sealed, b"session-1"), None);
    assert_eq!(key(1).open(&sealed, b"session-2"), None);
    assert_eq!(key(1).open(&sealed, b""), None);
}

#[test]
fn a_changed_byte_anywhere_is_found() {
    let sealed = key(1).seal(b"words", b"context", &mut chance());
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(key(1).open(&changed, b"context"), None, "byte {at}");
        assert_eq!(key(1).open(&sealed[..at], b"context"), None, "cut at {at}");
    }
}

#[test]
fn the_same_words_are_never_sealed_the_same() {
    let mut chance = chance();
    let seal = |chance: &mut Chance| key(1).seal(b"words", b"context", chance);
    assert_ne!(seal(&mut chance), seal(&mut chance));
    assert!(!seal(&mut chance).windows(5).any(|w| w == b"words"));
}

#[test]
fn a_private_value_is_written_only_sealed_and_says_nothing_of_itself() {
    let mut content = Private::Clear(Content::text("words"));
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
        Content::text("words")
    );
    assert!(read.open(Some(&key(2)), b"context").is_none());
    assert!(read.open(None, b"context").is_none());
    let shown = serde_json::to_string(&read).unwrap();
    assert!(
        shown.starts_with("\"sealed, ") && !shown.contains("words"),
        "{shown}"
    );
}

#[test]
fn without_a_key_nothing_is_kept() {
    let mut content = Private::Clear(Content::text("words"));
    content.withhold();
    assert!(codec::encode(&content).len() < 3);
    assert!(content.open(Some(&key(1)), b"context").is_none());
}

#[test]
fn a_tag_tells_bytes_apart_and_depends_on_the_key() {
    assert_eq!(key(1).tag(b"yes"), key(1).tag(b"yes"));
    assert_ne!(key(1).tag(b"yes"), key(1).tag(b"no"));
    assert_ne!(key(1).tag(b"yes"), key(2).tag(b"yes"));
}
