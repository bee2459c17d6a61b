//! Attempts, receipts, retries and expiry of outbound messages.

mod attempts;
mod breaker;
mod early;
mod jumps;
mod pauses;
mod receipts;
mod retries;

use std::time::Duration;

use crate::command::{Request, SystemCommand};
use crate::id::MessageId;

pub(super) const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);

fn attempting(id: MessageId) -> Request {
    Request::system(SystemCommand::Attempting(id))
}
