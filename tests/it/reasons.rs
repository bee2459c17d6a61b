//! Every reason code is translated, and the console page parses no text of the broker.

use std::collections::BTreeSet;

use crate::sources::{files, read, reasons};

const CATALOGUES: &str = "crates/console/web/src/i18n/reasons";

/// The files of the page that use regular expressions, none of them on texts of the broker.
const USES_REGULAR_EXPRESSIONS: [&str; 7] = [
    "admin/UserDialog.svelte",
    "admin/state/channel.ts",
    "i18n/catalogue.ts",
    "operator/keys.ts",
    "state/links.ts",
    "state/replies.ts",
    "ui/Avatar.svelte",
];

#[test]
fn every_reason_is_in_both_catalogues() {
    let codes: BTreeSet<_> = reasons().into_keys().collect();
    assert!(codes.len() > 60, "found only the codes {codes:?}");
    for language in ["en", "ru"] {
        let path = format!("{CATALOGUES}.{language}.ts");
        let catalogue = read(&path);
        let keys: BTreeSet<_> = catalogue
            .lines()
            .filter_map(|line| line.strip_prefix("  ")?.split_once(':'))
            .map(|(key, _)| key.trim_matches(['"', '\'']).to_owned())
            .collect();
        assert_eq!(keys, codes, "{path} has the codes of chat::reason");
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
