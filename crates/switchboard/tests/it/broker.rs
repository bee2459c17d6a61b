//! `up` with a real nats-server on free ports.

use std::net::TcpListener;
use std::path::Path;

use crate::program::{Running, call, text};

const LISTENERS: [&str; 5] = [
    "ingress.listen",
    "console.listen",
    "ops.listen",
    "nats.listen",
    "nats.websocket",
];

/// The arguments of `up` on free ports, except for one fixed address.
fn arguments(data: &Path, fixed: Option<(&str, &str)>) -> Vec<String> {
    let mut arguments = vec!["up".to_owned(), "--data".to_owned(), text(data).to_owned()];
    for key in LISTENERS {
        let address = match fixed {
            Some((name, address)) if name == key => address,
            _ => "127.0.0.1:0",
        };
        arguments.extend(["--set".to_owned(), format!("{key}={address}")]);
    }
    arguments
}

fn up(data: &Path, fixed: Option<(&str, &str)>) -> Running {
    let arguments = arguments(data, fixed);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    Running::start(&arguments)
}

#[test]
fn it_creates_its_directory_serves_and_exits_with_0() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let broker = up(&data, None);
    broker.line_with("password: ");
    broker.line_with("is up");
    let operations = broker.line_with("operations");
    let ready = http_get(operations.split("http://").nth(1).unwrap());
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");
    broker.signal("-TERM");
    assert_eq!(broker.wait(), Some(0));
    assert!(!data.join("nats/child").exists());
}

#[test]
fn nats_accepts_the_page_at_its_real_port() {
    let parent = tempfile::tempdir().unwrap();
    let broker = up(&parent.path().join("data"), None);
    let page = broker.line_with("console     http");
    let (_, address) = page.split_once("http://").unwrap();
    let config = http_get(&format!("{address}/config.json"));
    let (_, port) = address.split_once(':').unwrap();
    for host in ["127.0.0.1", "localhost"] {
        let origin = format!("\"http://{host}:{port}\"");
        assert!(config.contains(&origin), "{config}");
    }
    broker.signal("-TERM");
    assert_eq!(broker.wait(), Some(0));
}

#[test]
fn the_nats_server_of_a_killed_broker_does_not_block_the_next_start() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let broker = up(&data, None);
    let nats = broker.line_with("nats://");
    let nats = nats.split("nats://").nth(1).unwrap().to_owned();
    broker.signal("-KILL");
    assert_eq!(broker.wait(), None);

    // The server is killed too, but may still have the port.
    let broker = up(&data, Some(("nats.listen", &nats)));
    assert!(broker.line_with("nats://").contains(&nats));
    broker.signal("-INT");
    assert_eq!(broker.wait(), Some(0));
    TcpListener::bind(&nats).unwrap();
}

#[test]
fn the_error_for_a_port_in_use_names_the_key_and_the_process() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    assert_eq!(call(&["init", "--data", text(&data)]).0, 0);
    for key in LISTENERS {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap();
        let arguments = arguments(&data, Some((key, &address.to_string())));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let (code, _, stderr) = call(&arguments);
        assert_eq!(code, 1, "{stderr}");
        assert!(
            stderr.contains(&format!("port {} of {key}", address.port())),
            "{stderr}"
        );
        assert!(
            stderr.contains(&format!("process {}", std::process::id())),
            "{stderr}"
        );
    }
}

#[test]
fn a_second_up_on_the_same_directory_is_rejected() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("data");
    let broker = up(&data, None);
    broker.line_with("is up");
    let arguments = arguments(&data, None);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, _, stderr) = call(&arguments);
    assert_eq!(code, 1);
    assert!(stderr.contains("in use by another"), "{stderr}");
    broker.signal("-TERM");
    assert_eq!(broker.wait(), Some(0));
}

fn http_get(address_and_path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let (address, path) = address_and_path.split_once('/').unwrap();
    let mut stream = std::net::TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET /{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}
