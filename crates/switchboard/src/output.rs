//! Output: data goes to stdout, messages to stderr.
//!
//! Writing data to a closed pipe returns an error, on which the command exits with 0. Messages to a
//! closed pipe are dropped.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use serde_json::Value;

use crate::exit::Result;

/// Writes a line to stdout and flushes it, because a program may be waiting for it.
pub(crate) fn data(line: impl Display) -> Result {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    Ok(())
}

/// Writes a text, which ends with a newline, to stdout.
pub(crate) fn text(text: &str) -> Result {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Writes a JSON value to stdout: pretty-printed on a terminal, otherwise on one line.
pub(crate) fn json(value: &Value) -> Result {
    if is_terminal() {
        data(format_args!("{value:#}"))
    } else {
        data(value)
    }
}

/// Writes a message for the user to stderr. Errors are ignored.
pub(crate) fn message(line: impl Display) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Whether stdout is a terminal.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// Replaces control characters, which could control the terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}
