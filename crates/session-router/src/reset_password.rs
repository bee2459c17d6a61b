//! Sets a user's password in the log of a stopped broker.

use chat::command::{Request, SystemCommand};
use chat::rejection::Rejection;
use chat::rpc::ResetPassword;

use crate::clock::now;
use crate::config::Config;
use crate::error::Error;
use crate::log_writer::LogWriter;

/// Sets the password of a user, as a running session router does on
/// [`Question::ResetPassword`](chat::subject::Question::ResetPassword). The error is
/// [`event_log::Error::Locked`] while one runs on this data directory.
pub fn reset_password(
    config: &Config,
    reset: ResetPassword,
) -> Result<Result<(), Rejection>, Error> {
    let mut writer = LogWriter::open(config)?;
    let command = SystemCommand::ResetPassword(reset.user, reset.password_hash);
    let applied = writer.apply(&Request::system(command), now())?;
    writer.close(now())?;
    Ok(applied.map(drop))
}
