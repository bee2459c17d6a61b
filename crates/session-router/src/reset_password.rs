//! Sets a user's password in the log of a stopped broker.

use chat::command::{Request, SystemCommand};
use chat::rejection::Rejection;
use chat::rpc::ResetPassword;
use event_log::Frame;

use crate::clock::now;
use crate::config::Config;
use crate::error::Error;
use crate::open::open;

/// Sets the password of a user, as a running session router does on
/// [`Question::ResetPassword`](chat::subject::Question::ResetPassword). The error is
/// [`event_log::Error::Locked`] while one runs on this data directory.
pub fn reset_password(
    config: &Config,
    reset: ResetPassword,
) -> Result<Result<(), Rejection>, Error> {
    let (log, projector, mut state) = open(config)?;
    projector.stop(None)?;
    let command = SystemCommand::ResetPassword(reset.user, reset.password_hash);
    let request = Request::system(command);
    let now = now();
    let applied = match state.apply(&request, &request.by(), now, false) {
        Ok(applied) => applied,
        Err(rejection) => return Ok(Err(rejection)),
    };
    log.append(Frame {
        first_position: log.head().position + 1,
        time_micros: now.as_micros(),
        events: applied.events,
    })?;
    drop(state);
    log.close()?;
    Ok(Ok(()))
}
