//! `init`: what it creates and what it refuses to change.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::program::{call, text};

/// Every path below a directory, with its mode.
fn modes(directory: &Path) -> Vec<(String, u32)> {
    let mut modes = Vec::new();
    for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        modes.push((text(&entry.path()).to_owned(), mode));
        if entry.path().is_dir() {
            modes.extend(self::modes(&entry.path()));
        }
    }
    modes
}

#[test]
fn only_the_owner_has_access_to_a_data_directory() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("a/data");
    let (code, stdout, stderr) = call(&["init", "--data", text(&data)]);
    assert_eq!(code, 0, "{stderr}");
    let password = stdout
        .lines()
        .find_map(|line| line.strip_prefix("password: "))
        .unwrap();
    assert!(password.len() >= 16 && !stderr.contains(password));

    assert_eq!(
        fs::metadata(&data).unwrap().permissions().mode() & 0o777,
        0o700
    );
    let modes = modes(&data);
    for (path, mode) in &modes {
        let is_dir = Path::new(path).is_dir();
        assert_eq!(*mode, if is_dir { 0o700 } else { 0o600 }, "{path}");
    }
    let mut names: Vec<_> = modes
        .iter()
        .map(|(path, _)| &path[text(&data).len()..])
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "/first-administrator.toml",
            "/master.key",
            "/nats",
            "/nats/issuer.seed",
            "/nats/roles.password",
            "/nats/system.password",
            "/place.toml",
            "/switchboard.toml",
        ]
    );
    let key = fs::read_to_string(data.join("master.key")).unwrap();
    assert_eq!(key.trim().len(), 64);
    assert_eq!(call(&["config", "check", "--data", text(&data)]).0, 0);
}

#[test]
fn a_second_init_is_rejected_and_changes_nothing() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    assert_eq!(call(&["init", "--data", text(&data)]).0, 0);
    let key = fs::read(data.join("master.key")).unwrap();
    let (code, stdout, stderr) = call(&["init", "--data", text(&data)]);
    assert_eq!((code, stdout.as_str()), (1, ""));
    assert!(stderr.contains("is already a data directory"), "{stderr}");
    assert_eq!(fs::read(data.join("master.key")).unwrap(), key);
}

#[test]
fn a_directory_with_other_files_is_rejected() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("thesis.txt"), "chapter 1").unwrap();
    let (code, _, stderr) = call(&["init", "--data", text(directory.path())]);
    assert_eq!(code, 1);
    assert!(stderr.contains("is not empty"), "{stderr}");
    assert_eq!(modes(directory.path()).len(), 1);
}

#[test]
fn an_empty_directory_and_the_remains_of_a_killed_init_are_filled() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join(".init")).unwrap();
    fs::write(directory.path().join("switchboard.toml"), "half").unwrap();
    assert_eq!(call(&["init", "--data", text(directory.path())]).0, 0);
    assert!(!directory.path().join(".init").exists());
    let check = ["config", "check", "--data", text(directory.path())];
    assert_eq!(call(&check).0, 0);
}

#[test]
fn a_given_password_is_used_and_not_printed() {
    let parent = tempfile::tempdir().unwrap();
    let (data, file) = (parent.path().join("data"), parent.path().join("password"));
    let init = || {
        let admin = [
            "--admin-login",
            "root",
            "--admin-password-file",
            text(&file),
        ];
        call(&[&["init", "--data", text(&data)][..], &admin].concat())
    };
    fs::write(&file, "short\n").unwrap();
    let (code, _, stderr) = init();
    assert_eq!(code, 1);
    assert!(stderr.contains("8 to 1024") && !data.exists(), "{stderr}");

    fs::write(&file, "correct horse\n").unwrap();
    let (code, stdout, _) = init();
    assert_eq!((code, stdout.as_str()), (0, ""));
    let first = fs::read_to_string(data.join("first-administrator.toml")).unwrap();
    let first: toml::Table = first.parse().unwrap();
    assert_eq!(first["login"].as_str(), Some("root"));
    let hash = chat::secret::Secret::new(first["password_hash"].as_str().unwrap());
    assert!(chat::password::verify(
        &chat::secret::Secret::new("correct horse"),
        &hash
    ));
}

#[test]
fn dev_allows_loopback_and_reports_it() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let (_, _, stderr) = call(&["init", "--dev", "--data", text(&data)]);
    assert!(stderr.contains("egress.allow"), "{stderr}");
    let (_, stdout, _) = call(&["config", "print", "--data", text(&data)]);
    assert!(
        stdout.starts_with("egress.allow = [\"127.0.0.0/8\", \"::1/128\"]"),
        "{stdout}"
    );
}

#[test]
fn doctor_finds_secrets_that_others_can_read() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let doctor = || {
        let listeners = ["ingress", "console", "ops", "nats"].map(|one| format!("{one}.listen"));
        let listeners = listeners.into_iter().chain(["nats.websocket".to_owned()]);
        let flags: Vec<_> = listeners
            .map(|key| format!("--set={key}=127.0.0.1:0"))
            .collect();
        let mut args = vec!["doctor", "--data", text(&data)];
        args.extend(flags.iter().map(String::as_str));
        call(&args)
    };
    let (code, stdout, _) = doctor();
    assert_eq!(code, 1, "{stdout}");
    assert!(stdout.contains("switchboard init"), "{stdout}");

    assert_eq!(call(&["init", "--data", text(&data)]).0, 0);
    let (code, stdout, _) = doctor();
    assert_eq!(code, 0, "{stdout}");

    let key = data.join("master.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let (code, stdout, _) = doctor();
    assert_eq!(code, 1);
    assert!(
        stdout.contains(&format!("chmod go= {}", text(&key))),
        "{stdout}"
    );
}
