//! What somebody did on the page.

use chat::content::{TEXT_CHARS_MAX, URL_BYTES_MAX};
use chat::time::Timestamp;
use hyper::StatusCode;
use serde::Deserialize;

use crate::messenger::compose::{self, Composer};
use crate::messenger::outbox::Item;

/// What somebody did.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(super) enum Action {
    /// Said something.
    Say {
        person: String,
        text: String,
        reply_to: Option<String>,
    },
    /// Sent a file, by where it is.
    File { person: String, url: String },
    /// Pressed a key.
    Type { person: String },
    /// Looked at an operator's message.
    Read { message: String },
    /// Said something in other words.
    Edit { message: String, text: String },
    /// Took back what was said.
    Delete { message: String },
}

/// Why something is not done: a status, and words for whoever is at the page.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) words: &'static str,
}

impl Refusal {
    pub(super) const NO_SUCH_PATH: Self = Self::new(StatusCode::NOT_FOUND, "there is no such page");
    pub(super) const METHOD: Self = Self::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "GET what there is, POST to /do",
    );
    pub(super) const HOST: Self = Self::new(
        StatusCode::FORBIDDEN,
        "open the page by an address, such as http://127.0.0.1:7080/, not by a name",
    );
    pub(super) const ORIGIN: Self = Self::new(
        StatusCode::FORBIDDEN,
        "this was asked by another page; only the phone's own may",
    );
    pub(super) const KIND: Self = Self::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "what is posted must be application/json",
    );
    pub(super) const TOO_LARGE: Self = Self::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "that is too long: a message has 10,000 characters at most",
    );
    pub(super) const FULL: Self = Self::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "1,000 messages wait for Switchboard already; write again when it is back",
    );
    const UNREADABLE: Self = Self::new(
        StatusCode::BAD_REQUEST,
        "that is none of say, file, type, read, edit, delete with their members",
    );
    const NOBODY: Self = Self::new(StatusCode::NOT_FOUND, "there is no such person here");
    const NO_TEXT: Self = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "there is no text in it");
    const NO_URL: Self = Self::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "a file is named by its URL: http:// or https://, 2,048 bytes at most",
    );

    const fn new(status: StatusCode, words: &'static str) -> Self {
        Self { status, words }
    }
}

impl Action {
    /// Reads it, and sees that Switchboard could take it.
    pub(super) fn read(body: &[u8]) -> Result<Self, Refusal> {
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
            Self::File { url, .. } if !is_url(url) => Err(Refusal::NO_URL),
            _ => Ok(action),
        }
    }

    /// Whether it is of no use later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self, Self::Type { .. })
    }

    /// The request that it makes.
    pub(super) fn request(self, people: &mut [Composer], now: Timestamp) -> Result<Item, Refusal> {
        Ok(match self {
            Self::Say {
                person,
                text,
                reply_to,
            } => of(people, &person)?.says(text.trim(), reply_to.as_deref(), now),
            Self::File { person, url } => of(people, &person)?.sends_file(&url, now),
            Self::Type { person } => of(people, &person)?.types(),
            Self::Read { message } => compose::reads(&message),
            Self::Edit { message, text } => compose::edits(&message, text.trim()),
            Self::Delete { message } => compose::deletes(&message),
        })
    }
}

fn of<'a>(people: &'a mut [Composer], person: &str) -> Result<&'a mut Composer, Refusal> {
    let found = people.iter_mut().find(|one| one.user() == person);
    found.ok_or(Refusal::NOBODY)
}

fn is_url(url: &str) -> bool {
    let is_web = url.starts_with("http://") || url.starts_with("https://");
    is_web && url.len() <= URL_BYTES_MAX && !url.contains(char::is_whitespace)
}
