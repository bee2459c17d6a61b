//! `log`: reads, verifies and repairs the log of a running or stopped broker.
//!
//! It reads the journal. Sealed content and secrets are not printed: the administrator of the machine
//! may not be allowed to read what people wrote.

mod recover;

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
use crate::settings::Environment;
use crate::signals::Signals;

/// The polling interval of `tail --follow`.
const POLL: Duration = Duration::from_millis(200);
/// The default number of events that `tail` prints.
const TAIL: u64 = 10;

/// Read the log, or verify that it is complete and unchanged.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  switchboard log tail -f --data ./data
  switchboard log show --data ./data --kind message-received --from 100 --limit 20
  switchboard log verify --data ./data && echo ok

Each event is one JSON object on a line, without what people wrote and without secrets. Exit \
code 3 means that the log is damaged.")]
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
        /// Keep printing new events.
        #[arg(short, long)]
        follow: bool,
        /// The number of events.
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
        /// Maximum number of events.
        #[arg(long, default_value_t = u64::MAX, value_name = "N", hide_default_value = true)]
        limit: u64,
        #[command(flatten)]
        filter: Filter,
    },
    /// Show the size of the log.
    Stats {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Read the whole log and verify that nothing is missing or changed.
    Verify {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Repair each copy of the log from the other; the broker must be stopped.
    Repair,
    /// Say what is left when the log or the keys are lost, and what can be done.
    Recover {
        /// Continue without what is lost; the broker must be stopped.
        #[arg(long)]
        accept_loss: bool,
    },
}

/// Selects events.
#[derive(clap::Args, Clone, Debug)]
struct Filter {
    /// Only this stream, such as channel-ID, or all streams of a type, such as session.
    #[arg(long, value_name = "STREAM")]
    stream: Option<String>,
    /// Only this kind, such as message-received.
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Print JSON lines, which is the default.
    #[arg(long)]
    json: bool,
}

/// Runs the subcommand.
pub(crate) fn run(args: &Args, environment: &Environment) -> Result {
    let data = Data::at(&args.data);
    let dir = data.log();
    data.require_readable()?;
    let is_recovery = matches!(args.command, Command::Recover { .. });
    if !dir.is_dir() && !is_recovery {
        let shown = args.data.display();
        let message = format!("no log in {shown}; give the data directory with --data");
        return Err(Failure::message(Exit::Failure, message));
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
            let mut printer = Printer::new(filter, *to, *limit);
            printer.poll(&mut JournalReader::open_read_only(&dir, *from).map_err(Failure::of_log)?)
        }
        Command::Stats { json } => stats(&dir, *json),
        Command::Verify { json } => verify(&args.data, &dir, *json),
        Command::Repair => {
            data.require_owner()?;
            repair(&dir)
        }
        Command::Recover { accept_loss } => recover::run(&data, *accept_loss, environment),
    }
}

fn tail(dir: &Path, lines: u64, follow: bool, filter: &Filter) -> Result {
    let head = JournalReader::stats(dir)
        .map_err(Failure::of_log)?
        .head
        .position;
    let from = head.saturating_sub(lines).saturating_add(1);
    let mut reader = JournalReader::open_read_only(dir, from).map_err(Failure::of_log)?;
    let mut printer = Printer::new(filter, u64::MAX, u64::MAX);
    if !follow {
        return printer.poll(&mut reader);
    }
    block_on(async {
        let mut signals = Signals::new()?;
        loop {
            printer.poll(&mut reader)?;
            tokio::select! {
                () = signals.next() => return Ok(()),
                () = tokio::time::sleep(POLL) => {}
            }
        }
    })
}

/// Prints the selected events.
struct Printer<'a> {
    filter: &'a Filter,
    to: u64,
    remaining: u64,
}

impl<'a> Printer<'a> {
    fn new(filter: &'a Filter, to: u64, limit: u64) -> Self {
        Self {
            filter,
            to,
            remaining: limit,
        }
    }

    /// Prints the events that were appended since the last call.
    fn poll(&mut self, reader: &mut JournalReader) -> Result {
        let mut result = Ok(());
        reader
            .poll(|event| {
                if event.position > self.to || self.remaining == 0 {
                    return ControlFlow::Break(());
                }
                result = self.print(event);
                if result.is_ok() {
                    ControlFlow::Continue(())
                } else {
                    ControlFlow::Break(())
                }
            })
            .map_err(Failure::of_log)?;
        result
    }

    fn print(&mut self, event: EventRef<'_>) -> Result {
        let line = to_json(event);
        if self.matches(&line) {
            self.remaining -= 1;
            output::data(line)?;
        }
        Ok(())
    }

    fn matches(&self, line: &Value) -> bool {
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

/// An event as JSON. An event that cannot be decoded is printed with the reason: the log is intact,
/// but the writer has a bug.
fn to_json(event: EventRef<'_>) -> Value {
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

fn verify(data: &Path, dir: &Path, as_json: bool) -> Result {
    let report = event_log::verify(dir).map_err(Failure::of_log)?;
    if as_json {
        output::json(&report_json(&report))?;
    } else {
        print_report(&report)?;
    }
    if report.is_whole() {
        return Ok(());
    }
    let message = format!(
        "the log is damaged; stop the broker and run `switchboard log repair --data {}`",
        data.display()
    );
    Err(Failure::message(Exit::Damaged, message))
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

fn print_report(report: &Report) -> Result {
    let (events, frames) = (report.head.position, report.frames);
    output::data(format_args!("journal: {events} events in {frames} frames"))?;
    output::data(format_args!("last hash: {}", report.head.hash))?;
    if !report.journal_damage.0.is_empty() {
        output::data(format_args!(
            "journal: damaged at {}",
            report.journal_damage
        ))?;
    }
    if report.unfinished_tail {
        output::data("journal: ends with an incomplete write, which was never acknowledged")?;
    }
    match &report.copy {
        CopyReport::InUse => output::data("copy: in use by a broker, not compared"),
        CopyReport::Broken { reason } => output::data(format_args!("copy: broken: {reason}")),
        CopyReport::Compared { position, damage } if damage.0.is_empty() => {
            output::data(format_args!("copy: identical up to {position}"))
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
        return output::data("Nothing to repair.");
    }
    if !repaired.journal.0.is_empty() {
        output::data(format_args!(
            "journal: repaired positions {} from the copy",
            repaired.journal
        ))?;
    }
    if let Some(reason) = &repaired.copy_reason {
        output::data(format_args!("copy: rebuilt from the journal: {reason}"))?;
    }
    if repaired.torn_bytes > 0 {
        output::data(format_args!(
            "journal: removed {} bytes that were never acknowledged",
            repaired.torn_bytes
        ))?;
    }
    for kept in repaired
        .journal_quarantine
        .iter()
        .chain(&repaired.copy_quarantine)
    {
        output::data(format_args!("moved aside: {}", kept.display()))?;
    }
    Ok(())
}
