//! `log`: reads the log beside a running broker, or of a stopped one, from its journal.
//!
//! What is sealed or secret is not shown: this is for whoever runs the machine, not for whoever may
//! read what people wrote.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chat::record::Record;
use clap::Subcommand;
use event_log::{CopyReport, EventRef, JournalReader, Options, Report, Space};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::data::Data;
use crate::exit::{Exit, Failure, Result};
use crate::output;
use crate::runtime::block_on;
use crate::signals::Signals;

/// How often a followed journal is looked at.
const POLL: Duration = Duration::from_millis(200);
/// How many events `tail` shows before it follows.
const TAIL: u64 = 10;

/// Read the log, or prove that it is whole.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard log tail -f --data ./data
  switchboard log show --data ./data --kind message-received --from 100 --limit 20
  switchboard log verify --data ./data && echo whole

Events are one JSON object a line; what people wrote and secrets are left out. Exit code 3 says that
the log is damaged.")]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
    /// The data directory.
    #[arg(long, value_name = "DIR", global = true, default_value = "data")]
    data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show the last events.
    Tail {
        /// Go on with those that come.
        #[arg(short, long)]
        follow: bool,
        /// How many.
        #[arg(short = 'n', long, default_value_t = TAIL, value_name = "N")]
        lines: u64,
        #[command(flatten)]
        filter: Filter,
    },
    /// Show events.
    Show {
        /// The first position.
        #[arg(long, default_value_t = 1, value_name = "POSITION")]
        from: u64,
        /// The last position.
        #[arg(long, default_value_t = u64::MAX, value_name = "POSITION", hide_default_value = true)]
        to: u64,
        /// At most so many.
        #[arg(long, default_value_t = u64::MAX, value_name = "N", hide_default_value = true)]
        limit: u64,
        #[command(flatten)]
        filter: Filter,
    },
    /// Show how long and how large the log is.
    Stats {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Read all of the log and prove that nothing is missing or changed.
    Verify {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Mend each copy of the log from the other; the broker must be stopped.
    Repair,
}

/// Which events are shown.
#[derive(clap::Args, Clone, Debug)]
struct Filter {
    /// Only this stream, such as channel-ID, or all of a noun, such as session.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// Only this kind, such as message-received.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Print JSON lines, as it does anyway.
    #[arg(long)]
    json: bool,
}

/// Does it.
pub(crate) fn run(args: &Args) -> Result {
    let data = Data::at(&args.data);
    let dir = data.log();
    if !dir.is_dir() {
        let shown = args.data.display();
        let words = format!("there is no log in {shown}; give the data directory with --data");
        return Err(Failure::say(Exit::Failure, words));
    }
    match &args.command {
        Command::Tail {
            follow,
            lines,
            filter,
        } => tail(&dir, *lines, *follow, filter),
        Command::Show {
            from,
            to,
            limit,
            filter,
        } => {
            let mut shown = Shown::new(filter, *to, *limit);
            shown.poll(&mut JournalReader::open_read_only(&dir, *from).map_err(Failure::of_log)?)
        }
        Command::Stats { json } => stats(&dir, *json),
        Command::Verify { json } => verify(&dir, *json),
        Command::Repair => repair(&dir),
    }
}

fn tail(dir: &Path, lines: u64, follow: bool, filter: &Filter) -> Result {
    let head = JournalReader::stats(dir)
        .map_err(Failure::of_log)?
        .head
        .position;
    let from = head.saturating_sub(lines).saturating_add(1);
    let mut reader = JournalReader::open_read_only(dir, from).map_err(Failure::of_log)?;
    let mut shown = Shown::new(filter, u64::MAX, u64::MAX);
    if !follow {
        return shown.poll(&mut reader);
    }
    block_on(async {
        let mut signals = Signals::new()?;
        loop {
            shown.poll(&mut reader)?;
            tokio::select! {
                () = signals.next() => return Ok(()),
                () = tokio::time::sleep(POLL) => {}
            }
        }
    })
}

/// What is shown, and how much more of it.
struct Shown<'a> {
    filter: &'a Filter,
    to: u64,
    left: u64,
}

impl<'a> Shown<'a> {
    fn new(filter: &'a Filter, to: u64, limit: u64) -> Self {
        Self {
            filter,
            to,
            left: limit,
        }
    }

    /// Shows what is there.
    fn poll(&mut self, reader: &mut JournalReader) -> Result {
        let mut result = Ok(());
        reader
            .poll(|event| {
                if event.position > self.to || self.left == 0 {
                    return ControlFlow::Break(());
                }
                result = self.show(event);
                if result.is_ok() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
            .map_err(Failure::of_log)?;
        result
    }

    fn show(&mut self, event: EventRef<'_>) -> Result {
        let line = read(event);
        if self.takes(&line) {
            self.left -= 1;
            output::data(line)?;
        }
        Ok(())
    }

    fn takes(&self, line: &Value) -> bool {
        let text = |member: &str| line.get(member).and_then(Value::as_str).unwrap_or("");
        let stream = text("stream");
        let in_stream = self.filter.stream.as_deref().is_none_or(|wanted| {
            let noun = stream.split('-').next().unwrap_or("");
            stream == wanted || noun == wanted
        });
        let of_kind = self
            .filter
            .kind
            .as_deref()
            .is_none_or(|wanted| text("kind") == wanted);
        in_stream && of_kind
    }
}

/// An event as JSON. One that cannot be read is shown too: it is no damage of the log's, which
/// knows bytes alone, but of whoever wrote them.
fn read(event: EventRef<'_>) -> Value {
    match Record::decode(event.position, event.bytes) {
        Ok(record) => record.to_json(),
        Err(error) => json!({
            "position": event.position,
            "unreadable": format!("{:#}", anyhow::Error::new(error)),
            "bytes": event.bytes.len(),
        }),
    }
}

fn stats(dir: &Path, as_json: bool) -> Result {
    let stats = JournalReader::stats(dir).map_err(Failure::of_log)?;
    let space: Space = event_log::free_space(dir).map_err(Failure::of_log)?;
    let (events, hash) = (stats.head.position, stats.head.hash.to_string());
    if as_json {
        return output::json(&json!({
            "events": events, "hash": hash, "bytes": stats.bytes, "segments": stats.segments,
            "sealedSegments": stats.sealed_segments, "freeBytes": space.free_bytes,
            "nearlyFull": space.nearly_full(),
        }));
    }
    output::data(format_args!("events            {events}"))?;
    output::data(format_args!("hash              {hash}"))?;
    output::data(format_args!("bytes             {}", stats.bytes))?;
    output::data(format_args!(
        "segments          {} ({} sealed)",
        stats.segments, stats.sealed_segments
    ))?;
    output::data(format_args!("free bytes        {}", space.free_bytes))
}

fn verify(dir: &Path, as_json: bool) -> Result {
    let report = event_log::verify(dir).map_err(Failure::of_log)?;
    if as_json {
        output::json(&report_json(&report))?;
    } else {
        tell_report(&report)?;
    }
    if report.is_whole() {
        return Ok(());
    }
    let words = "the log is damaged; stop the broker and run `switchboard log repair`";
    Err(Failure::say(Exit::Damaged, words))
}

fn report_json(report: &Report) -> Value {
    let copy = match &report.copy {
        CopyReport::InUse => json!({ "state": "in use" }),
        CopyReport::Broken { reason } => json!({ "state": "broken", "reason": reason }),
        CopyReport::Compared { position, damage } => {
            json!({ "state": "compared", "position": position, "damage": damage.to_string() })
        }
    };
    json!({
        "whole": report.is_whole(), "events": report.head.position, "frames": report.frames,
        "hash": report.head.hash.to_string(), "damage": report.journal_damage.to_string(),
        "unfinishedTail": report.unfinished_tail, "copy": copy,
    })
}

fn tell_report(report: &Report) -> Result {
    let (events, frames) = (report.head.position, report.frames);
    output::data(format_args!("journal: {events} events in {frames} frames"))?;
    output::data(format_args!("chain ends in {}", report.head.hash))?;
    if !report.journal_damage.0.is_empty() {
        output::data(format_args!(
            "journal: damaged at {}",
            report.journal_damage
        ))?;
    }
    if report.unfinished_tail {
        output::data("journal: ends with an unfinished write, which was never acknowledged")?;
    }
    match &report.copy {
        CopyReport::InUse => output::data("copy: in use by a broker, not compared"),
        CopyReport::Broken { reason } => output::data(format_args!("copy: broken: {reason}")),
        CopyReport::Compared { position, damage } if damage.0.is_empty() => {
            output::data(format_args!("copy: the same up to {position}"))
        }
        CopyReport::Compared { damage, .. } => {
            output::data(format_args!("copy: differs at {damage}"))
        }
    }
}

fn repair(dir: &Path) -> Result {
    let options = Options::new(Timestamp::now().as_microsecond());
    let repaired = event_log::repair(dir, &options).map_err(Failure::of_log)?;
    if repaired == event_log::Repaired::default() {
        return output::data("Nothing was to be mended.");
    }
    if !repaired.journal.0.is_empty() {
        output::data(format_args!(
            "journal: positions {} mended from the copy",
            repaired.journal
        ))?;
    }
    if let Some(reason) = &repaired.copy_reason {
        output::data(format_args!("copy: rebuilt from the journal: {reason}"))?;
    }
    if repaired.torn_bytes > 0 {
        output::data(format_args!(
            "journal: {} bytes never acknowledged cut off",
            repaired.torn_bytes
        ))?;
    }
    for kept in repaired
        .journal_quarantine
        .iter()
        .chain(&repaired.copy_quarantine)
    {
        output::data(format_args!("set aside: {}", kept.display()))?;
    }
    Ok(())
}
