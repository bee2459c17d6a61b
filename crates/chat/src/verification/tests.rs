use super::*;

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
        assert_eq!(
            judged(answer, Security::Signed),
            Err(Reason::ChallengeNotAnswered)
        );
    }
}

#[test]
fn a_wrong_answer_is_worse_than_none() {
    let swapped = signature::answer(&Secret::new("other"), "challenge").unwrap();
    for answer in ["\"\"", "\"x\"", "7", "[]", &format!("\"{swapped}\"")] {
        let judged = judged(&format!("{{\"challenge\":{answer}}}"), Security::Token);
        assert_eq!(judged, Err(Reason::WrongChallengeAnswer), "{answer}");
    }
}

#[test]
fn any_other_status_is_a_failure() {
    for (status, reason) in [
        (201, Reason::UnexpectedStatus { status: 201 }),
        (204, Reason::UnexpectedStatus { status: 204 }),
        (302, Reason::Redirected { status: 302 }),
        (401, Reason::WrongCode { status: 401 }),
        (404, Reason::UnexpectedStatus { status: 404 }),
        (500, Reason::UnexpectedStatus { status: 500 }),
    ] {
        let outcome = answered(status, "{}");
        let judged = judge(&outcome, &Secret::new("code"), "c", Security::Token);
        assert_eq!(judged, Err(reason));
    }
    let failed = Outcome::Failed(Reason::TimedOut { ms: 10_000 });
    let judged = judge(&failed, &Secret::new("code"), "c", Security::Token);
    assert_eq!(judged, Err(Reason::TimedOut { ms: 10_000 }));
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
