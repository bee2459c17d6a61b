//! The only way to the terminal: data goes to stdout, talk to stderr.
//!
//! Both bear a closed pipe: data says so to the caller, who then ends quietly, and talk is dropped.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};

use serde_json::Value;

use crate::exit::Result;

/// Writes one line of data to stdout, at once, because a program may wait for it.
pub(crate) fn data(line: impl Display) -> Result {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    Ok(())
}

/// Writes a text that has its own line ends.
pub(crate) fn text(text: &str) -> Result {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Writes a JSON value: over several lines for people, on one for programs.
pub(crate) fn json(value: &Value) -> Result {
    if is_terminal() {
        data(format_args!("{value:#}"))
    } else {
        data(value)
    }
}

/// Says something to whoever watches. It is no data, so that it may be lost.
pub(crate) fn talk(line: impl Display) {
    drop(writeln!(std::io::stderr().lock(), "{line}"));
}

/// Whether a person reads stdout.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// A foreign text made harmless: no control character reaches the terminal.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect()
}
