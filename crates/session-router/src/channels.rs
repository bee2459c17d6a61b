//! The channels as the projections have them, whether the broker runs or not.

use std::path::Path;

use chat::seal::SealKey;
use chat::state::Channel;
use chat::workspace::{ROWS_VERSION, Workspace};
use event_log::ProjectionStore;

use crate::error::Error;

/// Returns the channels of a data directory, without changing it. The broker may run; its last second
/// may be missing. `None` if the projections are missing or of another version: the next start rebuilds
/// them.
pub fn channels(data: &Path, master: &SealKey) -> Result<Option<Vec<Channel>>, Error> {
    let dir = data.join("projections").join(format!("v{ROWS_VERSION}"));
    let mut workspace = Workspace::new(master.index_key());
    let mut is_readable = true;
    let found = ProjectionStore::read(&dir, |key, value| {
        is_readable &= Workspace::is_message_row(key) || workspace.load_row(key, value).is_ok();
    })?;
    let channels = || {
        workspace
            .channels
            .iter()
            .map(|(_, channel)| channel.clone())
    };
    Ok((found && is_readable).then(|| channels().collect()))
}
