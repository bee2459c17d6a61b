//! A broker with a data directory and ports of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use hyper::Method;
use tempfile::TempDir;

use crate::host;
use crate::http::{self, Reply};
use crate::operator::Operator;
use crate::patience::until;
use crate::program::{self, Program};

/// The password of everybody here.
pub(crate) const PASSWORD: &str = "correct horse battery";
/// What is promised of an end in good order.
const STOP: Duration = Duration::from_secs(15);

pub(crate) struct House {
    program: Option<Program>,
    ports: [SocketAddr; 5],
    settings: Vec<(String, String)>,
    dir: TempDir,
}

impl House {
    /// Makes a data directory and runs everything.
    pub(crate) async fn open() -> Self {
        Self::with(&[]).await
    }

    /// The same with settings, such as `("ingress.rate", "1")`.
    pub(crate) async fn with(settings: &[(&str, &str)]) -> Self {
        let mut house = Self::init(settings).await;
        house.start().await;
        house
    }

    /// Makes a data directory, and runs nothing yet.
    pub(crate) async fn init(settings: &[(&str, &str)]) -> Self {
        let ports = host::free();
        let names = [
            "ingress.listen",
            "console.listen",
            "ops.listen",
            "nats.listen",
        ];
        let listen = names.into_iter().chain(["nats.websocket"]).zip(ports);
        let listen = listen.map(|(name, address)| (name.to_owned(), address.to_string()));
        let given = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = listen.chain(given).collect();
        let dir = tempfile::tempdir().unwrap();
        let house = Self {
            program: None,
            ports,
            settings,
            dir,
        };
        let password = house.dir.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        let password = password.to_str().unwrap();
        let made = house
            .call(&["init", "--dev", "--admin-password-file", password])
            .await;
        assert!(made.status.success(), "{made:?}");
        house
    }

    /// Runs everything on the data that is there, on the same ports as before.
    pub(crate) async fn start(&mut self) {
        assert!(self.program.is_none(), "it runs already");
        let mut up = self.command(&["up"]);
        self.program = Some(Program::start(&mut up, &self.dir.path().join("said")));
        self.ready().await;
    }

    /// Waits until it serves.
    pub(crate) async fn ready(&mut self) {
        until("the broker is ready", async || {
            let program = self.program.as_mut().expect("it was started");
            if let Some(status) = program.ended() {
                panic!("the broker ended: {status}");
            }
            let ready = self.ops("/readyz").await?;
            (ready.status == 200).then_some(())
        })
        .await;
    }

    /// Ends it at once, as a power cut of the process would.
    pub(crate) async fn kill(&mut self) {
        let mut program = self.program.take().expect("it runs");
        program.signal("KILL");
        program.end().await;
    }

    /// Ends it in good order, which has an exit code and a bound.
    pub(crate) async fn stop(&mut self) {
        let mut program = self.program.take().expect("it runs");
        program.signal("TERM");
        let ended = tokio::time::timeout(STOP, program.end()).await;
        let status = ended.unwrap_or_else(|_| panic!("it has not ended after {STOP:?}"));
        assert_eq!(status.code(), Some(0), "{}", program.said());
    }

    /// Ends it in good order and runs it again.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    /// Its `nats-server`, found by the path of the data directory.
    pub(crate) fn nats_server(&self) -> u32 {
        let ours = self.program.as_ref().and_then(Program::id);
        *program::processes_of(self.dir.path(), ours)
            .first()
            .expect("a nats-server runs")
    }

    /// What it has said since it was made.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.dir.path().join("said")).unwrap()
    }

    /// The administrator that `init` made.
    pub(crate) async fn admin(&self) -> Operator {
        self.sign_in("admin").await
    }

    /// Somebody with everybody's password.
    pub(crate) async fn sign_in(&self, login: &str) -> Operator {
        // While the console is not heard yet, everybody is refused.
        until("somebody can sign in", async || {
            Operator::sign_in(&self.nats_url(), login, PASSWORD)
                .await
                .ok()
        })
        .await
    }

    /// Where NATS is.
    pub(crate) fn nats_url(&self) -> String {
        format!("nats://{}", self.ports[3])
    }

    /// Where a channel's messenger posts to.
    pub(crate) fn webhook(&self, channel: &str) -> String {
        self.ingress(&format!("/api/messengers/external/other/webhook/{channel}"))
    }

    /// A path of the listener for messengers.
    pub(crate) fn ingress(&self, path: &str) -> String {
        format!("http://{}{path}", self.ports[0])
    }

    /// A page of the console.
    pub(crate) fn console(&self, path: &str) -> String {
        format!("http://{}{path}", self.ports[1])
    }

    /// Asks the operations listener, which may not be there.
    pub(crate) async fn ops(&self, path: &str) -> Option<Reply> {
        let url = format!("http://{}{path}", self.ports[2]);
        http::send(&Method::GET, &url, &[], b"").await.ok()
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// A directory of the test's, beside the data.
    pub(crate) fn beside(&self) -> &Path {
        self.dir.path()
    }

    /// Runs a command on the data directory to its end.
    pub(crate) async fn call(&self, args: &[&str]) -> Output {
        program::output(&mut self.command(args)).await
    }

    /// A command on the data directory, with all settings.
    pub(crate) fn command(&self, args: &[&str]) -> tokio::process::Command {
        let mut command = program::command(program::switchboard());
        for (key, value) in &self.settings {
            let name = key.to_uppercase().replace('.', "__");
            command.env(format!("SWITCHBOARD__{name}"), value);
        }
        command.args(args).arg("--data").arg(self.data());
        command
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.program = None;
        // A killed broker leaves its nats-server behind.
        for process in program::processes_of(self.dir.path(), None) {
            program::signal(process, "KILL");
        }
    }
}
