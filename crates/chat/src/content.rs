//! The content of messages and the profiles of people.

use serde::{Deserialize, Serialize};

use crate::reason::Reason;
use crate::rejection::Rejection;

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

/// Whether an edit changes the text of a message with this content. An edit keeps the files; one that
/// leaves neither text nor files is rejected.
pub fn is_changed_by_edit(present: &Content, text: &str) -> Result<bool, Rejection> {
    if text.trim().is_empty() && present.files.is_empty() {
        return Err(Reason::InvalidMember {
            pointer: "/data/text".to_owned(),
            detail: "must not be blank; use messageDeleted to delete the message".to_owned(),
        }
        .into());
    }
    Ok(present.text.as_deref().unwrap_or_default() != text)
}

/// The image types of avatars. SVG is not among them, because it can contain scripts and links.
const AVATAR_TYPES: [&str; 6] = ["png", "jpeg", "jpg", "gif", "webp", "avif"];

/// Returns whether a text is a data URI that may be an avatar.
pub fn is_avatar(uri: &str) -> bool {
    let head = uri
        .split_once(',')
        .map(|(head, _)| head.to_ascii_lowercase());
    let kind = head.as_deref().and_then(|head| {
        let media_type = head.strip_prefix("data:image/")?.strip_suffix(";base64")?;
        let mut parts = media_type.split(';').map(str::trim);
        let kind = parts.next()?;
        parts.all(is_parameter).then_some(kind)
    });
    uri.len() <= AVATAR_BYTES_MAX && kind.is_some_and(|kind| AVATAR_TYPES.contains(&kind))
}

/// Whether a text is a parameter of a media type, such as `charset=utf-8`.
fn is_parameter(text: &str) -> bool {
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '"');
    text.split_once('=')
        .is_some_and(|(name, value)| name.chars().chain(value.chars()).all(is_token))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(present: &Content, text: &str, changed: Option<bool>) {
        let result = is_changed_by_edit(present, text);
        assert_eq!(result.ok(), changed, "{present:?}: {text:?}");
    }

    #[test]
    fn an_edit_with_the_same_text_changes_nothing_and_a_blank_one_needs_files() {
        let hi = Content::text("Hi");
        let file = File {
            name: "a".to_owned(),
            size: None,
            url: "u".to_owned(),
        };
        let file = Content {
            text: None,
            files: vec![file],
        };
        let caption = Content {
            text: Some("Hi".to_owned()),
            ..file.clone()
        };
        for (text, of_text, of_file, of_caption) in [
            ("Hi", Some(false), Some(true), Some(false)),
            ("Hi ", Some(true), Some(true), Some(true)),
            ("", None, Some(false), Some(true)),
            (" \n", None, Some(true), Some(true)),
        ] {
            check(&hi, text, of_text);
            check(&file, text, of_file);
            check(&caption, text, of_caption);
        }
    }
}
