//! Responses to `userInfo`, valid or not: parsing never panics, and profiles respect the limits.
#![no_main]

use chat::content::{AVATAR_BYTES_MAX, NAME_CHARS_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|answer: &[u8]| {
    let profile = chat::messenger::lenient::profile(answer).unwrap_or_default();
    assert!(profile.username.is_none_or(|name| name.chars().count() <= NAME_CHARS_MAX));
    assert!(profile.avatar.is_none_or(|avatar| avatar.len() <= AVATAR_BYTES_MAX));
});
