//! Rewrites JSON that `serde_json` cannot represent.

use std::borrow::Cow;

use serde::de::IgnoredAny;

/// The most digits of an integer that always fits.
const SHORT_DIGITS: usize = 18;

/// Rewrites what is JSON and has no value in `serde_json`: lone surrogates become `replacement`, integers
/// over 64 bits become strings with the same digits, and other numbers that are too large become the
/// largest. Returns the new text, and whether it had lone surrogates. Text that is not JSON stays so.
pub(super) fn rewrite(text: &str, replacement: &str) -> (String, bool) {
    let mut rewritten = String::with_capacity(text.len());
    let (mut rest, mut had_surrogates) = (text, false);
    while let Some(at) = rest.find(|c: char| matches!(c, '"' | '-' | '0'..='9')) {
        let (before, token) = rest.split_at(at);
        rewritten.push_str(before);
        if token.starts_with('"') {
            let (string, after) = token.split_at(string_length(token));
            had_surrogates |= replace_surrogates(string, replacement, &mut rewritten);
            rest = after;
        } else {
            let is_other = |c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E');
            let (number, after) = token.split_at(token.find(is_other).unwrap_or(token.len()));
            rewritten.push_str(&representable(number));
            rest = after;
        }
    }
    rewritten.push_str(rest);
    (rewritten, had_surrogates)
}

/// The length of the string at the start of a text, with its quotation marks.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    let end = text.bytes().skip(1).position(|byte| match byte {
        _ if escaped => {
            escaped = false;
            false
        }
        b'\\' => {
            escaped = true;
            false
        }
        byte => byte == b'"',
    });
    end.map_or(text.len(), |end| end + 2)
}

/// Copies a string with `replacement` for its lone surrogates. Returns whether it had any.
fn replace_surrogates(string: &str, replacement: &str, rewritten: &mut String) -> bool {
    let (mut rest, mut found) = (string, false);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        rewritten.push_str(before);
        let next = escape.get(6..).and_then(code_unit);
        let length = match code_unit(escape) {
            Some(0xD800..=0xDBFF) if matches!(next, Some(0xDC00..=0xDFFF)) => 12,
            Some(0xD800..=0xDFFF) => {
                found = true;
                rewritten.push_str(replacement);
                rest = escape.get(6..).unwrap_or_default();
                continue;
            }
            Some(_) => 6,
            None => escape.chars().take(2).map(char::len_utf8).sum(),
        };
        let (escape, after) = escape.split_at(length);
        rewritten.push_str(escape);
        rest = after;
    }
    rewritten.push_str(rest);
    found
}

/// The UTF-16 code unit of the escape `\uXXXX` at the start of a text.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u16::from_str_radix(digits, 16).ok())?
}

/// The number, or what stands for it if it does not fit into 64 bits.
fn representable(number: &str) -> Cow<'_, str> {
    let is_integer = !number.contains(['.', 'e', 'E']);
    if is_integer && number.len() <= SHORT_DIGITS
        || serde_json::from_str::<IgnoredAny>(number).is_err()
    {
        return number.into();
    }
    if is_integer {
        let fits = number.parse::<i64>().is_ok() || number.parse::<u64>().is_ok();
        return if fits {
            number.into()
        } else {
            format!("\"{number}\"").into()
        };
    }
    match number.parse::<f64>() {
        Ok(value) if value == f64::INFINITY => "1e308".into(),
        Ok(value) if value == f64::NEG_INFINITY => "-1e308".into(),
        _ => number.into(),
    }
}
