//! Reads a messenger's response to `userInfo`, even if it is not valid JSON.
//!
//! The sample response in BRIX's documentation lacks the commas between members, and some adapters
//! copied it. So this reads every string member it finds and skips everything else.

use crate::content::{NAME_CHARS_MAX, Profile, is_avatar};

/// Returns the readable members of a profile; an unreadable response is an empty profile.
pub fn profile(answer: &[u8]) -> Profile {
    let text = String::from_utf8_lossy(answer);
    let mut profile = Profile::default();
    for (name, value) in members(&text) {
        let short = || {
            Some(value.chars().take(NAME_CHARS_MAX).collect()).filter(|v: &String| !v.is_empty())
        };
        match name.as_str() {
            "username" => profile.username = short(),
            "phoneNumber" => profile.phone_number = short(),
            "avatar" if is_avatar(&value) => profile.avatar = Some(value),
            _ => {}
        }
    }
    profile
}

/// The pairs `"name" : "value"` in a text, with anything between them.
fn members(text: &str) -> Vec<(String, String)> {
    let mut members = Vec::new();
    let mut rest = text;
    while let Some((name, after)) = next_string(rest) {
        rest = after;
        let Some(value_at) = after.trim_start().strip_prefix(':') else {
            continue;
        };
        if value_at.trim_start().starts_with('"')
            && let Some((value, after)) = next_string(value_at)
        {
            members.push((name, value));
            rest = after;
        }
    }
    members
}

/// The next JSON string in a text, decoded, and what follows it.
fn next_string(text: &str) -> Option<(String, &str)> {
    let open = text.find('"')?;
    let body = text.get(open + 1..)?;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let quoted = text.get(open..open + at + 2)?;
                // A string that is not valid JSON counts as empty.
                let value = serde_json::from_str(quoted).unwrap_or_default();
                return Some((value, body.get(at + 1..)?));
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::AVATAR_BYTES_MAX;

    fn check(answer: &str, username: Option<&str>, phone: Option<&str>) {
        let read = profile(answer.as_bytes());
        assert_eq!(
            (read.username.as_deref(), read.phone_number.as_deref()),
            (username, phone),
            "{answer}"
        );
    }

    #[test]
    fn readable_members_are_read() {
        check(
            r#"{"id":"7","username":"Ann","phoneNumber":"+1"}"#,
            Some("Ann"),
            Some("+1"),
        );
        check(
            "{\"id\":\"7\"\n\"username\":\"Ann\"\n\"phoneNumber\":\"+1\"}",
            Some("Ann"),
            Some("+1"),
        );
        check(r#"{"username":null,"phoneNumber":"+1"}"#, None, Some("+1"));
        check(
            r#"{"username":"A \"q\" n","x":{"phoneNumber":"+1"}}"#,
            Some("A \"q\" n"),
            Some("+1"),
        );
        check(r#"{"username":"Ann"#, None, None);
        check("", None, None);
        check("<html>\"username\" : \"Ann\"", Some("Ann"), None);
    }

    #[test]
    fn a_long_name_is_cut_and_a_large_avatar_omitted() {
        let long = "ж".repeat(NAME_CHARS_MAX + 1);
        let read = profile(format!("{{\"username\":\"{long}\"}}").as_bytes());
        assert_eq!(read.username.unwrap().chars().count(), NAME_CHARS_MAX);
        let avatar = |bytes: usize| format!("data:image/png;base64,{}", "A".repeat(bytes));
        let read = |avatar: &str| profile(format!("{{\"avatar\":\"{avatar}\"}}").as_bytes()).avatar;
        assert!(read(&avatar(AVATAR_BYTES_MAX - 22)).is_some());
        assert_eq!(read(&avatar(AVATAR_BYTES_MAX)), None);
    }

    #[test]
    fn only_avatars_in_raster_formats_are_taken() {
        let read = |avatar: &str| profile(format!("{{\"avatar\":\"{avatar}\"}}").as_bytes()).avatar;
        for format in ["png", "jpeg", "jpg", "gif", "webp", "PNG"] {
            let avatar = format!("data:image/{format};base64,AAAA");
            assert_eq!(read(&avatar).as_ref(), Some(&avatar));
        }
        for other in [
            "https://h/a.png",
            "data:text/html,x",
            "javascript:x",
            "",
            "data:image/svg+xml,<svg/>",
            "data:image/svg+xml;base64,AAAA",
            "data:image/svg+xml;charset=utf-8;base64,AAAA",
            "Data:Image/SVG+XML;base64,AAAA",
            " data:image/svg+xml;base64,AAAA",
            "data: image/svg+xml;base64,AAAA",
            "data:image/png/../svg+xml;base64,AAAA",
            "data:image/png;x=image/svg+xml;base64,AAAA",
            "data:image/png,AAAA",
            "data:image/png;base64",
            "data:image/x-icon;base64,AAAA",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn any_bytes_are_read_without_a_panic() {
        let mut bytes = b"\xff\xfe{\"username\":\"Ann\",\"phoneNumber\":\"+1\xff\"".to_vec();
        assert_eq!(profile(&bytes).username.as_deref(), Some("Ann"));
        while bytes.pop().is_some() {
            profile(&bytes);
        }
        assert!(
            profile("\"phoneNumber\":".repeat(50_000).as_bytes())
                .username
                .is_none()
        );
    }
}
