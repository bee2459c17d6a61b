//! Tests of the layers, the error messages and the documentation.

use std::time::Duration;

use super::table::KEYS;
use super::*;

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

/// Settings from a file, variables and flags.
fn load(file: &str, variables: &[(&str, &str)], flags: &[&str]) -> Result<Settings, String> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("switchboard.toml");
    std::fs::write(&path, file).unwrap();
    let flags: Vec<String> = flags.iter().map(|f| (*f).to_owned()).collect();
    Layers::load(Some(&path), &environment(variables), &flags)
        .and_then(|layers| Settings::read(&layers))
        .map_err(|e| e.to_string().replace(path.to_str().unwrap(), "FILE"))
}

#[test]
fn every_documented_key_is_real_and_every_key_is_documented() {
    let layers = Layers::defaults().unwrap();
    Settings::read(&layers).unwrap();
    assert_eq!(
        layers.keys().collect::<std::collections::BTreeSet<_>>(),
        KEYS.iter().map(|(key, _)| *key).collect()
    );
    for (key, _) in KEYS {
        let (before, _) = DEFAULTS
            .split_once(&format!("\n{key} = "))
            .unwrap_or_else(|| panic!("{key} is not in the defaults"));
        let paragraph = before.rsplit("\n\n").next().unwrap_or("");
        assert!(paragraph.contains("# "), "{key} has no comment");
    }
}

#[test]
fn a_later_layer_wins() {
    let name = "SWITCHBOARD__WORKSPACE";
    let check = |file, variables: &[_], flags: &[_], expected| {
        let settings = load(file, variables, flags).unwrap();
        assert_eq!(settings.workspace.as_str(), expected);
    };
    check("", &[], &[], "default");
    check("workspace = \"a\"", &[], &[], "a");
    check("workspace = \"a\"", &[(name, "b")], &[], "b");
    check("workspace = \"a\"", &[(name, "b")], &["workspace=c"], "c");
}

#[test]
fn sections_and_dotted_keys_are_equivalent() {
    for file in [
        "ingress.listen = \"127.0.0.1:1\"",
        "[ingress]\nlisten = \"127.0.0.1:1\"",
    ] {
        let settings = load(file, &[], &[]).unwrap();
        assert_eq!(settings.ingress.listen.0.port(), 1, "{file}");
    }
}

#[test]
fn the_environment_has_lists_numbers_and_booleans() {
    let settings = load(
        "",
        &[
            (
                "SWITCHBOARD__EGRESS__ALLOW",
                r#"["127.0.0.0/8", "::1/128"]"#,
            ),
            ("SWITCHBOARD__INGRESS__RATE", "0"),
            ("SWITCHBOARD__LOG__SYNC", "false"),
            ("SWITCHBOARD__DELIVERY__SCHEDULE", r#"["0s","250ms"]"#),
            ("SWITCHBOARD__DELIVERY__TIME_TO_LIVE", "90s"),
            ("SWITCHBOARD_PASSWORD", "not a setting"),
        ],
        &[],
    )
    .unwrap();
    assert_eq!(settings.egress.allow, ["127.0.0.0/8", "::1/128"]);
    assert_eq!((settings.ingress.rate, settings.log.sync), (0, false));
    assert_eq!(
        settings.delivery.schedule.0,
        [Duration::ZERO, Duration::from_millis(250)]
    );
    assert_eq!(settings.delivery.time_to_live.0, Duration::from_secs(90));
}

#[test]
fn an_error_names_the_source_and_suggests_a_key() {
    let check = |result: Result<Settings, String>, expected: &str| {
        assert_eq!(result.unwrap_err(), expected);
    };
    for (file, expected) in [
        (
            "ingress.listn = \"x\"",
            "FILE: unknown key ingress.listn (did you mean ingress.listen?)",
        ),
        (
            "public_url = \"x\"",
            "FILE: unknown key public_url (did you mean ingress.public_url?)",
        ),
        (
            "ingress.rate = \"fast\"",
            "FILE: ingress.rate must be a whole number from 0 to 4294967295",
        ),
    ] {
        check(load(file, &[], &[]), expected);
    }
    for (name, value, expected) in [
        (
            "NAST__URL",
            "x",
            "unknown key nast.url (did you mean nats.url?)",
        ),
        (
            "EGRESS__ALLOW",
            "127.0.0.1",
            "egress.allow must be a list of strings, such as [\"a\", \"b\"]",
        ),
        (
            "DELIVERY__TIME_TO_LIVE",
            "24",
            "delivery.time_to_live must be a duration greater than zero, such as 24h or 30s",
        ),
    ] {
        let name = format!("SWITCHBOARD__{name}");
        let expected = format!("{name}: {expected}");
        check(load("", &[(&name, value)], &[]), &expected);
    }
    for (flag, expected) in [
        (
            "log.snyc=true",
            "--set log.snyc: unknown key log.snyc (did you mean log.sync?)",
        ),
        (
            "qqqqqqqqqqqq=1",
            "--set qqqqqqqqqqqq: unknown key qqqqqqqqqqqq",
        ),
        ("workspace", "--set: workspace must be given as KEY=VALUE"),
    ] {
        check(load("", &[], &[flag]), expected);
    }
}

#[test]
fn printed_settings_have_no_secrets() {
    let layers = Layers::load(
        None,
        &environment(&[("SWITCHBOARD__NATS__PASSWORD", "hunter2")]),
        &[],
    )
    .unwrap();
    for effective in [false, true] {
        let shown = Shown {
            layers: &layers,
            effective,
        };
        for text in [shown.to_string(), shown.json().to_string()] {
            assert!(
                text.contains(print::MASK) && !text.contains("hunter2"),
                "{text}"
            );
        }
        // The output is TOML again.
        shown.to_string().parse::<toml::Table>().unwrap();
    }
}

#[test]
fn the_file_of_init_documents_every_key_and_sets_none() {
    let text = commented();
    assert!(text.parse::<toml::Table>().unwrap().is_empty());
    for (key, _) in KEYS {
        assert!(text.contains(&format!("\n#{key} = ")), "{key}");
    }
}
