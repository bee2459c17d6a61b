//! Programs of the project and beside it: where they are, and running ones.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use tokio::process::{Child, Command};

use crate::patience::within;

/// How much is shown of what a program said, when a test fails.
const SHOWN_BYTES: usize = 6_000;

/// The broker that was built together with this test.
pub(crate) fn switchboard() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("switchboard");
    assert!(
        program.is_file(),
        "there is no {}: build it first, `cargo build -p switchboard`; `./just e2e` does",
        program.display()
    );
    program
}

/// The top of the project.
pub(crate) fn workspace() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| "tests".into());
    Path::new(&package).parent().unwrap().to_owned()
}

/// A program of this name on PATH, or in `.tools/bin`.
pub(crate) fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.push(workspace().join(".tools/bin"));
    let found = places
        .into_iter()
        .map(|dir| dir.join(name))
        .find(|p| p.is_file());
    found.unwrap_or_else(|| panic!("there is no {name} on PATH or in .tools/bin; run ./just tools"))
}

/// The Python of the tests, with what the examples need.
pub(crate) fn python() -> PathBuf {
    let ours = workspace().join(".tools/venv/bin/python");
    let named = std::env::var_os("SWITCHBOARD_TEST_PYTHON").map(PathBuf::from);
    let known = named
        .into_iter()
        .chain([ours])
        .find(|python| python.is_file());
    known.unwrap_or_else(|| find("python3"))
}

/// A command that sees no setting of whoever runs the tests.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SWITCHBOARD_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Runs a program to its end.
pub(crate) async fn output(command: &mut Command) -> Output {
    within("a program ends", command.output()).await.unwrap()
}

/// A program that runs until it is told to end, or dropped.
pub(crate) struct Program {
    child: Child,
    said: PathBuf,
}

impl Program {
    /// Starts it; what it says goes to a file, which is shown when the test fails.
    pub(crate) fn start(command: &mut Command, said: &Path) -> Self {
        let file = File::options()
            .create(true)
            .append(true)
            .open(said)
            .unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self {
            child: command.spawn().unwrap(),
            said: said.to_owned(),
        }
    }

    /// Its process id, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Sends a signal such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id().expect("it runs"), name);
    }

    /// Waits for its end.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        within("a program ends", self.child.wait()).await.unwrap()
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.said).unwrap_or_default()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.start_kill().ok();
        if std::thread::panicking() {
            let said = self.said();
            let tail = said.len().saturating_sub(SHOWN_BYTES);
            let tail = said
                .get(said.ceil_char_boundary(tail)..)
                .unwrap_or_default();
            write!(std::io::stderr(), "--- {}:\n{tail}", self.said.display()).ok();
        }
    }
}

/// Sends a signal to a process that this test started.
pub(crate) fn signal(process: u32, name: &str) {
    let mut kill = std::process::Command::new("kill");
    kill.arg(format!("-{name}")).arg(process.to_string());
    // It may have ended in this moment.
    kill.stderr(Stdio::null()).status().unwrap();
}

/// The processes, other than `but`, in whose command line a path of this test stands.
pub(crate) fn processes_of(path: &Path, but: Option<u32>) -> Vec<u32> {
    let path = path.to_str().unwrap().as_bytes();
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    ids.filter(|id| Some(*id) != but)
        .filter(|id| {
            let line = std::fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            line.windows(path.len()).any(|part| part == path)
        })
        .collect()
}
