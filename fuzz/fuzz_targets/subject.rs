//! Subjects: what is read off one is one token each, so nothing can be injected.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|subject: &str| {
    let workspace: chat::subject::Subjects = "default".parse().expect("a name");
    if let Some((user, method)) = workspace.parse_api(subject) {
        assert_eq!(workspace.api(&user, method), subject);
        assert!(!user.as_str().contains(['.', '*', '>', ' ']));
    }
});
