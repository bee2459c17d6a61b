//! Comments, documentation and messages do not use phrases that make readers stop.

use crate::sources::files;

/// Phrases with a plainer equivalent. Alternatives are separate entries; words match whole.
const BANNED: [&str; 22] = [
    "whoever",
    "so many",
    "let go",
    "lets go",
    "see to",
    "sees to",
    "the house",
    "a room",
    "there is none",
    "there are none",
    "of its own",
    "of their own",
    "by itself",
    "mend",
    "mends",
    "mended",
    "what waits",
    "is told",
    "are told",
    "takes in",
    "be let",
    "as it is",
];

/// Whether a text contains a phrase as whole words, in any case.
fn contains(text: &str, phrase: &str) -> bool {
    let text = text.to_lowercase();
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(phrase).any(|(start, found)| {
        let before = text[..start].chars().next_back();
        let after = text[start + found.len()..].chars().next();
        !is_word(before) && !is_word(after)
    })
}

#[test]
fn no_file_uses_a_banned_phrase() {
    let extensions = [
        "", "css", "js", "md", "mjs", "rs", "svelte", "toml", "ts", "yaml",
    ];
    let mut found = Vec::new();
    for (name, text) in files("", &extensions) {
        let is_this_file = name == "tests/it/prose.rs";
        if is_this_file || name == "LICENSE" {
            continue;
        }
        for (line, n) in text.lines().zip(1..) {
            let banned = BANNED.iter().filter(|phrase| contains(line, phrase));
            found.extend(banned.map(|phrase| format!("{name}:{n}: {phrase:?}: {line}")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_phrase_matches_whole_words_only() {
    assert!(contains("It lets GO.", "lets go"));
    assert!(!contains("amend the commendable", "mend"));
    assert!(!contains("see token_1", "see to"));
}
