//! Every reason code is translated, and the console page parses no text of the broker.

use std::collections::BTreeSet;

use crate::sources::{files, read};

const CATALOGUES: &str = "crates/console/web/src/i18n/reasons";

/// The files of the page that use regular expressions, none of them on texts of the broker.
const USES_REGULAR_EXPRESSIONS: [&str; 11] = [
    "admin/UserDialog.svelte",
    "admin/state/channel.ts",
    "i18n/catalogue.ts",
    "operator/keys.ts",
    "state/links.ts",
    "state/replies.ts",
    "text/bidi.ts",
    "text/picture.ts",
    "text/search.ts",
    "text/urls.ts",
    "text/visible.ts",
];

/// The codes that `chat::reason` declares, as `Name = "code": "sentence"`.
fn codes() -> BTreeSet<String> {
    let source = read("crates/chat/src/reason.rs");
    let code_lines = source.lines().filter(|line| !line.contains("///"));
    let codes = code_lines.filter_map(|line| {
        let (code, rest) = line.split_once(" = \"")?.1.split_once('"')?;
        let is_reason = rest.starts_with(':') || rest.starts_with(" at \"");
        is_reason.then(|| code.to_owned())
    });
    let codes: BTreeSet<_> = codes.collect();
    assert!(codes.len() > 60, "found only the codes {codes:?}");
    codes
}

#[test]
fn every_reason_is_in_both_catalogues() {
    for language in ["en", "ru"] {
        let path = format!("{CATALOGUES}.{language}.ts");
        let catalogue = read(&path);
        let keys: BTreeSet<_> = catalogue
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.split_once(':'))
            .map(|(key, _)| key.trim_matches(['"', '\'']).to_owned())
            .collect();
        assert_eq!(keys, codes(), "{path} has the codes of chat::reason");
    }
}

#[test]
fn the_page_matches_no_regular_expression_against_texts_of_the_broker() {
    let calls = [".exec(", ".match(", ".matchAll(", ".test(", "RegExp("];
    let mut found = Vec::new();
    for (name, text) in files("crates/console/web/src", &["ts", "svelte"]) {
        let is_allowed = USES_REGULAR_EXPRESSIONS
            .iter()
            .any(|file| name.strip_prefix("crates/console/web/src/") == Some(file));
        for (line, n) in text.lines().zip(1..) {
            let line = line.replace("api.test(", "");
            if !is_allowed && calls.iter().any(|call| line.contains(call)) {
                found.push(format!("{name}:{n}: {line}"));
            }
        }
    }
    assert!(
        found.is_empty(),
        "only input of users and browsers may be matched: {found:#?}"
    );
}
