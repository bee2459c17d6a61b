use standardwebhooks::Webhook;

use super::*;

const NOW: Timestamp = Timestamp::from_micros(1_795_341_600_999_999);

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

fn signed(code: &str, body: &[u8]) -> Headers {
    sign([&secret(code)], "msg_1", NOW, body).unwrap()
}

#[test]
fn the_reference_implementation_signs_as_we_do() {
    for code in ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_c2VjcmV0"] {
        for body in ["", "{}", "{\"text\":\"Ж\"}", &"x".repeat(1_000)] {
            let reference = Webhook::new(code).unwrap();
            let right = reference
                .sign("msg_1", NOW.as_secs(), body.as_bytes())
                .unwrap();
            assert_eq!(signed(code, body.as_bytes()).signature, right);
        }
    }
}

#[test]
fn the_published_example_is_signed_as_it_is_published() {
    let code = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
    let at = Timestamp::from_micros(1_614_265_330_000_000);
    let id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    let headers = sign([&code], id, at, b"{\"test\": 2432232314}").unwrap();
    assert_eq!(
        headers.signature,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    );
}

#[test]
fn a_plain_code_is_its_own_key() {
    let headers = signed("code", b"body");
    let reference = Webhook::from_bytes(b"code".to_vec()).unwrap();
    assert_eq!(
        headers.signature,
        reference.sign("msg_1", NOW.as_secs(), b"body").unwrap()
    );
    assert_eq!(headers.timestamp, "1795341600");
}

#[test]
fn any_good_code_of_a_rotation_proves_a_request() {
    let (old, new, other) = (secret("old"), secret("new"), secret("other"));
    let both = sign([&new, &old], "msg_1", NOW, b"body").unwrap();
    assert_eq!(both.signature.split(' ').count(), 2);
    for codes in [vec![&new], vec![&old], vec![&other, &old]] {
        assert_eq!(verify(codes, &both, NOW, b"body"), Ok(()));
    }
    assert_eq!(
        verify([&other], &both, NOW, b"body"),
        Err(Untrusted::NoMatch)
    );
    assert_eq!(verify([], &both, NOW, b"body"), Err(Untrusted::NoMatch));
}

#[test]
fn what_was_changed_on_the_way_is_not_believed() {
    let (code, good) = (secret("code"), signed("code", b"body"));
    let check = |change: &dyn Fn(&mut Headers), body: &[u8]| {
        let mut headers = good.clone();
        change(&mut headers);
        assert_ne!(verify([&code], &headers, NOW, body), Ok(()), "{headers:?}");
    };
    check(&|_| {}, b"bodY");
    check(&|_| {}, b"");
    check(&|h| h.id.push('x'), b"body");
    check(&|h| h.timestamp = "1795341601".to_owned(), b"body");
    check(&|h| h.timestamp = "now".to_owned(), b"body");
    check(&|h| h.signature = String::new(), b"body");
    check(
        &|h| h.signature = h.signature.replace("v1,", "v1a,"),
        b"body",
    );
    check(&|h| h.signature = h.signature.replace("v1,", ""), b"body");
    check(&|h| h.signature = "v1,not base64".to_owned(), b"body");
}

#[test]
fn a_timestamp_is_good_for_five_minutes_either_way() {
    let (code, headers) = (secret("code"), signed("code", b"body"));
    let stamped = NOW.as_secs();
    let check = |seconds: i64, right| {
        let now = Timestamp::from_micros((stamped + seconds) * 1_000_000);
        assert_eq!(verify([&code], &headers, now, b"body"), right, "{seconds}");
    };
    for good in [-300, 0, 300] {
        check(good, Ok(()));
    }
    for stale in [-301, 301, 1_000_000] {
        check(stale, Err(Untrusted::Stale));
    }
    for wild in [i64::MAX, i64::MIN] {
        let timestamp = wild.to_string();
        let headers = Headers {
            timestamp,
            ..headers.clone()
        };
        assert_eq!(
            verify([&code], &headers, NOW, b"body"),
            Err(Untrusted::Stale)
        );
    }
}

#[test]
fn only_so_many_signatures_are_looked_at() {
    let (code, mut headers) = (secret("code"), signed("code", b"body"));
    let good = headers.signature.clone();
    headers.signature = format!("{}{good}", "v1,AAAA ".repeat(SIGNATURES_MAX - 1));
    assert_eq!(verify([&code], &headers, NOW, b"body"), Ok(()));
    headers.signature = format!("{}{good}", "v1,AAAA ".repeat(SIGNATURES_MAX));
    assert_eq!(
        verify([&code], &headers, NOW, b"body"),
        Err(Untrusted::NoMatch)
    );
}

#[test]
fn an_empty_code_proves_nothing() {
    for empty in ["", WHSEC] {
        let headers = signed(empty, b"body");
        assert_eq!(
            verify([&secret(empty)], &headers, NOW, b"body"),
            Err(Untrusted::NoMatch)
        );
    }
    assert!(!token_matches([&secret("")], ""));
    assert_eq!(
        sign([&secret("whsec_!")], "id", NOW, b""),
        Err(Untrusted::BadCode)
    );
}

#[test]
fn a_token_is_the_code_and_nothing_else() {
    let codes = [secret("new"), secret("old")];
    for good in ["new", "old"] {
        assert!(token_matches(&codes, good));
    }
    for bad in ["", "ne", "neww", "New", "new "] {
        assert!(!token_matches(&codes, bad), "{bad}");
    }
    assert!(!token_matches([], "new"));
}

#[test]
fn a_challenge_is_answered_with_its_hmac() {
    // RFC 4231, test case 2.
    let (code, challenge) = (secret("Jefe"), "what do ya want for nothing?");
    let right = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
    assert_eq!(answer(&code, challenge).unwrap(), right);
    assert!(answer_proves(&code, challenge, right));
    assert!(!answer_proves(&code, "something else", right));
    assert!(!answer_proves(&code, challenge, ""));
    assert!(!answer_proves(&secret("jefe"), challenge, right));
}
