use super::*;

/// A webhook as entered and as requests use it.
const CYRILLIC: (&str, &str) = (
    "http://h/вебхук?имя=я",
    "http://h/%D0%B2%D0%B5%D0%B1%D1%85%D1%83%D0%BA?%D0%B8%D0%BC%D1%8F=%D1%8F",
);

fn answered(status: u16, answer: &str) -> Outcome {
    Outcome::Answered {
        status,
        retry_after: None,
        answer: answer.as_bytes().to_vec(),
    }
}

fn judged(answer: &str, security: Security) -> Result<Proof, Reason> {
    judge(
        &answered(200, answer),
        &[Secret::new("code"), Secret::new("old")],
        "challenge",
        security,
    )
}

fn answer(code: &str) -> String {
    let answer = signature::answer(&Secret::new(code), "challenge").unwrap();
    format!("{{\"challenge\":\"{answer}\"}}")
}

#[test]
fn an_answer_to_the_challenge_by_any_valid_code_verifies_a_channel() {
    for security in [Security::Signed, Security::Token, Security::Open] {
        for (code, is_old) in [("code", false), ("old", true)] {
            let proof = Proof {
                verified: Verified::Challenge,
                capabilities: None,
                old_code: Some(is_old),
            };
            assert_eq!(judged(&answer(code), security), Ok(proof));
        }
    }
}

#[test]
fn any_2xx_without_an_answer_is_enough_unless_signatures_are_required() {
    for answer in [
        "",
        "OK",
        "null",
        "[]",
        "{}",
        "{\"challenge\":null}",
        "<html>",
    ] {
        for status in [200, 201, 202, 204, 299] {
            let judged = |security| {
                let codes = [Secret::new("code")];
                judge(&answered(status, answer), &codes, "challenge", security)
            };
            for security in [Security::Token, Security::Open] {
                let proof = judged(security).unwrap();
                assert_eq!(proof.verified, Verified::Status, "{status} {answer}");
            }
            let unproven = judged(Security::Signed);
            assert_eq!(unproven, Err(Reason::ChallengeNotAnswered), "{status}");
        }
    }
}

#[test]
fn a_wrong_answer_is_rejected_even_where_none_is_required() {
    let swapped = signature::answer(&Secret::new("other"), "challenge").unwrap();
    for answer in ["\"\"", "\"x\"", "7", "[]", &format!("\"{swapped}\"")] {
        let judged = judged(&format!("{{\"challenge\":{answer}}}"), Security::Token);
        assert_eq!(judged, Err(Reason::WrongChallengeAnswer), "{answer}");
    }
}

#[test]
fn any_other_result_is_a_failure() {
    let unexpected = |status| (answered(status, "{}"), Reason::UnexpectedStatus { status });
    let timed_out = Reason::TimedOut { ms: 10_000 };
    for (outcome, reason) in [
        unexpected(199),
        unexpected(404),
        unexpected(500),
        (answered(302, "{}"), Reason::Redirected { status: 302 }),
        (answered(401, "{}"), Reason::WrongCode { status: 401 }),
        (Outcome::Failed(timed_out.clone()), timed_out),
    ] {
        let judged = judge(&outcome, &[Secret::new("code")], "c", Security::Token);
        assert_eq!(judged, Err(reason));
    }
}

#[test]
fn invalid_capabilities_are_ignored() {
    let read = |text: &str| {
        let answer = format!("{{\"capabilities\":{text}}}");
        judged(&answer, Security::Token).unwrap().capabilities
    };
    assert_eq!(read("{}"), Some(Capabilities::default()));
    assert_eq!(read("[]"), None);
    assert_eq!(read("\"all\""), None);
    let some = read("{\"operatorInitiated\":true,\"maxTextLength\":10,\"tea\":true}").unwrap();
    assert!(some.operator_initiated && !some.files && some.max_text_length == Some(10));
    let odd = read("{\"operatorInitiated\":true,\"files\":\"yes\",\"maxTextLength\":-1}").unwrap();
    assert!(odd.operator_initiated && !odd.files && odd.max_text_length.is_none());
}

#[test]
fn equivalent_webhooks_are_one_account() {
    let same = |one: &str, other: &str| {
        let [one, other] = [one, other].map(|url| account(url).unwrap());
        is_same_account(&one, &other)
    };
    for (one, other) in [
        ("http://h", "http://h/"),
        ("http://h?x", "http://h/?x"),
        ("http://h./a", "http://h/a"),
        ("http://h.:80/a", "http://h/a"),
        ("http://h.:81/a", "http://h:81/a"),
        ("http://h/a/./b/../c", "http://h/a/c"),
        ("http://h/a/..", "http://h/"),
        ("http://h/a/b/.", "http://h/a/b/"),
        ("http://h/../../a", "http://h/a"),
        ("http://h/%2e%2E/a", "http://h/a"),
        ("http://h/%7euser/%41", "http://h/~user/A"),
        ("http://h/%3a%2f", "http://h/%3A%2F"),
        ("http://h/a?x=%7e%2f", "http://h/a?x=~%2F"),
        ("HTTP://[::1]:80/a", "http://[::1]/a"),
        (CYRILLIC.0, CYRILLIC.1),
        ("http://h/я", "http://h/%d1%8F"),
        ("http://h/a\"b{c}", "http://h/a%22b%7bc%7D"),
        ("http://h/a?\"'<>", "http://h/a?%22%27%3C%3e"),
        ("http://h/😀", "http://h/%F0%9F%98%80"),
    ] {
        assert!(same(one, other), "{one} {other}");
    }
    for (one, other) in [
        ("http://h/a", "http://h/a/"),
        ("http://h/a", "http://h/A"),
        ("http://h/a%2Fb", "http://h/a/b"),
        ("http://h/a?x=..", "http://h/a?x="),
        ("http://h/a?", "http://h/a"),
        ("http://h/a?b/../c", "http://h/a?c"),
        ("http://h/%zz", "http://h/%ZZ"),
        ("http://h/%+1", "http://h/%01"),
        ("http://h/я", "http://h/%25D1%258F"),
        ("http://h/я", "http://h/Я"),
        ("http://h/a+b", "http://h/a%20b"),
        ("http://localhost/", "http://127.0.0.1/"),
        ("http://h/", "https://h/"),
        ("http://h:81/", "http://h/"),
        ("http://[::1]/", "http://[::2]/"),
    ] {
        assert!(!same(one, other), "{one} {other}");
    }
}

#[test]
fn a_request_uses_the_webhook_percent_encoded() {
    for (webhook, sent) in [
        CYRILLIC,
        ("http://h/a\"b{c}", "http://h/a%22b%7Bc%7D"),
        ("http://h/`<>?`<>", "http://h/%60%3C%3E?`%3C%3E"),
        ("http://h/a/./b/../c", "http://h/a/c"),
        ("http://h/%D1%8f/%zz/100%", "http://h/%D1%8f/%zz/100%"),
        (
            "https://h:8443/a%2Fb?x=1&y=%2f",
            "https://h:8443/a%2Fb?x=1&y=%2f",
        ),
        ("http://h//a", "http://h//a"),
        ("http://h?x", "http://h/?x"),
        ("http://127.1/", "http://127.1/"),
        ("http://[::1]:81/ß", "http://[::1]:81/%C3%9F"),
    ] {
        assert_eq!(request_url(webhook), sent, "{webhook}");
        assert_eq!(request_url(sent), sent, "encoding twice changes nothing");
        assert!(account(webhook).is_ok(), "{webhook}");
    }
    let entered = account(CYRILLIC.0);
    assert_eq!(entered.as_deref(), Ok(CYRILLIC.0), "shown as entered");
}

#[test]
fn the_webhook_of_an_account_is_normalised() {
    for (webhook, normalised) in [
        ("HTTP://Chat.Example:80/hook", "http://chat.example/hook"),
        ("http://chat.example/hook#x", "http://chat.example/hook"),
        (" http://CHAT.example/hook ", "http://chat.example/hook"),
        ("https://h:/x", "https://h/x"),
        ("https://h:443", "https://h/"),
        ("http://h:443/A", "http://h:443/A"),
        ("http://h:0080/", "http://h/"),
        ("http://[::1]", "http://[::1]/"),
        ("http://[::1]:81/", "http://[::1]:81/"),
    ] {
        assert_eq!(account(webhook).as_deref(), Ok(normalised), "{webhook}");
    }
    for bad in [
        "ftp://h/",
        "h/hook",
        "http:///x",
        "http://a b/",
        "http://u:p@h/",
        "http://:80/",
        "http://h:99999/",
        "http://h:0/",
        "http://h:+80/",
        "http://h:80:80/",
        "http://::1/",
        "https://чат.рф/",
    ] {
        assert!(account(bad).is_err(), "{bad}");
    }
}
