//! The content of messages and the profiles of people.

use serde::{Deserialize, Serialize};

/// The most characters of a text (docs/messenger-protocol.md).
pub const TEXT_CHARS_MAX: usize = 10_000;
/// The most files of a message (docs/messenger-protocol.md).
pub const FILES_MAX: usize = 20;
/// The most characters of a name: a person's, a chat's, a file's, a channel's.
pub const NAME_CHARS_MAX: usize = 255;
/// The most bytes of a URL.
pub const URL_BYTES_MAX: usize = 2_048;
/// The most bytes of the URL of a person's file: storage services put long signatures into them.
pub const INBOUND_URL_BYTES_MAX: usize = 8_192;
/// The most bytes of an avatar's data URI; a larger avatar is omitted from the profile.
pub const AVATAR_BYTES_MAX: usize = 48 * 1024;

/// A link to a file, which is stored elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The name to show.
    pub name: String,
    /// Its size in bytes, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Its URL. The member's name is upper case in both directions.
    #[serde(rename = "URL")]
    pub url: String,
}

/// The text and files of one message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The text, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The files, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<File>,
}

impl Content {
    /// Content without files.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: Some(text.into()),
            files: Vec::new(),
        }
    }

    /// Whether it has neither text nor files.
    pub fn is_empty(&self) -> bool {
        self.text.as_ref().is_none_or(String::is_empty) && self.files.is_empty()
    }
}

/// The image types of avatars. SVG is not among them, because it can contain scripts and links.
const AVATAR_TYPES: [&str; 5] = ["png", "jpeg", "jpg", "gif", "webp"];

/// Returns whether a text is a data URI that may be an avatar.
pub fn is_avatar(uri: &str) -> bool {
    let head = uri
        .split_once(',')
        .map(|(head, _)| head.to_ascii_lowercase());
    let kind = head.as_deref().and_then(|head| {
        let kind = head.strip_prefix("data:image/")?;
        kind.strip_suffix(";base64")
    });
    uri.len() <= AVATAR_BYTES_MAX && kind.is_some_and(|kind| AVATAR_TYPES.contains(&kind))
}

/// A person's profile at a messenger; any member may be unknown.
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
