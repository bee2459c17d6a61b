//! The child process that is killed. It appends as fast as it can and prints each acknowledgement.

use std::io::{BufRead, BufReader, Lines, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use event_log::{EventLog, Frame, NewEvent, Options};

use crate::random::Random;

/// Segment size: small enough that a round fills and seals several segments.
pub(crate) const SEGMENT_BYTES: u64 = 512 * 1024;

/// Rows in a merged file: few enough that one is written or cleared up at nearly any moment.
const MERGE_BYTES: u64 = 32 * 1024;

/// Maximum number of polls until the writer is suspended; usually it takes a few.
const STOP_POLLS_MAX: u32 = 1_000_000;

pub(crate) fn options(sync: bool) -> Options {
    Options {
        sync,
        segment_bytes: SEGMENT_BYTES,
        merge_bytes: MERGE_BYTES,
        ..Options::new(1_767_323_045_000_000)
    }
}

/// Returns the event at a position, the same in every run. Most have the size of a chat message, a
/// few are large.
pub(crate) fn event(position: u64) -> NewEvent {
    let mut random = Random::new(position.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let length = match random.below(200) {
        0 => 20_000 + random.below(180_000),
        1..=9 => 3_000 + random.below(3_000),
        _ => random.below(600),
    };
    let text = format!("{position}:{};", random.below(u64::MAX));
    let length = usize::try_from(length).unwrap();
    NewEvent {
        link: random.below(position),
        bytes: text.into_bytes().into_iter().cycle().take(length).collect(),
    }
}

/// Appends until the output pipe is closed.
pub(crate) fn run(dir: &Path, sync: bool) {
    let (log, opened) = EventLog::open(dir, options(sync)).unwrap();
    let pipe_closed = Arc::new(AtomicBool::new(false));
    let mut next = opened.head.position + 1;
    while !pipe_closed.load(Ordering::Relaxed) {
        let frame = frame(next);
        next += frame.events.len() as u64;
        let pipe_closed = Arc::clone(&pipe_closed);
        let on_commit = move |outcome: Result<event_log::Committed, _>| {
            // The disk is full; the next submit fails too.
            let Ok(committed) = outcome else { return };
            let line = format!("{} {}\n", committed.last_position, committed.hash);
            let mut out = std::io::stdout().lock();
            if out
                .write_all(line.as_bytes())
                .and_then(|()| out.flush())
                .is_err()
            {
                pipe_closed.store(true, Ordering::Relaxed);
            }
        };
        if log.submit(frame, on_commit).is_err() {
            break;
        }
    }
}

/// Returns a frame of up to 40 events; the position determines how many.
fn frame(first_position: u64) -> Frame {
    let mut wanted = 1 + Random::new(first_position).below(40);
    let (mut events, mut bytes) = (Vec::new(), 0);
    for position in first_position.. {
        let event = event(position);
        bytes += event.bytes.len() + 12;
        if !events.is_empty() && (bytes > event_log::FRAME_BYTES_MAX || wanted == 0) {
            break;
        }
        wanted = wanted.saturating_sub(1);
        events.push(event);
    }
    Frame {
        first_position,
        time_micros: 0,
        events,
    }
}

/// A running writer. Dropping it kills the process.
pub(crate) struct Writer {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    /// Position and hash of the last acknowledgement.
    pub(crate) acknowledged: Option<(u64, String)>,
}

impl Writer {
    pub(crate) fn start(dir: &Path, sync: bool) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("--write")
            .arg(dir)
            .arg(if sync { "sync" } else { "no-sync" })
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self {
            child,
            lines,
            acknowledged: None,
        }
    }

    /// Waits for `count` acknowledgements.
    pub(crate) fn wait_for(&mut self, count: u64) {
        for _ in 0..count {
            assert!(self.read_line(), "the writer exited");
        }
    }

    /// Reads acknowledgements until the writer exits.
    pub(crate) fn wait_for_exit(&mut self) {
        while self.read_line() {}
        self.child.wait().unwrap();
    }

    /// Kills the writer and reads the acknowledgements that it printed.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        while self.read_line() {}
    }

    /// Suspends the writer with `SIGSTOP` and waits until it is suspended.
    pub(crate) fn stop(&self) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-STOP", &id])
                .status()
                .unwrap()
                .success()
        );
        for _ in 0..STOP_POLLS_MAX {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
            // The state follows the name, which is in parentheses.
            if stat
                .rsplit(") ")
                .next()
                .is_some_and(|rest| rest.starts_with('T'))
            {
                return;
            }
            std::thread::yield_now();
        }
        panic!("the writer is not suspended after {STOP_POLLS_MAX} polls");
    }

    /// Reads a line. Ignores an incomplete one.
    fn read_line(&mut self) -> bool {
        let Some(Ok(line)) = self.lines.next() else {
            return false;
        };
        if let Some((position, hash)) = line.split_once(' ')
            && hash.len() == 64
        {
            self.acknowledged = Some((position.parse().unwrap(), hash.to_owned()));
        }
        true
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // Fails if the process has already been killed and waited for.
        self.child.kill().unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}
