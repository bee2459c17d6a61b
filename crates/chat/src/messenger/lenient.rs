//! Reads a messenger's response to `userInfo`, even if it is not valid JSON.
//!
//! The sample response in BRIX's documentation lacks the commas between members, and some adapters
//! copied it. So where a response is not JSON, this reads every member it finds outside of nested
//! objects, and skips everything else.

use serde_json::Value;

use super::inbound::Body;
use crate::content::{NAME_CHARS_MAX, Profile, is_avatar};

/// Returns the readable members of a profile; `None` if the response is not one. Numbers are taken as
/// their text.
pub fn profile(answer: &[u8]) -> Option<Profile> {
    let text = String::from_utf8_lossy(answer);
    let mut profile = Profile::default();
    if let Ok(body) = Body::parse(text.as_bytes()) {
        for (name, value) in body.object {
            match value {
                Value::String(value) => set(&mut profile, &name, value),
                Value::Number(value) => set(&mut profile, &name, value.to_string()),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
            }
        }
        return Some(profile);
    }
    for (name, value) in members(&text) {
        set(&mut profile, &name, value);
    }
    Some(profile).filter(|profile| *profile != Profile::default())
}

/// Returns the profile in a response as JSON, which is small enough for the bus; nothing if the response
/// is not a profile.
pub fn reduced(answer: &[u8]) -> Vec<u8> {
    let reduced = |profile| serde_json::to_vec(&profile).unwrap_or_default();
    profile(answer).map(reduced).unwrap_or_default()
}

fn set(profile: &mut Profile, name: &str, value: String) {
    let short =
        || Some(value.chars().take(NAME_CHARS_MAX).collect()).filter(|v: &String| !v.is_empty());
    match name {
        "username" => profile.username = short(),
        "phoneNumber" => profile.phone_number = short(),
        "avatar" if is_avatar(&value) => profile.avatar = Some(value),
        _ => {}
    }
}

/// The pairs `"name" : "value"` in a text, with anything between them but nested objects and arrays.
fn members(text: &str) -> Vec<(String, String)> {
    let (mut members, mut depth, mut rest) = (Vec::new(), 0_usize, text);
    while let Some((before, at)) = rest.find('"').map(|at| rest.split_at(at)) {
        for c in before.chars() {
            match c {
                '{' | '[' => depth += 1,
                '}' | ']' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let Some((name, after)) = string(at) else {
            break;
        };
        rest = after;
        let Some(value_at) = after.trim_start().strip_prefix(':') else {
            continue;
        };
        let value_at = value_at.trim_start();
        if let Some((value, after)) = string(value_at).or_else(|| number(value_at)) {
            if depth <= 1 {
                members.push((name, value));
            }
            rest = after;
        }
    }
    members
}

/// The number at the start of a text, and what follows it.
fn number(text: &str) -> Option<(String, &str)> {
    let is_other = |c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E');
    let (number, after) = text.split_at(text.find(is_other).unwrap_or(text.len()));
    number
        .contains(|c: char| c.is_ascii_digit())
        .then(|| (number.to_owned(), after))
}

/// The JSON string at the start of a text, decoded, and what follows it.
fn string(text: &str) -> Option<(String, &str)> {
    let body = text.strip_prefix('"')?;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => {
                let quoted = text.get(..at + 2)?;
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
        let read = profile(answer.as_bytes()).unwrap_or_default();
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
        check(r#"{"username":"Ann"#, None, None);
        check("", None, None);
        check("<html>\"username\" : \"Ann\"", Some("Ann"), None);
        check(
            "{\"username\":\"Ann\" \"phoneNumber\":7999}",
            Some("Ann"),
            Some("7999"),
        );
        check("{\"phoneNumber\":+7 \"username\":", None, Some("+7"));
    }

    #[test]
    fn only_members_at_the_top_are_read_and_numbers_are_taken_as_text() {
        let nested = r#""company":{"username":"ACME","phoneNumber":"+1"}"#;
        for (answer, username, phone) in [
            (
                r#"{"username":"Ann","phoneNumber":7999,NESTED}"#,
                Some("Ann"),
                Some("7999"),
            ),
            (r#"{NESTED,"username":"Ann"}"#, Some("Ann"), None),
            ("{NESTED}", None, None),
            // Not JSON.
            (r#"{NESTED "username":"Ann"}"#, Some("Ann"), None),
            (
                r#"{"username":"Ann" "x":[NESTED] "phoneNumber":"+2"}"#,
                Some("Ann"),
                Some("+2"),
            ),
            (
                "{\"username\":\"A \\\"q\\\" n\",NESTED}",
                Some("A \"q\" n"),
                None,
            ),
            (
                "\u{feff}{\"username\":\"Ann\\ud83d\",NESTED}",
                Some("Ann\u{fffd}"),
                None,
            ),
            (
                r#"{"phoneNumber":123456789012345678901234567890,NESTED}"#,
                None,
                Some("123456789012345678901234567890"),
            ),
            (
                r#"{"username":["Ann"],"phoneNumber":true,NESTED}"#,
                None,
                None,
            ),
        ] {
            // Without the braces of the list element, `[NESTED]` is not JSON either.
            check(&answer.replace("NESTED", nested), username, phone);
        }
        let deep = format!("{{\"x\":{}{},{nested}}}", "[".repeat(99), "]".repeat(99));
        check(&deep, None, None);
    }

    #[test]
    fn a_response_without_a_profile_is_told_from_an_empty_profile() {
        for empty in ["{}", r#"{"id":"7"}"#, r#"{"username":"","avatar":"x"}"#] {
            assert_eq!(
                profile(empty.as_bytes()),
                Some(Profile::default()),
                "{empty}"
            );
            assert_eq!(reduced(empty.as_bytes()), b"{}");
        }
        let page = "<html><a href=\"x\">Not found</a></html>";
        for other in ["", "null", "[]", "7", "\"username\"", page] {
            assert_eq!(profile(other.as_bytes()), None, "{other}");
            assert_eq!(reduced(other.as_bytes()), b"");
        }
    }

    #[test]
    fn a_picture_over_the_limit_is_dropped_and_the_rest_kept() {
        let picture = format!("data:image/png;base64,{}", "A".repeat(70_000));
        let answer = format!(r#"{{"avatar":"{picture}","username":"Ann","phoneNumber":"+1"}}"#);
        let reduced = reduced(answer.as_bytes());
        assert_eq!(reduced, br#"{"username":"Ann","phoneNumber":"+1"}"#);
    }

    #[test]
    fn a_long_name_is_cut_and_a_large_avatar_omitted() {
        let long = "ж".repeat(NAME_CHARS_MAX + 1);
        let read = profile(format!("{{\"username\":\"{long}\"}}").as_bytes()).unwrap();
        assert_eq!(read.username.unwrap().chars().count(), NAME_CHARS_MAX);
        let avatar = |bytes: usize| format!("data:image/png;base64,{}", "A".repeat(bytes));
        let read = |avatar: &str| {
            let answer = format!("{{\"avatar\":\"{avatar}\"}}");
            profile(answer.as_bytes()).unwrap_or_default().avatar
        };
        assert!(read(&avatar(AVATAR_BYTES_MAX - 22)).is_some());
        assert_eq!(read(&avatar(AVATAR_BYTES_MAX)), None);
    }

    #[test]
    fn only_avatars_in_raster_formats_are_taken() {
        let read = |avatar: &str| {
            let answer = format!("{{\"avatar\":\"{avatar}\"}}");
            profile(answer.as_bytes()).unwrap_or_default().avatar
        };
        for format in [
            "png",
            "jpeg",
            "jpg",
            "gif",
            "webp",
            "avif",
            "PNG",
            "JPEG",
            "jpeg;charset=utf-8",
            "png; charset=\\\"UTF-8\\\"; name=me.png",
        ] {
            let avatar = format!("data:image/{format};base64,AAAA");
            let shown = avatar.replace('\\', "");
            assert_eq!(read(&avatar), Some(shown));
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
        let read = profile(&bytes).unwrap();
        assert_eq!(read.username.as_deref(), Some("Ann"));
        while bytes.pop().is_some() {
            profile(&bytes);
        }
        let many = profile("\"phoneNumber\":".repeat(50_000).as_bytes()).unwrap();
        assert_eq!(many.username, None);
    }
}
