//! A real `nats-server` for tests, which can be killed and restarted. Behind the feature `testing`,
//! which only dev-dependencies may enable.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::{Bus, Config};

/// How long the server may take to write its port file.
const START_TIMEOUT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

/// A `nats-server` child process with its own directory; dropping this removes both.
#[derive(Debug)]
pub struct Server {
    dir: TempDir,
    port: u16,
    child: Child,
}

impl Server {
    /// Starts a server on a random port, with no settings.
    ///
    /// # Panics
    /// When `nats-server` is missing (`./just tools` installs it) or does not start.
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// Starts a server with the text of a NATS configuration file. Its address and port are ignored.
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub async fn start_with(settings: &str) -> Self {
        let dir = ok(tempfile::tempdir());
        ok(std::fs::write(dir.path().join("nats.conf"), settings));
        let child = spawn(dir.path(), "-1");
        let port = port(dir.path(), &child, "nats").await;
        Self { dir, port, child }
    }

    /// Returns the port for clients.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the port for `WebSocket`s, which the settings must configure.
    ///
    /// # Panics
    /// When the server does not listen for them.
    pub async fn websocket_port(&self) -> u16 {
        port(self.dir.path(), &self.child, "websocket").await
    }

    /// Returns `nats://127.0.0.1:<port>`.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// Returns a configuration without credentials.
    pub fn config(&self, name: &str) -> Config {
        Config {
            url: self.url(),
            user: None,
            password: None,
            token: None,
            name: name.to_owned(),
            inbox_prefix: None,
        }
    }

    /// Connects to the server.
    ///
    /// # Panics
    /// When it cannot connect.
    pub async fn bus(&self) -> Bus {
        ok(Bus::connect(&self.config("test")).await)
    }

    /// Kills the server with SIGKILL.
    ///
    /// # Panics
    /// When it cannot be killed.
    pub async fn kill(&mut self) {
        ok(self.child.kill().await);
    }

    /// Restarts the server on the same port, after [`kill`](Self::kill).
    ///
    /// # Panics
    /// As [`start`](Self::start).
    pub async fn restart(&mut self) {
        self.child = spawn(self.dir.path(), &self.port.to_string());
        let port = port(self.dir.path(), &self.child, "nats").await;
        assert_eq!(port, self.port, "the port is the same");
    }
}

/// Returns the `nats-server` in `.tools`, or else the one on PATH.
pub fn binary() -> PathBuf {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.tools/bin/nats-server");
    if ours.exists() {
        ours
    } else {
        "nats-server".into()
    }
}

fn spawn(dir: &Path, port: &str) -> Child {
    ok(Command::new(binary())
        .args(["--addr", "127.0.0.1", "--port", port])
        .arg("--config")
        .arg(dir.join("nats.conf"))
        .arg("--ports_file_dir")
        .arg(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn())
}

/// Waits for the file that the server writes when it listens.
async fn port(dir: &Path, child: &Child, protocol: &str) -> u16 {
    let file = dir.join(format!(
        "nats-server_{}.ports",
        child.id().unwrap_or_default()
    ));
    let read = async {
        loop {
            let text = tokio::fs::read_to_string(&file).await.unwrap_or_default();
            if let Some(port) = port_in(&text, protocol) {
                return port;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    ok(tokio::time::timeout(START_TIMEOUT, read).await)
}

fn port_in(text: &str, protocol: &str) -> Option<u16> {
    let ports: serde_json::Value = serde_json::from_str(text).ok()?;
    let url = ports.get(protocol)?.get(0)?.as_str()?;
    url.rsplit(':').next()?.parse().ok()
}

fn ok<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    #[expect(clippy::expect_used, reason = "a test without its server has failed")]
    result.expect("nats-server must run; ./just tools installs it")
}
