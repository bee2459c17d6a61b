//! What people write, and who they are.

use serde::{Deserialize, Serialize};

/// The most characters of a text (messenger-protocol section 3).
pub const TEXT_CHARS_MAX: usize = 10_000;
/// The most files of a message (messenger-protocol section 3).
pub const FILES_MAX: usize = 20;
/// The most characters of a name: a person's, a chat's, a file's, a channel's.
pub const NAME_CHARS_MAX: usize = 255;
/// The most bytes of a URL.
pub const URL_BYTES_MAX: usize = 2_048;
/// The most bytes of an avatar's data URI; a larger one is left out, the profile is kept.
pub const AVATAR_BYTES_MAX: usize = 48 * 1024;

/// A file that is named, not held: the messenger or the operator's house serves it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The name to show.
    pub name: String,
    /// Its size in bytes, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Where to get it. Upper case in both directions (messenger-protocol section 7).
    #[serde(rename = "URL")]
    pub url: String,
}

/// The words and files of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The text, when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The files, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
}

impl Content {
    /// A content of text alone.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            files: Vec::new(),
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.text.as_ref().is_none_or(String::is_empty) && self.files.is_empty()
    }
}

/// What a messenger says of one of its people; each part may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// A telephone number, as the messenger writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// A picture as a data URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}
