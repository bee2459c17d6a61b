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
fn signatures_equal_those_of_the_reference_implementation() {
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
fn the_example_of_the_specification_has_its_published_signature() {
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
fn the_key_of_a_plain_code_is_the_code() {
    let headers = signed("code", b"body");
    let reference = Webhook::from_bytes(b"code".to_vec()).unwrap();
    assert_eq!(
        headers.signature,
        reference.sign("msg_1", NOW.as_secs(), b"body").unwrap()
    );
    assert_eq!(headers.timestamp, "1795341600");
}

#[test]
fn a_signature_of_either_code_of_a_rotation_is_accepted() {
    let (old, new, other) = (secret("old"), secret("new"), secret("other"));
    let both = sign([&new, &old], "msg_1", NOW, b"body").unwrap();
    assert_eq!(both.signature.split(' ').count(), 2);
    for (codes, nth) in [
        (vec![&new], 0),
        (vec![&old], 0),
        (vec![&new, &old], 0),
        (vec![&other, &old], 1),
    ] {
        assert_eq!(verify(codes, &both, NOW, b"body"), Ok(nth));
    }
    assert_eq!(
        verify([&other], &both, NOW, b"body"),
        Err(Untrusted::NoMatch)
    );
    assert_eq!(verify([], &both, NOW, b"body"), Err(Untrusted::NoMatch));
}

#[test]
fn a_changed_request_is_rejected() {
    let (code, good) = (secret("code"), signed("code", b"body"));
    for body in [&b"bodY"[..], b""] {
        assert_ne!(verify([&code], &good, NOW, body), Ok(0), "{body:?}");
    }
    let changes: [fn(&mut Headers); 7] = [
        |h| h.id.push('x'),
        |h| h.timestamp = "1795341601".to_owned(),
        |h| h.timestamp = "now".to_owned(),
        |h| h.signature = String::new(),
        |h| h.signature = h.signature.replace("v1,", "v1a,"),
        |h| h.signature = h.signature.replace("v1,", ""),
        |h| h.signature = "v1,not base64".to_owned(),
    ];
    for change in changes {
        let mut headers = good.clone();
        change(&mut headers);
        let result = verify([&code], &headers, NOW, b"body");
        assert_ne!(result, Ok(0), "{headers:?}");
    }
}

#[test]
fn a_timestamp_may_differ_by_five_minutes() {
    let (code, headers) = (secret("code"), signed("code", b"body"));
    let stamped = NOW.as_secs();
    let check = |seconds: i64, right| {
        let now = Timestamp::from_micros((stamped + seconds) * 1_000_000);
        assert_eq!(verify([&code], &headers, now, b"body"), right, "{seconds}");
    };
    for good in [-300, 0, 300] {
        check(good, Ok(0));
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
fn the_number_of_verified_signatures_is_limited() {
    let (code, mut headers) = (secret("code"), signed("code", b"body"));
    let good = headers.signature.clone();
    headers.signature = format!("{}{good}", "v1,AAAA ".repeat(SIGNATURES_MAX - 1));
    assert_eq!(verify([&code], &headers, NOW, b"body"), Ok(0));
    headers.signature = format!("{}{good}", "v1,AAAA ".repeat(SIGNATURES_MAX));
    assert_eq!(
        verify([&code], &headers, NOW, b"body"),
        Err(Untrusted::NoMatch)
    );
}

#[test]
fn an_empty_code_verifies_nothing() {
    for empty in ["", WHSEC] {
        let headers = signed(empty, b"body");
        assert_eq!(
            verify([&secret(empty)], &headers, NOW, b"body"),
            Err(Untrusted::NoMatch)
        );
    }
    assert_eq!(token_matches([&secret("")], ""), None);
    assert_eq!(
        sign([&secret("whsec_!")], "id", NOW, b""),
        Err(Untrusted::BadCode)
    );
}

#[test]
fn a_token_equals_the_code() {
    let codes = [secret("new"), secret("old")];
    for (nth, good) in ["new", "old"].iter().enumerate() {
        assert_eq!(token_matches(&codes, good), Some(nth));
    }
    for bad in ["", "ne", "neww", "New", "new "] {
        assert_eq!(token_matches(&codes, bad), None, "{bad}");
    }
    assert_eq!(token_matches([], "new"), None);
}

#[test]
fn the_response_to_a_challenge_is_its_hmac() {
    // RFC 4231, test case 2.
    let (code, challenge) = (secret("Jefe"), "what do ya want for nothing?");
    let right = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
    assert_eq!(answer(&code, challenge).unwrap(), right);
    assert!(answer_proves(&code, challenge, right));
    assert!(!answer_proves(&code, "something else", right));
    assert!(!answer_proves(&code, challenge, ""));
    assert!(!answer_proves(&secret("jefe"), challenge, right));
}
