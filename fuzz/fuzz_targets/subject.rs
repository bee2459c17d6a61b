//! API subjects: a parsed user and method are single tokens, so nothing can be injected.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|subject: &str| {
    let subjects: chat::subject::Subjects = "default".parse().expect("a name");
    if let Some((user, method)) = subjects.parse_api(subject) {
        assert_eq!(subjects.api(&user, method), subject);
        assert!(!user.as_str().contains(['.', '*', '>', ' ']));
    }
});
