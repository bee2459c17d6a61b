//! Valid and invalid proofs (messenger-protocol section 2), signed by the reference implementation of
//! Standard Webhooks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chat::rpc::Security;
use standardwebhooks::Webhook;

use crate::fake_router::{access, rotating};
use crate::test_gateway::{
    Answer, CODE, NOW, TestGateway, assert_ok, assert_problem, bare_message, headers, message,
    signed,
};

const ID: &str = "webhook-id";
const TIMESTAMP: &str = "webhook-timestamp";
const SIGNATURE: &str = "webhook-signature";

const MODES: [Security; 3] = [Security::Signed, Security::Token, Security::Open];

/// Sends a body with these headers to a channel of each mode and checks the statuses, in order of
/// [`MODES`].
async fn check(case: &str, headers: &[(String, String)], body: &str, statuses: [u16; 3]) {
    for (mode, status) in MODES.into_iter().zip(statuses) {
        let gateway = TestGateway::new(access(CODE, mode));
        let answer = gateway.post(headers, body).await;
        assert_eq!(answer.status, status, "{case}, {mode:?}: {}", answer.body);
        let forwarded = gateway.router.received().len();
        assert_eq!(forwarded, usize::from(status == 200), "{case}, {mode:?}");
        if status == 401 {
            assert_reveals_nothing(&answer);
        }
    }
}

/// Checks that the response does not reveal what is wrong with the proof.
#[track_caller]
fn assert_reveals_nothing(answer: &Answer) {
    let body = serde_json::json!({
        "type": "https://switchboard.invalid/errors#unauthorized",
        "title": "Unauthorized",
        "status": 401,
        "detail": "the request's signature or token is missing or wrong; check the confirmation code, \
            the clock, and whether the channel requires a signature",
        "code": "unauthorized",
    });
    assert_eq!(answer.body, body);
}

fn good() -> Vec<(String, String)> {
    signed(CODE, "msg-1", NOW, &bare_message())
}

/// The good headers with one of them changed.
fn changed(name: &str, change: impl Fn(&str) -> String) -> Vec<(String, String)> {
    let mut headers = good();
    for (of, value) in &mut headers {
        if of == name {
            *value = change(value);
        }
    }
    headers
}

/// The good headers without one of them.
fn without(name: &str) -> Vec<(String, String)> {
    good().into_iter().filter(|(of, _)| of != name).collect()
}

#[tokio::test]
async fn a_signature_is_accepted_in_every_mode() {
    check("signed", &good(), &bare_message(), [200; 3]).await;
    let body = message("a wrong token");
    let headers = signed(CODE, "msg-1", NOW, &body);
    check("signed, token wrong", &headers, &body, [200; 3]).await;
}

#[tokio::test]
async fn a_token_is_accepted_where_no_signature_is_required() {
    check("token", &[], &message(CODE), [401, 200, 200]).await;
    let bare = bare_message();
    for (case, body) in [
        ("wrong token", message("wrong")),
        ("empty token", message("")),
        ("no token", bare.clone()),
        ("token cut", message(&CODE[..CODE.len() - 1])),
        ("token longer", message(&format!("{CODE} "))),
        (
            "token inside data",
            bare.replace("\"data\":{", &format!("\"data\":{{\"token\":\"{CODE}\",")),
        ),
        (
            "token in a list",
            bare.replacen('{', &format!("{{\"token\":[\"{CODE}\"],"), 1),
        ),
    ] {
        check(case, &[], &body, [401, 401, 200]).await;
    }
}

#[tokio::test]
async fn a_false_signature_is_refused_in_every_mode() {
    type Change = fn(&str) -> String;
    let body = message(CODE); // The right token does not help.
    let body = body.as_str();
    let wrong = signed("another code", "msg-1", NOW, body);
    check("another code", &wrong, body, [401; 3]).await;

    let good = bare_message();
    let good = good.as_str();
    let changes: [(&str, &str, Change); 17] = [
        ("truncated", SIGNATURE, |s| s[..s.len() - 4].to_owned()),
        ("cut to half", SIGNATURE, |s| s[..20].to_owned()),
        ("empty", SIGNATURE, |_| String::new()),
        ("no version", SIGNATURE, |s| s[3..].to_owned()),
        ("version alone", SIGNATURE, |_| "v1,".to_owned()),
        ("other algorithm", SIGNATURE, |s| s.replace("v1,", "v1a,")),
        ("other version", SIGNATURE, |s| s.replace("v1,", "v2,")),
        ("none", SIGNATURE, |_| "none".to_owned()),
        ("hexadecimal", SIGNATURE, hexadecimal),
        ("case folded", SIGNATURE, str::to_lowercase),
        ("not text", SIGNATURE, |s| format!("{s}\u{e9}")),
        ("id changed", ID, |_| "msg-2".to_owned()),
        ("id not text", ID, |_| "\u{e9}".to_owned()),
        ("time changed", TIMESTAMP, |_| (NOW + 1).to_string()),
        ("time no number", TIMESTAMP, |_| "now".to_owned()),
        ("time huge", TIMESTAMP, |_| "9".repeat(40)),
        ("time lowest", TIMESTAMP, |_| i64::MIN.to_string()),
    ];
    for (case, name, change) in changes {
        check(case, &changed(name, change), good, [401; 3]).await;
    }
    for missing in [ID, TIMESTAMP] {
        check(missing, &without(missing), good, [401; 3]).await;
    }
    let longer = format!("{good} ");
    check("body changed", &self::good(), &longer, [401; 3]).await;
}

fn hexadecimal(signature: &str) -> String {
    let bytes = STANDARD.decode(&signature[3..]).unwrap();
    let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
    format!("v1,{}", digits.collect::<String>())
}

#[tokio::test]
async fn without_a_signature_the_other_headers_are_ignored() {
    let headers = without(SIGNATURE);
    check("unsigned", &headers, &bare_message(), [401, 401, 200]).await;
    check("unsigned, token", &headers, &message(CODE), [401, 200, 200]).await;
}

#[tokio::test]
async fn a_repeated_header_is_refused_even_if_both_values_are_right() {
    for name in [ID, TIMESTAMP, SIGNATURE] {
        let mut headers = good();
        let twice = headers.iter().find(|(of, _)| of == name).unwrap().clone();
        headers.push(twice.clone());
        check(name, &headers, &bare_message(), [401; 3]).await;
        let alone = [twice.clone(), twice];
        check(name, &alone, &message(CODE), [401; 3]).await;
    }
}

#[tokio::test]
async fn a_signature_is_valid_for_five_minutes_either_way() {
    for (offset, status) in [(-301, 401), (-300, 200), (300, 200), (301, 401)] {
        let headers = signed(CODE, "msg-1", NOW + offset, &bare_message());
        let case = format!("{offset} s");
        check(&case, &headers, &bare_message(), [status; 3]).await;
    }
}

#[tokio::test]
async fn one_right_signature_of_several_is_enough() {
    let old = signed("the old code", "msg-1", NOW, &bare_message())[2]
        .1
        .clone();
    let both = changed(SIGNATURE, |new| format!("{old} {new}"));
    check("both", &both, &bare_message(), [200; 3]).await;
    let asymmetric = changed(SIGNATURE, |new| format!("v1a,xyz {new}"));
    check("and another kind", &asymmetric, &bare_message(), [200; 3]).await;
    let far = changed(SIGNATURE, |new| format!("{}{new}", "v1,AA== ".repeat(8)));
    check("behind too many", &far, &bare_message(), [401; 3]).await;
}

#[tokio::test]
async fn a_whsec_code_is_a_key_in_base64() {
    let code = format!("whsec_{}", STANDARD.encode([7; 32]));
    let webhook = Webhook::new(&code).unwrap();
    let gateway = TestGateway::new(access(&code, Security::Signed));
    let body = bare_message();
    let answer = gateway
        .post(&headers(&webhook, "msg-1", NOW, &body), &body)
        .await;
    assert_ok(&answer, "key");
    let text = signed(&code, "msg-1", NOW, &body);
    assert_problem(
        &gateway.post(&text, &body).await,
        401,
        "unauthorized",
        "text",
    );
}

#[tokio::test]
async fn during_a_rotation_both_codes_are_valid_and_then_only_the_new_one() {
    let codes = [("new", None), ("old", Some(NOW + 60))];
    let mut gateway = TestGateway::new(rotating(&codes, Security::Token, 1));
    for (passed, old_status) in [(0, 200), (59, 200), (1, 401)] {
        gateway.pass(passed);
        for (code, status) in [("new", 200), ("old", old_status)] {
            let headers = signed(code, "msg-1", gateway.now(), &bare_message());
            let by_signature = gateway.post(&headers, &bare_message()).await;
            assert_eq!(by_signature.status, status, "{code} signs");
            let by_token = gateway.post(&[], &message(code)).await;
            assert_eq!(by_token.status, status, "{code} as token");
        }
    }
}

#[tokio::test]
async fn a_channel_without_valid_codes_accepts_no_request() {
    let expired = [("old", Some(NOW))];
    for codes in [&expired[..], &[]] {
        for mode in [Security::Token, Security::Signed] {
            let gateway = TestGateway::new(rotating(codes, mode, 1));
            for token in ["old", ""] {
                let headers = signed(token, "msg-1", NOW, &bare_message());
                let answer = gateway.post(&headers, &bare_message()).await;
                assert_problem(&answer, 401, "unauthorized", token);
                let answer = gateway.post(&[], &message(token)).await;
                assert_problem(&answer, 401, "unauthorized", token);
            }
        }
    }
}

#[tokio::test]
async fn health_requires_a_signature_even_in_token_mode() {
    for (case, headers, statuses) in [
        ("signed", signed(CODE, "h", NOW, ""), [200, 200, 200]),
        ("unsigned", Vec::new(), [401, 401, 200]),
        ("another code", signed("x", "h", NOW, ""), [401, 401, 401]),
        ("too old", signed(CODE, "h", NOW - 301, ""), [401, 401, 401]),
        ("over a body", signed(CODE, "h", NOW, "{}"), [401, 401, 401]),
    ] {
        for (mode, status) in MODES.into_iter().zip(statuses) {
            let answer = TestGateway::new(access(CODE, mode)).get(&headers).await;
            assert_eq!(answer.status, status, "{case}, {mode:?}");
        }
    }
}
