//! Actions of the person at the page.

use jiff::Timestamp;
use serde::Deserialize;

use super::refusal::Refusal;
use crate::composer::{self, Composer, TEXT_CHARS_MAX};
use crate::outbox::Item;

/// The longest URL of a file that Switchboard accepts.
const URL_BYTES_MAX: usize = 2_048;

/// An action, as the page sends it.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum Action {
    /// Sends a message.
    Say {
        person: String,
        text: String,
        reply_to: Option<String>,
    },
    /// Sends a file by URL.
    File { person: String, url: String },
    /// Reports that the person is typing.
    Type { person: String },
    /// Marks an operator's message as read.
    Read { message: String },
    /// Replaces the text of a message.
    Edit { message: String, text: String },
    /// Deletes a message.
    Delete { message: String },
}

impl Action {
    /// Parses an action and checks the limits of the protocol.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Refusal> {
        let action = serde_json::from_slice(body).map_err(|_| Refusal::UNREADABLE)?;
        match &action {
            Self::Say { text, .. } | Self::Edit { text, .. } if text.trim().is_empty() => {
                Err(Refusal::NO_TEXT)
            }
            Self::Say { text, .. } | Self::Edit { text, .. }
                if text.chars().count() > TEXT_CHARS_MAX =>
            {
                Err(Refusal::TOO_LARGE)
            }
            Self::File { url, .. } if !is_url(url) => Err(Refusal::BAD_URL),
            Self::Say { .. }
            | Self::Edit { .. }
            | Self::File { .. }
            | Self::Type { .. }
            | Self::Read { .. }
            | Self::Delete { .. } => Ok(action),
        }
    }

    /// Whether the action is useless later.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self, Self::Type { .. })
    }

    /// The request to send for it.
    pub(crate) fn request(self, people: &mut [Composer], now: Timestamp) -> Result<Item, Refusal> {
        Ok(match self {
            Self::Say {
                person,
                text,
                reply_to,
            } => of(people, &person)?.text(text.trim(), reply_to.as_deref(), now),
            Self::File { person, url } => of(people, &person)?.file(&url, now),
            Self::Type { person } => of(people, &person)?.typing(),
            Self::Read { message } => composer::mark_read(&message),
            Self::Edit { message, text } => composer::edit(&message, text.trim()),
            Self::Delete { message } => composer::delete(&message),
        })
    }
}

fn of<'a>(people: &'a mut [Composer], person: &str) -> Result<&'a mut Composer, Refusal> {
    let found = people.iter_mut().find(|one| one.user() == person);
    found.ok_or(Refusal::NO_PERSON)
}

fn is_url(url: &str) -> bool {
    let is_web = url.starts_with("http://") || url.starts_with("https://");
    is_web && url.len() <= URL_BYTES_MAX && !url.contains(char::is_whitespace)
}
