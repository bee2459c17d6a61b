//! The channels as the projections have them, whether the broker runs or not.

use std::path::Path;

use chat::seal::SealKey;
use chat::state::Channel;
use chat::workspace::{ROWS_VERSION, Workspace};
use projections::read_residents;

use crate::error::Error;

/// Returns the channels of a data directory, without changing it. The broker may run; its last second
/// may be missing. `None` if the projections are missing or of another version: the next start rebuilds
/// them.
pub fn channels(data: &Path, master: &SealKey) -> Result<Option<Vec<Channel>>, Error> {
    let dir = data.join("projections").join(format!("v{ROWS_VERSION}"));
    let mut workspace = Workspace::new(master.index_key());
    let mut is_readable = true;
    let found = read_residents(&dir, |name, value| {
        is_readable &= workspace.load_row(name, value).is_ok();
    })?;
    let channels = || {
        workspace
            .channels
            .iter()
            .map(|(_, channel)| channel.clone())
    };
    Ok((found.is_some() && is_readable).then(|| channels().collect()))
}
