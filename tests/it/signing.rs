//! An implementation of Standard Webhooks 1.0 that shares no code with the broker.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The block size of SHA-256.
const BLOCK: usize = 64;

/// HMAC-SHA256 (RFC 2104).
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new()
        .chain_update(pad(0x36))
        .chain_update(text)
        .finalize();
    Sha256::new()
        .chain_update(pad(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

/// The signing key of a confirmation code.
fn key(code: &str) -> Vec<u8> {
    match code.strip_prefix("whsec_") {
        Some(rest) => STANDARD.decode(rest).unwrap(),
        None => code.as_bytes().to_vec(),
    }
}

/// The response to a challenge.
pub(crate) fn challenge_response(code: &str, challenge: &str) -> String {
    STANDARD.encode(hmac(&key(code), challenge.as_bytes()))
}

/// The `webhook-signature` header of a request.
pub(crate) fn signature(code: &str, id: &str, timestamp: &str, body: &[u8]) -> String {
    let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
    format!("v1,{}", STANDARD.encode(hmac(&key(code), &signed)))
}

/// A Unix timestamp, `from_now` seconds in the future.
pub(crate) fn timestamp(from_now: i64) -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    now.checked_add_signed(from_now).unwrap().to_string()
}

/// The three signature headers of a request.
pub(crate) fn headers(
    code: &str,
    id: &str,
    timestamp: &str,
    body: &[u8],
) -> [(&'static str, String); 3] {
    [
        ("webhook-id", id.to_owned()),
        ("webhook-timestamp", timestamp.to_owned()),
        ("webhook-signature", signature(code, id, timestamp, body)),
    ]
}

#[test]
fn the_hmac_of_these_tests_is_that_of_rfc_4231() {
    let hex = |bytes: [u8; 32]| bytes.map(|byte| format!("{byte:02x}")).concat();
    let jefe = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    assert_eq!(hex(hmac(b"Jefe", b"what do ya want for nothing?")), jefe);
    let long = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54";
    let text = b"Test Using Larger Than Block-Size Key - Hash Key First";
    assert_eq!(hex(hmac(&[0xaa; 131], text)), long);
    // The example of the Standard Webhooks specification.
    let code = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let body = br#"{"test": 2432232314}"#;
    let signed = signature(code, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", body);
    assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}
