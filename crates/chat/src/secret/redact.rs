//! Removes secrets from text of other programs, which may quote a request that contained them.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::signature::WHSEC;

/// The replacement of a secret.
const REDACTED: &str = "***";
/// How much of a secret the end of a text may show, in bytes. The text may have been cut there.
const SHOWN_BYTES_MAX: usize = 3;
/// The shortest base64 text that is searched for, in characters: shorter ones occur in other words.
const BASE64_CHARS_MIN: usize = 6;
/// How many backslashes and control characters are ignored within a secret. Without a bound, a text of
/// nothing else would be read to its end again from each of its characters.
const IGNORED_MAX: usize = 256;

/// Replaces the secrets in a text and cuts it after `chars_max` characters. It finds a secret in clear,
/// with the escapes of JSON, URLs and HTML, and in base64, also of a longer text that contains it.
/// A part of a secret at the end of the text is removed as well.
pub fn redact(text: &str, secrets: &[Secret], chars_max: usize) -> String {
    let needles: Vec<Needle> = secrets
        .iter()
        .flat_map(|s| Needle::all(s.expose()))
        .collect();
    let (mut shown, mut chars, mut rest) = (String::new(), 0, text);
    while let Some(next) = rest.chars().next().filter(|_| chars < chars_max) {
        let longest = needles
            .iter()
            .filter_map(|n| n.find_at(rest.as_bytes()))
            .max();
        if let Some(after) = longest.and_then(|len| rest.get(len..)) {
            shown.push_str(REDACTED);
            chars += REDACTED.len();
            rest = after;
        } else {
            shown.push(next);
            chars += 1;
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
    }
    shown
}

/// A form of a secret.
struct Needle(Zeroizing<Vec<u8>>);

impl Needle {
    /// The forms to search for. The code of a signed channel is a key behind a prefix.
    fn all(secret: &str) -> Vec<Self> {
        let secret = secret.strip_prefix(WHSEC).unwrap_or(secret);
        let in_body = Zeroizing::new(Value::from(secret).to_string());
        // As in the body of a request, without the quotes around it.
        let in_body = in_body.get(1..in_body.len() - 1).unwrap_or_default();
        let mut all = vec![Self::of(secret.as_bytes())];
        Self::add_base64(&mut all, secret.as_bytes());
        if in_body != secret {
            Self::add_base64(&mut all, in_body.as_bytes());
        }
        all.retain(|needle| !needle.0.is_empty());
        all
    }

    /// Base64 depends on the number of bytes before the secret. Characters that encode other bytes as
    /// well are left out.
    fn add_base64(all: &mut Vec<Self>, secret: &[u8]) {
        for before in 0..3 {
            let padded = std::iter::repeat_n(&0, before).chain(secret).copied();
            let padded = Zeroizing::new(padded.collect::<Vec<u8>>());
            for engine in [&BASE64_STANDARD_NO_PAD, &BASE64_URL_SAFE_NO_PAD] {
                let encoded = Zeroizing::new(engine.encode(&*padded));
                let from = (before * 8).div_ceil(6);
                let own = encoded.get(from..padded.len() * 8 / 6).unwrap_or_default();
                if own.len() >= BASE64_CHARS_MIN {
                    all.push(Self::of(own.as_bytes()));
                }
            }
        }
    }

    /// Backslashes are ignored: the number of them depends on how often a text was quoted.
    fn of(bytes: &[u8]) -> Self {
        let is_all = bytes.iter().all(|b| *b == b'\\');
        let kept = bytes.iter().filter(|b| is_all || **b != b'\\');
        Self(Zeroizing::new(kept.copied().collect()))
    }

    /// The number of bytes that the secret takes up at the start of a text.
    fn find_at(&self, text: &[u8]) -> Option<usize> {
        self.matched(text, true)
            .or_else(|| self.matched(text, false))
    }

    /// `escapes` is whether an escape that fits counts as the character that it stands for.
    fn matched(&self, text: &[u8], escapes: bool) -> Option<usize> {
        let (mut at, mut found, mut ignored) = (0, 0, 0);
        while let Some(wanted) = self.0.get(found..).filter(|wanted| !wanted.is_empty()) {
            let rest = text.get(at..).unwrap_or_default();
            let (length, count) = match Step::of(rest, wanted, escapes) {
                Step::Is(length, count) => (length, count),
                // A line break in base64, or a backslash before an escaped character.
                Step::Other if found > 0 && rest.first().is_some_and(|b| is_skipped(*b)) => (1, 0),
                Step::End if found > SHOWN_BYTES_MAX => return Some(text.len()),
                Step::Other | Step::End => return None,
            };
            at += length;
            found += count;
            ignored += usize::from(count == 0);
            if ignored > IGNORED_MAX {
                return None;
            }
        }
        Some(at)
    }
}

/// The comparison of one character of a text with a secret.
enum Step {
    /// This many bytes of the text are this many bytes of the secret.
    Is(usize, usize),
    /// Another character.
    Other,
    /// The text ends before the character does.
    End,
}

impl Step {
    fn of(text: &[u8], wanted: &[u8], escapes: bool) -> Self {
        let (Some(first), Some(wanted_first)) = (text.first(), wanted.first()) else {
            return Self::End;
        };
        if escapes {
            match Escape::of(text) {
                Escape::Char(char, length) if u8::try_from(char).is_ok_and(is_skipped) => {
                    return Self::Is(length, 0);
                }
                Escape::Byte(byte, length) if is_skipped(byte) => return Self::Is(length, 0),
                Escape::Char(char, length) => {
                    let mut bytes = [0; 4];
                    let bytes = char.encode_utf8(&mut bytes).as_bytes();
                    if wanted.starts_with(bytes) {
                        return Self::Is(length, bytes.len());
                    }
                }
                Escape::Byte(byte, length) if byte == *wanted_first => return Self::Is(length, 1),
                Escape::Cut => return Self::End,
                Escape::Byte(..) | Escape::None => {}
            }
        }
        if first == wanted_first || (*first == b'+' && *wanted_first == b' ') {
            return Self::Is(1, 1);
        }
        Self::Other
    }
}

/// An escaped character.
enum Escape {
    /// A character, and the length of its escape.
    Char(char, usize),
    /// A byte of a URL, and the length of its escape.
    Byte(u8, usize),
    /// The text ends within an escape.
    Cut,
    /// No escape.
    None,
}

/// The longest entity of HTML that is read, without `&` and `;`.
const ENTITY_BYTES_MAX: usize = 8;

impl Escape {
    fn of(text: &[u8]) -> Self {
        match text {
            [b'\\' | b'%'] | [b'%', _] => Self::Cut,
            [b'%', digits @ ..] => {
                hex(digits, 2).map_or(Self::None, |byte| match u8::try_from(byte) {
                    Ok(byte) => Self::Byte(byte, 3),
                    Err(_) => Self::None,
                })
            }
            [b'\\', b'n' | b'r', ..] => Self::Char('\n', 2),
            [b'\\', b'u', digits @ ..] if digits.len() < 4 => Self::Cut,
            [b'\\', b'u', digits @ ..] => unicode(digits),
            [b'&', rest @ ..] => entity(rest),
            _ => Self::None,
        }
    }
}

/// `\uXXXX` without the `\u`, or two of them for a character beyond 16 bits.
fn unicode(text: &[u8]) -> Escape {
    let Some(first) = hex(text, 4) else {
        return Escape::None;
    };
    if let Some(char) = char::from_u32(first) {
        return Escape::Char(char, 6);
    }
    let Some(second) = text
        .get(4..10)
        .and_then(|t| hex(t.strip_prefix(b"\\u")?, 4))
    else {
        return if text.len() < 10 {
            Escape::Cut
        } else {
            Escape::None
        };
    };
    let both = [first, second].map(|n| u16::try_from(n).unwrap_or_default());
    let char = char::decode_utf16(both).next().and_then(Result::ok);
    char.map_or(Escape::None, |char| Escape::Char(char, 12))
}

/// An entity of HTML without its `&`.
fn entity(text: &[u8]) -> Escape {
    let text = text.get(..ENTITY_BYTES_MAX + 1).unwrap_or(text);
    let Some(length) = text.iter().position(|b| *b == b';') else {
        return if text.len() <= ENTITY_BYTES_MAX {
            Escape::Cut
        } else {
            Escape::None
        };
    };
    let name = text
        .get(..length)
        .and_then(|name| std::str::from_utf8(name).ok());
    let number = |digits: &str, base| {
        u32::from_str_radix(digits, base)
            .ok()
            .and_then(char::from_u32)
    };
    let char = match name.unwrap_or_default() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        name => match (name.strip_prefix("#x"), name.strip_prefix('#')) {
            (Some(digits), _) => number(digits, 16),
            (None, Some(digits)) => number(digits, 10),
            (None, None) => None,
        },
    };
    char.map_or(Escape::None, |char| Escape::Char(char, length + 2))
}

/// The number in the first `count` hexadecimal digits.
fn hex(text: &[u8], count: usize) -> Option<u32> {
    let digits = std::str::from_utf8(text.get(..count)?).ok()?;
    u32::from_str_radix(digits, 16).ok()
}

/// Whether a byte within a secret is ignored: a backslash, or a control character, which no code has.
const fn is_skipped(byte: u8) -> bool {
    byte == b'\\' || byte.is_ascii_control()
}

#[cfg(test)]
mod tests;
