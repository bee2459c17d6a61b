//! `log recover`: says what is left of a log or of keys that are lost, and accepts the loss if told to.

use std::sync::Arc;

use jiff::Timestamp;
use session_router::Remains;

use crate::data::Data;
use crate::exit::{Exit, Failure, OrExit as _, Result};
use crate::output;
use crate::resolve::{Loaded, master_key};
use crate::settings::Environment;

/// How many numbers of damaged keys are printed.
const NUMBERS_MAX: usize = 20;

/// Prints what is left and what can be done; with `accept_loss`, lets the next start go on without the
/// rest.
pub(super) fn run(data: &Data, accept_loss: bool, environment: &Environment) -> Result {
    let loaded = Loaded::load(Some(data.clone()), environment, &[])?;
    let master = master_key(&loaded, data)?;
    if accept_loss {
        data.require_owner()?;
        let now = Timestamp::now().as_microsecond();
        let end = session_router::accept_loss(data.path(), Arc::new(master), now);
        let end = end.or_fail(Exit::Failure, || "cannot accept the loss".to_owned())?;
        return output::data(format_args!(
            "Accepted. The next start continues after position {}, and forgets contacts whose keys are lost.",
            end.position
        ));
    }
    let remains = session_router::examine(data.path(), &master);
    let remains = remains.or_exit(Exit::Damaged)?;
    print(data, &remains)?;
    if remains.has_loss() {
        return Err(Failure::printed(Exit::Damaged));
    }
    output::data("Nothing to recover. To verify the log: switchboard log verify")
}

fn print(data: &Data, remains: &Remains) -> Result {
    let shown = data.path().display();
    match remains.log {
        Some(end) => output::data(format_args!("log: ends at position {}", end.position))?,
        None => output::data("log: missing")?,
    }
    match remains.recorded {
        Some(end) => output::data(format_args!(
            "keys: the log once reached position {}",
            end.position
        ))?,
        None => output::data("keys: missing")?,
    }
    if remains.is_other_log {
        output::data("log: has other events at that position, so it is not the log of these keys")?;
    }
    for path in &remains.repairable {
        output::data(format_args!(
            "{}: the next start repairs it from its copy",
            path.display()
        ))?;
    }
    if !remains.damaged_keys.is_empty() {
        let (numbers, count) = (&remains.damaged_keys, remains.damaged_keys.len());
        let numbers: Vec<String> = numbers
            .iter()
            .take(NUMBERS_MAX)
            .map(u32::to_string)
            .collect();
        output::data(format_args!(
            "keys: {count} are damaged in both files, number {}; to get them back, restore {shown}/keys \
             from a backup",
            numbers.join(", ")
        ))?;
    }
    if remains.is_short() || remains.is_other_log {
        output::data(format_args!(
            "To get the events back, restore {shown}/log from a backup, or move a directory \
             log/quarantine-… back that contains them."
        ))?;
    }
    if remains.has_loss() {
        output::data(format_args!(
            "To go on without them, stop the broker and run: switchboard log recover --accept-loss --data \
             {shown}. Lost events stay lost; contacts whose keys are lost are forgotten."
        ))?;
    }
    Ok(())
}
