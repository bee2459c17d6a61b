//! A broker process with its own data directory and ports.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use hyper::Method;
use tempfile::TempDir;

use crate::http::{self, Reply};
use crate::operator::Operator;
use crate::ports;
use crate::program::{self, Program};
use crate::wait::until;

/// The password of every user in these tests.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// The documented bound of a graceful shutdown.
const STOP: Duration = Duration::from_secs(15);

pub(crate) struct TestBroker {
    program: Option<Program>,
    ports: [SocketAddr; 5],
    settings: Vec<(String, String)>,
    dir: TempDir,
}

impl TestBroker {
    /// Creates a data directory and runs all roles in one process, with settings such as
    /// `("ingress.rate", "1")`.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let mut broker = Self::init(settings).await;
        broker.start().await;
        broker
    }

    /// Creates a data directory without starting anything.
    pub(crate) async fn init(settings: &[(&str, &str)]) -> Self {
        let ports = ports::free();
        let listen = ports::LISTENERS.into_iter().zip(ports);
        let listen = listen.map(|(name, address)| (name.to_owned(), address.to_string()));
        let given = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = listen.chain(given).collect();
        let dir = tempfile::tempdir().unwrap();
        let broker = Self {
            program: None,
            ports,
            settings,
            dir,
        };
        let password = broker.dir.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let password = password.to_str().unwrap();
        let made = broker
            .call(&["init", "--dev", "--admin-password-file", password])
            .await;
        assert!(made.status.success(), "{made:?}");
        broker
    }

    /// Adds a setting.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    /// Starts the broker on the existing data, on the same ports as before.
    pub(crate) async fn start(&mut self) {
        assert!(self.program.is_none(), "the broker is running already");
        let mut up = self.command(&["up"]);
        self.program = Some(Program::start(&mut up, &self.dir.path().join("log")));
        self.ready().await;
    }

    /// Waits until `/readyz` returns 200.
    pub(crate) async fn ready(&mut self) {
        until("the broker is ready", async || {
            let program = self.program.as_mut().expect("the broker is started");
            if let Some(status) = program.exit_status() {
                panic!("the broker exited: {status}");
            }
            let ready = self.ops("/readyz").await?;
            (ready.status == 200).then_some(())
        })
        .await;
    }

    /// Kills the broker with SIGKILL.
    pub(crate) async fn kill(&mut self) {
        let mut program = self.program.take().expect("the broker is running");
        program.signal("KILL");
        program.wait().await;
    }

    /// Stops the broker with SIGTERM. It must exit with 0 within [`STOP`].
    pub(crate) async fn stop(&mut self) {
        let mut program = self.program.take().expect("the broker is running");
        program.signal("TERM");
        let ended = tokio::time::timeout(STOP, program.wait()).await;
        let status = ended.unwrap_or_else(|_| panic!("still running after {STOP:?}"));
        assert_eq!(status.code(), Some(0), "{}", program.log());
    }

    /// Stops the broker and starts it again.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// The process id of its `nats-server`, which has the data directory in its command line.
    pub(crate) fn nats_server(&self) -> u32 {
        let ours = self.program.as_ref().and_then(Program::id);
        *program::processes_of(self.dir.path(), ours)
            .first()
            .expect("a running nats-server")
    }

    /// The output of all its runs.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("log")).unwrap()
    }

    /// Sets the clock of the broker to an offset such as `-3h` from the right time. It takes effect
    /// immediately if the broker was started after an earlier call. The monotonic clock goes on.
    pub(crate) fn set_clock(&self, offset: &str) {
        let new = self.dir.path().join("clock.new");
        std::fs::write(&new, offset).unwrap();
        std::fs::rename(new, self.clock()).unwrap();
    }

    fn clock(&self) -> PathBuf {
        self.dir.path().join("clock")
    }

    /// Signs in as the administrator that `init` created.
    pub(crate) async fn admin(&self) -> Operator {
        self.sign_in("admin").await
    }

    /// Signs in with [`PASSWORD`].
    pub(crate) async fn sign_in(&self, login: &str) -> Operator {
        // NATS rejects everyone until the console role has subscribed.
        until("a successful sign-in", async || {
            Operator::sign_in(&self.nats_url(), login, PASSWORD)
                .await
                .ok()
        })
        .await
    }

    /// The address of a listener, such as `ops.listen`.
    pub(crate) fn listener(&self, name: &str) -> SocketAddr {
        let at = ports::LISTENERS.iter().position(|one| *one == name);
        self.ports[at.expect("a listener")]
    }

    /// The URL of NATS.
    pub(crate) fn nats_url(&self) -> String {
        format!("nats://{}", self.ports[3])
    }

    /// The URL that a channel's messenger posts to.
    pub(crate) fn webhook(&self, channel: &str) -> String {
        self.ingress(&format!("/api/messengers/external/other/webhook/{channel}"))
    }

    /// A URL of the ingress listener.
    pub(crate) fn ingress(&self, path: &str) -> String {
        format!("http://{}{path}", self.ports[0])
    }

    /// A URL of the console listener.
    pub(crate) fn console(&self, path: &str) -> String {
        format!("http://{}{path}", self.ports[1])
    }

    /// Requests a path of the ops listener. Returns `None` if nothing listens.
    pub(crate) async fn ops(&self, path: &str) -> Option<Reply> {
        let url = format!("http://{}{path}", self.ports[2]);
        http::send(&Method::GET, &url, &[], b"").await.ok()
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// Copies the data directory of the stopped broker, as a restored backup would. Returns the path.
    pub(crate) fn copy_data(&self) -> PathBuf {
        let copy = self.dir.path().join("copy");
        copy_dir(&self.data(), &copy);
        copy
    }

    /// The directory of this test, which contains the data directory.
    pub(crate) fn test_dir(&self) -> &Path {
        self.dir.path()
    }

    /// Runs a command on the data directory and waits for it.
    pub(crate) async fn call(&self, args: &[&str]) -> Output {
        program::output(&mut self.command(args)).await
    }

    /// A command on the data directory with all settings.
    pub(crate) fn command(&self, args: &[&str]) -> tokio::process::Command {
        self.command_on(&self.data(), args)
    }

    /// A command on another data directory, with the same settings.
    pub(crate) fn command_on(&self, data: &Path, args: &[&str]) -> tokio::process::Command {
        let mut command = program::command(program::switchboard());
        for (key, value) in &self.settings {
            let name = key.to_uppercase().replace('.', "__");
            command.env(format!("SWITCHBOARD__{name}"), value);
        }
        if self.clock().exists() {
            command.env("LD_PRELOAD", program::libfaketime());
            command.env("FAKETIME_TIMESTAMP_FILE", self.clock());
            command.env("FAKETIME_NO_CACHE", "1");
            command.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
            command.env("NO_FAKE_STAT", "1");
        }
        command.args(args).arg("--data").arg(data);
        command
    }
}

/// Copies a directory to a path that does not exist.
pub(crate) fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}
