//! Attempts: answers to `userInfo`, and compressed answers.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// A request for a profile.
fn profile(url: String) -> AttemptRequest {
    AttemptRequest {
        is_profile: true,
        ..request(url)
    }
}

/// A profile with a picture of this size, and a member after it.
fn with_picture(bytes: usize) -> String {
    let picture = "A".repeat(bytes);
    format!(r#"{{"username":"Ann","avatar":"data:image/png;base64,{picture}","phoneNumber":7}}"#)
}

/// An answer with `Content-Encoding: gzip`, although the request asked for `identity`.
fn gzip(status: u16, body: &str) -> Behaviour {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body.as_bytes()).unwrap();
    let body = encoder.finish().unwrap();
    assert!(
        body.len() < ANSWER_BYTES_MAX,
        "it is short until decompressed"
    );
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Behaviour::Answer([head.as_bytes(), &body].concat())
}

#[tokio::test]
async fn a_profile_is_read_up_to_its_own_limit_and_reduced() {
    let answer = |status: u16, body: &str| {
        let length = body.len();
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n");
        Behaviour::Answer(format!("{head}{body}").into())
    };
    let picture = format!("data:image/png;base64,{}", "A".repeat(900_000));
    let large = format!(r#"{{"avatar":"{picture}","username":"Ann","phoneNumber":7}}"#);
    let endless = format!(r#"{{"username":"Ann","avatar":"{}"#, "A".repeat(2_000_000));
    let page = "<html>".repeat(20_000);
    let name = r#"{"username":"Ann"}"#;
    for (status, body, is_profile, read) in [
        (200, &large, true, r#"{"username":"Ann","phoneNumber":"7"}"#),
        (200, &endless, true, name),
        (200, &page, true, ""),
        (200, &large, false, &large[..ANSWER_BYTES_MAX]),
        (404, &page, true, &page[..ANSWER_BYTES_MAX]),
    ] {
        let messenger = Messenger::start(answer(status, body)).await;
        let request = AttemptRequest {
            is_profile,
            ..request(messenger.url())
        };
        let outcome = local().outcome(request, NOW).await;
        assert!(outcome == answered(status, read), "{status} {body:.20}");
    }
}

#[tokio::test]
async fn a_compressed_profile_is_decompressed_up_to_the_limit_of_profiles() {
    let large = with_picture(900_000);
    let endless = with_picture(PROFILE_BYTES_MAX);
    for (status, body, is_profile, read) in [
        (200, &large, true, r#"{"username":"Ann","phoneNumber":"7"}"#),
        (200, &endless, true, r#"{"username":"Ann"}"#),
        (200, &large, false, &large[..ANSWER_BYTES_MAX]),
        (404, &large, true, &large[..ANSWER_BYTES_MAX]),
    ] {
        let messenger = Messenger::start(gzip(status, body)).await;
        let request = AttemptRequest {
            is_profile,
            ..request(messenger.url())
        };
        let outcome = local().outcome(request, NOW).await;
        assert!(outcome == answered(status, read), "{status} {is_profile}");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_read_like_a_plain_one() {
    let messenger = Messenger::start(gzip(200, r#"{"challenge":"x"}"#)).await;
    let outcome = local().outcome(request(messenger.url()), NOW).await;
    assert_eq!(outcome, answered(200, r#"{"challenge":"x"}"#));
}

#[tokio::test]
async fn an_answer_in_another_encoding_is_no_profile() {
    let head = "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 6\r\n\r\n";
    let brotli = [head.as_bytes(), b"\x0b\x02\x80{}\x03"].concat();
    let messenger = Messenger::start(Behaviour::Answer(brotli)).await;
    let outcome = local().outcome(profile(messenger.url()), NOW).await;
    assert_eq!(outcome, answered(200, ""));
}

#[tokio::test]
async fn few_large_profiles_are_read_at_once_and_others_are_truncated_when_their_time_is_up() {
    let large = with_picture(900_000);
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", large.len());
    let plain = Behaviour::Answer(format!("{head}{large}").into());
    for behaviour in [plain, gzip(200, &large)] {
        let messenger = Messenger::start(behaviour).await;
        let attempts = local();
        assert_eq!(
            attempts.large_answers.available_permits(),
            LARGE_ANSWERS_MAX
        );
        let others = attempts.large_answers.acquire_many(32).await.unwrap();
        let hurried = AttemptRequest {
            timeout_ms: 500,
            ..profile(messenger.url())
        };
        let outcome = attempts.outcome(hurried, NOW).await;
        assert_eq!(outcome, answered(200, r#"{"username":"Ann"}"#));
        drop(others);
        let outcome = attempts.outcome(profile(messenger.url()), NOW).await;
        let whole = answered(200, r#"{"username":"Ann","phoneNumber":"7"}"#);
        assert_eq!(outcome, whole);
        assert_eq!(attempts.large_answers.available_permits(), 32, "given back");
    }
}
