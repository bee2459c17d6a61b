//! Finds and runs the programs that the tests use.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};

use tokio::process::{Child, Command};

use crate::wait::within;

/// How many bytes of a program's log a failed test prints.
const SHOWN_BYTES: usize = 6_000;

/// The `switchboard` binary in the target directory of this test.
pub(crate) fn switchboard() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let program = test.ancestors().nth(2).unwrap().join("switchboard");
    assert!(
        program.is_file(),
        "{} does not exist; build it with `cargo build -p switchboard` or run `./just e2e`",
        program.display()
    );
    program
}

/// The root of the repository.
pub(crate) fn workspace() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| "tests".into());
    Path::new(&package).parent().unwrap().to_owned()
}

/// Finds a program on PATH or in `.tools/bin`.
pub(crate) fn find(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places: Vec<PathBuf> = std::env::split_paths(&path).collect();
    places.push(workspace().join(".tools/bin"));
    let found = places
        .into_iter()
        .map(|dir| dir.join(name))
        .find(|p| p.is_file());
    found.unwrap_or_else(|| panic!("cannot find {name} on PATH or in .tools/bin; run ./just tools"))
}

/// The Python interpreter that has the packages of the examples.
pub(crate) fn python() -> PathBuf {
    let ours = workspace().join(".tools/venv/bin/python");
    let named = std::env::var_os("SWITCHBOARD_TEST_PYTHON").map(PathBuf::from);
    let known = named
        .into_iter()
        .chain([ours])
        .find(|python| python.is_file());
    known.unwrap_or_else(|| find("python3"))
}

/// The library that sets the clock of one process, from the packages of [`python`].
pub(crate) fn libfaketime() -> PathBuf {
    let python = python();
    let lib = python.ancestors().nth(2).unwrap().join("lib");
    let mut versions = std::fs::read_dir(lib).into_iter().flatten().flatten();
    let within = "site-packages/libfaketime/vendor/libfaketime/src/libfaketime.so.1";
    let found = versions.find_map(|version| {
        let library = version.path().join(within);
        library.is_file().then_some(library)
    });
    found.expect("libfaketime in .tools/venv: run ./just tools")
}

/// A command without the `SWITCHBOARD_*` variables of the caller.
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

/// Runs a program and waits for it.
pub(crate) async fn output(command: &mut Command) -> Output {
    within("a program exits", command.output()).await.unwrap()
}

/// A running program. It is killed when it is dropped.
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program and appends its output to a file, which a failed test prints.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).unwrap();
        command.stdout(file.try_clone().unwrap()).stderr(file);
        Self {
            child: command.spawn().unwrap(),
            log: log.to_owned(),
        }
    }

    /// The process id, while the program runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// The exit status, if the program has exited.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id().expect("a running program"), name);
    }

    /// Waits until the program exits.
    pub(crate) async fn wait(&mut self) -> ExitStatus {
        within("a program exits", self.child.wait()).await.unwrap()
    }

    /// The output so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The program may have exited already.
        self.child.start_kill().ok();
        if std::thread::panicking() {
            let log = self.log();
            let tail = log.len().saturating_sub(SHOWN_BYTES);
            let tail = log.get(log.ceil_char_boundary(tail)..).unwrap_or_default();
            write!(std::io::stderr(), "--- {}:\n{tail}", self.log.display()).ok();
        }
    }
}

/// Sends a signal to a process of this test.
pub(crate) fn signal(process: u32, name: &str) {
    let mut kill = std::process::Command::new("kill");
    kill.arg(format!("-{name}")).arg(process.to_string());
    // The process may have exited already.
    kill.stderr(Stdio::null()).status().unwrap();
}

/// The processes, except `but`, whose command line contains a path.
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
