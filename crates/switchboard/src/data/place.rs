//! Where a data directory belongs: the machine and the path where it was made or adopted. A copy of it
//! has the same record at another place.

use std::fmt;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Data, replace};
use crate::exit::{Exit, Failure, OrExit as _, Result};

/// The first line of the record.
const COMMENT: &str = "# Where this data directory belongs (docs/operating.md, \"Copies\").\n";

/// The place of a data directory.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct Place {
    /// The name of the machine.
    host: String,
    /// The id of the machine, or nothing if it has none.
    machine: String,
    /// The path of the directory, without symbolic links.
    path: PathBuf,
}

impl Place {
    /// Where the directory is now.
    pub(super) fn of(data: &Data) -> io::Result<Self> {
        let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
        Ok(Self {
            host: host(),
            machine: machine.trim().to_owned(),
            path: data.path().canonicalize()?,
        })
    }

    /// The content of the record.
    pub(super) fn text(&self) -> io::Result<String> {
        let text = toml::to_string(self).map_err(io::Error::other)?;
        Ok(format!("{COMMENT}{text}"))
    }

    /// How this differs from another place.
    fn difference(&self, other: &Self) -> Option<&'static str> {
        if self.path != other.path {
            Some("the path is another")
        } else if self.host != other.host {
            Some("the name of the machine is another")
        } else if self.machine != other.machine {
            Some("the machine (/etc/machine-id) is another")
        } else {
            None
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.path.display())
    }
}

/// The name of this machine.
pub(crate) fn host() -> String {
    let names = rustix::system::uname();
    names.nodename().to_string_lossy().into_owned()
}

/// Where a directory is, and what its record says.
struct Found {
    here: Place,
    is_recorded: bool,
    /// How the record differs from the place.
    problem: Option<String>,
}

/// Checks that the directory is where it belongs, before a session router uses it. With `adopt` it
/// belongs here from now on, and so does a directory without a record.
pub(crate) fn check(data: &Data, adopt: bool) -> Result {
    let found = find(data)?;
    match found.problem {
        Some(problem) if !adopt => return Err(refuse(&found.here, &problem)),
        None if found.is_recorded => return Ok(()),
        _ => {}
    }
    let (here, record) = (found.here, data.place());
    let written = here
        .text()
        .and_then(|text| replace(&record, text.as_bytes()));
    written.or_fail(Exit::Failure, || {
        format!("cannot write {}", record.display())
    })?;
    tracing::info!(place = %here, "recorded where the data directory belongs");
    Ok(())
}

/// Why the directory may be a copy, if it is not where it belongs.
pub(crate) fn problem(data: &Data) -> Result<Option<String>> {
    find(data).map(|found| found.problem)
}

fn find(data: &Data) -> Result<Found> {
    let record = data.place();
    let here = Place::of(data).or_fail(Exit::Failure, || {
        format!("cannot find {}", data.path().display())
    })?;
    let recorded = match std::fs::read_to_string(&record) {
        Ok(text) => toml::from_str::<Place>(&text).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => {
            return Err(error).or_fail(Exit::Failure, || {
                format!("cannot read {}", record.display())
            });
        }
    };
    let is_recorded = !matches!(recorded, Ok(None));
    let problem = match recorded {
        Ok(recorded) => recorded.and_then(|recorded| {
            let difference = recorded.difference(&here)?;
            Some(format!("it belongs to {recorded}, and {difference}"))
        }),
        Err(_) => Some(format!("{} is not a record of its place", record.display())),
    };
    Ok(Found {
        here,
        is_recorded,
        problem,
    })
}

fn refuse(here: &Place, problem: &str) -> Failure {
    let message = format!(
        "the data directory {here} may be a copy: {problem}. Two brokers on copies deliver the same \
         messages twice, and each misses what the other one stores. If the directory was moved, the \
         machine was renamed, or this copy replaces the original for good, run this once with --adopt"
    );
    Failure::message(Exit::Settings, message)
}
