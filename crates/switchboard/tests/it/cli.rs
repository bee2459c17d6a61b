//! Usage, exit codes, settings and help.

use crate::program::{call, switchboard, text};

#[test]
fn usage_errors_exit_with_2_and_print_to_stderr() {
    for args in [
        &["frobnicate"][..],
        &["init"],
        &["channel"],
        &["channel", "connect", "--name", "x"],
        &["session", "list", "--view", "all"],
        &["run", "--role", "janitor"],
        &["completions", "cmd"],
        &["messenger"],
        &["messenger", "--code", "whsec_!"],
        &["me"],
    ] {
        let (code, stdout, stderr) = call(args);
        assert_eq!((code, stdout.as_str()), (2, ""), "{args:?}: {stderr}");
        assert!(!stderr.is_empty(), "{args:?}");
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    for args in [
        &["--help"][..],
        &["--version"],
        &["help", "up"],
        &["channel", "connect", "--help"],
        &["messenger", "--help"],
    ] {
        let (code, stdout, stderr) = call(args);
        assert_eq!((code, stderr.as_str()), (0, ""), "{args:?}");
        assert!(stdout.contains("switchboard"), "{args:?}");
    }
}

#[test]
fn completions_have_every_command() {
    for shell in ["bash", "zsh", "fish"] {
        let (code, stdout, _) = call(&["completions", shell]);
        assert_eq!(code, 0);
        for word in ["messenger", "live-chat", "operator-initiated", "doctor"] {
            assert!(stdout.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn a_closed_stdout_is_not_a_failure() {
    let script = format!(
        "'{}' completions bash | head -c 10 >&2; test ${{PIPESTATUS[0]}} = 0",
        env!("CARGO_BIN_EXE_switchboard")
    );
    let mut bash = assert_cmd::Command::new("bash");
    bash.args(["-c", &script]).assert().success();
}

#[test]
fn wrong_settings_exit_with_78_and_suggest_a_key() {
    let directory = tempfile::tempdir().unwrap();
    let data = text(directory.path());
    std::fs::write(
        directory.path().join("switchboard.toml"),
        "ingress.lisen = \"x\"",
    )
    .unwrap();
    let (code, _, stderr) = call(&["config", "check", "--data", data]);
    assert_eq!(code, 78);
    assert!(
        stderr.contains("switchboard.toml: unknown key ingress.lisen"),
        "{stderr}"
    );
    assert!(stderr.contains("did you mean ingress.listen?"), "{stderr}");

    let variable = "SWITCHBOARD__INGRESS__RATE";
    let output = switchboard(&["config", "check"])
        .env(variable, "many")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&output.stderr).contains(variable));
}

#[test]
fn valid_settings_are_reported_as_json_too() {
    let args = ["config", "check", "--json", "--set", "log.sync=false"];
    let (code, stdout, _) = call(&args);
    let output: serde_json::Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((code, &output["right"]), (0, &true.into()));
    assert!(output["warnings"][0].as_str().unwrap().contains("log.sync"));
}

#[test]
fn conflicting_settings_are_rejected() {
    for (set, message) in [
        (
            &["console.listen=127.0.0.1:8080"][..],
            "have the same port 8080",
        ),
        (
            &["ingress.burst=0"],
            "ingress.burst must be greater than zero",
        ),
        (&["egress.allow=[\"10.0.0.0/99\"]"], "egress.allow"),
        (&["tracing.filter=a=b=c"], "tracing.filter"),
        (&["nats.password=a", "nats.password_file=b"], "set one"),
        (&["nats.url=http://127.0.0.1:4222"], "nats.url"),
        (&["nats.url=nats://me:secret@127.0.0.1"], "nats.url"),
        (
            &["nats.password_file=/does/not/exist"],
            "from nats.password_file",
        ),
    ] {
        let mut args = vec!["config", "check"];
        args.extend(set.iter().flat_map(|set| ["--set", set]));
        let (code, _, stderr) = call(&args);
        assert_eq!(code, 78, "{set:?}: {stderr}");
        assert!(stderr.contains(message), "{set:?}: {stderr}");
    }
}

#[test]
fn printed_settings_have_masked_secrets() {
    for args in [
        &["config", "print"][..],
        &["config", "print", "--effective", "--json"],
    ] {
        let mut command = switchboard(args);
        let output = command
            .env("SWITCHBOARD__NATS__PASSWORD", "hunter2")
            .output()
            .unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(
            stdout.contains("***") && !stdout.contains("hunter2"),
            "{stdout}"
        );
    }
}

#[test]
fn a_failed_connection_exits_with_4() {
    let unused = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("nats://{unused}");
    let mut command = switchboard(&["session", "list", "--nats", &url]);
    let output = command
        .env("SWITCHBOARD_PASSWORD", "12345678")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
}

#[test]
fn a_role_alone_needs_a_nats_server() {
    let (code, _, stderr) = call(&["run", "--role", "egress"]);
    assert_eq!(code, 78);
    assert!(stderr.contains("nats.url is not set"), "{stderr}");
}
