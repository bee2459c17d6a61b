use super::*;
use crate::rpc::Failure;

fn answered(status: u16, answer: &str) -> Outcome {
    Outcome::Answered {
        status,
        retry_after: None,
        answer: answer.as_bytes().to_vec(),
    }
}

fn judged(answer: &str, security: Security) -> Result<Proof, String> {
    judge(
        &answered(200, answer),
        &Secret::new("code"),
        "challenge",
        security,
    )
}

fn right() -> String {
    signature::answer(&Secret::new("code"), "challenge").unwrap()
}

#[test]
fn an_answered_challenge_is_a_proof() {
    let answer = format!("{{\"challenge\":\"{}\"}}", right());
    for security in [Security::Signed, Security::Token, Security::Open] {
        let proof = judged(&answer, security).unwrap();
        assert_eq!(
            proof,
            Proof {
                verified: Verified::Challenge,
                capabilities: None
            }
        );
    }
}

#[test]
fn a_200_alone_is_enough_unless_signatures_are_asked_for() {
    for answer in [
        "",
        "OK",
        "null",
        "[]",
        "{}",
        "{\"challenge\":null}",
        "<html>",
    ] {
        let proof = judged(answer, Security::Token).unwrap();
        assert_eq!(proof.verified, Verified::Status, "{answer}");
        let reason = judged(answer, Security::Signed).unwrap_err();
        assert!(reason.contains("did not answer the challenge"), "{reason}");
    }
}

#[test]
fn a_wrong_answer_is_worse_than_none() {
    let swapped = signature::answer(&Secret::new("other"), "challenge").unwrap();
    for answer in ["\"\"", "\"x\"", "7", "[]", &format!("\"{swapped}\"")] {
        let reason = judged(&format!("{{\"challenge\":{answer}}}"), Security::Token).unwrap_err();
        assert!(
            reason.contains("wrong answer to the challenge"),
            "{answer}: {reason}"
        );
    }
}

#[test]
fn any_other_status_is_a_failure_in_words() {
    for (status, words) in [
        (201, "answered 201 where 200 was expected"),
        (204, "204"),
        (302, "a redirect, and redirects are not followed"),
        (401, "wrong confirmation code"),
        (404, "404"),
        (500, "500"),
    ] {
        let outcome = answered(status, "{}");
        let reason = judge(&outcome, &Secret::new("code"), "c", Security::Token).unwrap_err();
        assert!(reason.contains(words), "{reason}");
        assert!(
            !reason.contains("\"code\""),
            "a reason never tells the code"
        );
    }
    let failed = |kind| Outcome::Failed {
        kind,
        words: "10.0.0.1 is private".to_owned(),
    };
    let judged = |kind| judge(&failed(kind), &Secret::new("code"), "c", Security::Token);
    // The guard's own words say what opens it.
    for kind in [Failure::Timeout, Failure::AddressRefused] {
        assert_eq!(judged(kind).unwrap_err(), "10.0.0.1 is private");
    }
}

#[test]
fn capabilities_are_read_as_far_as_they_can_be() {
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
fn spellings_of_one_account_are_one() {
    for spelling in [
        "HTTP://Chat.Example:80/hook",
        "http://chat.example/hook#x",
        " http://CHAT.example/hook ",
    ] {
        assert_eq!(
            account(spelling).as_deref(),
            Ok("http://chat.example/hook"),
            "{spelling}"
        );
    }
    assert_eq!(account("https://h:/x").as_deref(), Ok("https://h/x"));
    assert_eq!(account("https://h:443").as_deref(), Ok("https://h/"));
    assert_eq!(account("http://h:443/A").as_deref(), Ok("http://h:443/A"));
    assert_eq!(account("http://h:0080/").as_deref(), Ok("http://h/"));
    assert_eq!(account("http://[::1]").as_deref(), Ok("http://[::1]/"));
    assert_eq!(
        account("http://[::1]:81/").as_deref(),
        Ok("http://[::1]:81/")
    );
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
