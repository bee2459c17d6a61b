//! Reads the files of a message.

use serde_json::Value;
use url::Url;

use super::members::{Members, present};
use crate::content::{FILES_MAX, File, INBOUND_URL_BYTES_MAX, NAME_CHARS_MAX};
use crate::reason::Reason;

/// The name of a file whose URL has no path.
const NAMELESS: &str = "file";

impl Members<'_> {
    /// The files that have a URL; the others are left out.
    pub(super) fn files(&mut self) -> Vec<File> {
        let files = match self.member("files") {
            None => return Vec::new(),
            Some(Value::Array(files)) => files,
            Some(_) => {
                self.warning("files", "must be an array; left out");
                return Vec::new();
            }
        };
        if files.len() > FILES_MAX {
            self.too_large = Some(Reason::TooManyFiles {
                pointer: "/data/files".to_owned(),
                limit: FILES_MAX,
            });
        }
        let files = files.iter().take(FILES_MAX).enumerate();
        files.filter_map(|(i, file)| self.file(i, file)).collect()
    }

    fn file(&mut self, i: usize, file: &Value) -> Option<File> {
        let pointer = format!("files/{i}/URL");
        let url = present(file.get("URL"));
        let text = url.and_then(Value::as_str);
        let Some(url) = text.filter(|u| (1..=INBOUND_URL_BYTES_MAX).contains(&u.len())) else {
            let detail = if url.is_none() {
                "`URL` (in capitals) is required"
            } else {
                "must be a string of 1 to 8192 bytes"
            };
            self.warning(&pointer, &format!("{detail}; the file was left out"));
            return None;
        };
        if !can_be_opened(url) {
            let detail = "only http and https URLs can be opened; the file was kept";
            self.warning(&pointer, detail);
        }
        Some(File {
            name: self.file_name(&format!("files/{i}/name"), file, url),
            size: self.size(&format!("files/{i}/size"), file),
            url: url.to_owned(),
        })
    }

    fn file_name(&mut self, pointer: &str, file: &Value, url: &str) -> String {
        let name = self.name(pointer, present(file.get("name")));
        name.filter(|name| !name.is_empty()).unwrap_or_else(|| {
            self.warning(pointer, "is required; taken from the URL");
            last_segment(url).chars().take(NAME_CHARS_MAX).collect()
        })
    }

    fn size(&mut self, pointer: &str, file: &Value) -> Option<u64> {
        let size = present(file.get("size"))?;
        if size.is_u64() {
            return size.as_u64();
        }
        let read = size.as_str().and_then(|text| text.trim().parse().ok());
        let done = if read.is_some() {
            "read from a string"
        } else {
            "left out"
        };
        self.warning(pointer, &format!("must be a number of bytes; {done}"));
        read
    }
}

/// Whether the page offers to open a URL.
fn can_be_opened(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    let is_web = ["http", "https"].map(|web| scheme.eq_ignore_ascii_case(web));
    is_web.contains(&true) && Url::parse(url).is_ok()
}

/// The last segment of a URL's path.
fn last_segment(url: &str) -> &str {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (_, path) = rest.split_once('/').unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.is_empty() { NAMELESS } else { last }
}
