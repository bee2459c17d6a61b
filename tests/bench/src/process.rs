//! Child processes with all their descendants: pausing them and measuring their CPU time and memory.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::process::{Child, Command};

/// The unit of CPU times in `/proc/<id>/stat`: `USER_HZ` is 100 on Linux.
const TICK: Duration = Duration::from_millis(10);

/// A process and its descendants. All are killed when it is dropped.
pub(crate) struct Tree {
    root: u32,
    child: Child,
}

impl Tree {
    pub(crate) fn start(command: &mut Command) -> Self {
        let child = command.stdin(Stdio::null()).kill_on_drop(true).spawn();
        let child = child.unwrap();
        Self {
            root: child.id().unwrap(),
            child,
        }
    }

    /// The root process.
    pub(crate) const fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Whether the root process has exited.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Stops all processes until [`resume`](Self::resume).
    pub(crate) fn pause(&self) {
        signal("STOP", &self.all());
    }

    pub(crate) fn resume(&self) {
        signal("CONT", &self.all());
    }

    /// The CPU time of all processes so far.
    pub(crate) fn cpu(&self) -> Duration {
        self.all().into_iter().map(cpu_of).sum()
    }

    /// The resident memory of the root process, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        memory_of(self.root, "VmRSS:")
    }

    /// The part of it that is not backed by files, in bytes.
    pub(crate) fn anonymous(&self) -> u64 {
        memory_of(self.root, "RssAnon:")
    }

    /// The most that the root process had resident since it started, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        memory_of(self.root, "VmHWM:")
    }

    /// The resident memory of all processes, in bytes.
    pub(crate) fn resident_of_all(&self) -> u64 {
        let all = self.all().into_iter();
        all.map(|process| memory_of(process, "VmRSS:")).sum()
    }

    /// Stops it with SIGTERM.
    pub(crate) async fn stop(mut self) {
        signal("TERM", &[self.root]);
        self.child.wait().await.unwrap();
    }

    fn all(&self) -> Vec<u32> {
        let mut found = vec![self.root];
        let mut next = 0;
        while let Some(parent) = found.get(next).copied() {
            // The kernel lists children by the thread that started them.
            let threads = std::fs::read_dir(format!("/proc/{parent}/task"));
            for thread in threads.into_iter().flatten().flatten() {
                let children = std::fs::read_to_string(thread.path().join("children"));
                let children = children.unwrap_or_default();
                found.extend(
                    children
                        .split_whitespace()
                        .filter_map(|id| id.parse::<u32>().ok()),
                );
            }
            next += 1;
        }
        found
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if self.child.id().is_some() {
            signal("KILL", &self.all());
        }
    }
}

/// The CPU time of this process so far.
pub(crate) fn own_cpu() -> Duration {
    cpu_of(std::process::id())
}

/// The CPU time of the calling thread so far.
pub(crate) fn own_thread_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split(' ').next().unwrap().parse().unwrap())
}

fn cpu_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The process name may contain anything and ends at the last bracket.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks = rest.split_whitespace().skip(11).take(2);
    let ticks: u32 = ticks.filter_map(|n| n.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// A figure of `/proc/<id>/status`, in bytes.
fn memory_of(process: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(field));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1024
}

fn signal(name: &str, processes: &[u32]) {
    let mut kill = std::process::Command::new("kill");
    kill.arg(format!("-{name}"));
    kill.args(processes.iter().map(ToString::to_string));
    // A process may have exited already.
    kill.stderr(Stdio::null()).status().unwrap();
}

/// The release binary, which `./just bench` builds first.
pub(crate) fn switchboard() -> PathBuf {
    let own = std::env::current_exe().unwrap();
    let program = own.ancestors().nth(2).unwrap().join("switchboard");
    assert!(
        program.is_file(),
        "{} does not exist; run ./just build",
        program.display()
    );
    program
}

/// A temporary directory in the target directory, which is on a disk and not a `tmpfs`.
pub(crate) fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
}
