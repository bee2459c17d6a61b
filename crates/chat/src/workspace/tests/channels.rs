//! Connecting, verifying, changing and deleting channels.

mod connecting;
mod ending;
mod reconnecting;
mod settings;

use super::fixture::Fixture;
use crate::id::ChannelId;
use crate::reason::Reason;
use crate::verification::Purpose;

const HOOK: &str = "https://messenger.example/hook";
const OTHER: &str = "https://other.example/";

impl Fixture {
    /// Ends a verification of a channel: the messenger rejected the code.
    fn refuted(&mut self, channel: ChannelId, purpose: Purpose) {
        self.verified(channel, purpose, Err(Reason::WrongCode { status: 401 }));
    }
}
