//! The replies to NATS's auth callout: JSON Web Tokens signed with the account key that the NATS
//! configuration names (NATS ADR-26).

use chat::secret::Secret;
use chat::time::Timestamp;
use data_encoding::{BASE32HEX_NOPAD, BASE64URL_NOPAD};
use nkeys::{KeyPair, KeyPairType};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::accounts::ACCOUNT;
use crate::request::Request;
use crate::rights::Rights;

/// The lifetime of a sign-in, in seconds; then NATS closes the connection and the client signs in
/// again. It bounds how long a client receives a feed after a lost rights change (the session router
/// checks every request anyway), at the cost of one reconnection per hour.
pub const SIGN_IN_SECS: i64 = 3_600;
/// The most by which a sign-in is shortened, so that clients that reconnected together after a restart
/// do not all reconnect together again.
const JITTER_SECS: i64 = 600;
/// The allowed connection types: no leaf nodes, no MQTT.
const CONNECTION_TYPES: [&str; 2] = ["STANDARD", "WEBSOCKET"];

const HEADER: &str = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;

/// The account key that NATS trusts.
pub(crate) struct Issuer {
    key: KeyPair,
    public_key: String,
}

#[derive(Serialize)]
struct Claims<'a> {
    #[serde(skip_serializing_if = "String::is_empty")]
    jti: String,
    iat: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    nats: Value,
}

impl Issuer {
    /// Parses the seed of an account key, `SA…`.
    pub(crate) fn from_seed(seed: &Secret) -> Result<Self, nkeys::error::Error> {
        let key = KeyPair::from_seed(seed.expose())?;
        if key.key_pair_type() != KeyPairType::Account {
            return Err(nkeys::error::Error::new(
                nkeys::error::ErrorKind::InvalidPrefix,
                Some("the key is not an account's"),
            ));
        }
        let public_key = key.public_key();
        Ok(Self { key, public_key })
    }

    /// Returns the public key, `A…`.
    pub(crate) fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Builds the reply that admits a client with exactly these rights. The limits on subscriptions and
    /// payload are the server's: NATS ignores those in a user's token here.
    pub(crate) fn grant(
        &self,
        request: &Request,
        rights: &Rights,
        now: Timestamp,
    ) -> Result<String, nkeys::error::Error> {
        let user = self.sign(Claims {
            jti: String::new(),
            iat: now.as_secs(),
            exp: Some(now.as_secs() + SIGN_IN_SECS - jitter(&request.user_key)),
            iss: &self.public_key,
            sub: &request.user_key,
            aud: ACCOUNT,
            name: Some(rights.user.as_str()),
            nats: json!({
                "type": "user",
                "version": 2,
                "pub": { "allow": rights.publish },
                "sub": { "allow": rights.subscribe },
                "allowed_connection_types": CONNECTION_TYPES,
                "subs": -1,
                "data": -1,
                "payload": -1,
            }),
        })?;
        self.answer(request, "jwt", &user, now)
    }

    /// Builds the reply that admits a client without any rights.
    pub(crate) fn grant_nothing(
        &self,
        request: &Request,
        now: Timestamp,
    ) -> Result<String, nkeys::error::Error> {
        let user = self.sign(Claims {
            jti: String::new(),
            iat: now.as_secs(),
            // It never expires, so that a wrong clock does not look like a wrong key.
            exp: None,
            iss: &self.public_key,
            sub: &request.user_key,
            aud: ACCOUNT,
            name: None,
            nats: json!({
                "type": "user",
                "version": 2,
                "pub": { "deny": [">"] },
                "sub": { "deny": [">"] },
                "subs": -1,
                "data": -1,
                "payload": -1,
            }),
        })?;
        self.answer(request, "jwt", &user, now)
    }

    /// Builds the reply that rejects a client. NATS logs the reason; the client only sees
    /// "authorization violation".
    pub(crate) fn refuse(
        &self,
        request: &Request,
        reason: &str,
        now: Timestamp,
    ) -> Result<String, nkeys::error::Error> {
        self.answer(request, "error", reason, now)
    }

    fn answer(
        &self,
        request: &Request,
        member: &str,
        value: &str,
        now: Timestamp,
    ) -> Result<String, nkeys::error::Error> {
        self.sign(Claims {
            jti: String::new(),
            iat: now.as_secs(),
            exp: None,
            iss: &self.public_key,
            sub: &request.user_key,
            aud: &request.server,
            name: None,
            nats: json!({ "type": "authorization_response", "version": 2, member: value }),
        })
    }

    fn sign(&self, mut claims: Claims<'_>) -> Result<String, nkeys::error::Error> {
        // As in NATS's own library, the id is the hash of the claims without an id.
        claims.jti = BASE32HEX_NOPAD.encode(&Sha256::digest(json_of(&claims)));
        let header = BASE64URL_NOPAD.encode(HEADER.as_bytes());
        let claims = BASE64URL_NOPAD.encode(json_of(&claims).as_bytes());
        let signed = format!("{header}.{claims}");
        let signature = BASE64URL_NOPAD.encode(&self.key.sign(signed.as_bytes())?);
        Ok(format!("{signed}.{signature}"))
    }
}

fn json_of(claims: &Claims<'_>) -> String {
    #[expect(clippy::expect_used, reason = "claims are texts and numbers")]
    serde_json::to_string(claims).expect("claims are texts and numbers")
}

/// Returns 0 to [`JITTER_SECS`]. Random, because NATS generates the key for each connection.
fn jitter(user_key: &str) -> i64 {
    let hash: [u8; 32] = Sha256::digest(user_key).into();
    i64::from(u16::from_le_bytes([hash[0], hash[1]])) % (JITTER_SECS + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_000_000);

    fn issuer() -> Issuer {
        Issuer::from_seed(&crate::nats_server::new_issuer([1; 32]).unwrap()).unwrap()
    }

    fn request(user_key: &str) -> Request {
        Request {
            server: "N".to_owned(),
            client: 1,
            host: String::new(),
            user_key: user_key.to_owned(),
            user: "anna".to_owned(),
            password: Secret::new("secret horse"),
            token: Secret::new(""),
        }
    }

    fn rights() -> Rights {
        Rights {
            user: "anna".parse().unwrap(),
            publish: vec!["p".to_owned()],
            subscribe: vec!["s".to_owned(), "t".to_owned()],
        }
    }

    /// The claims of a token, if the account key signed it.
    fn claims(token: &str) -> Value {
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
        let key = KeyPair::from_public_key(issuer().public_key()).unwrap();
        key.verify(signed.as_bytes(), &signature).unwrap();
        let claims = signed.split('.').nth(1).unwrap();
        let claims = BASE64URL_NOPAD.decode(claims.as_bytes()).unwrap();
        serde_json::from_slice(&claims).unwrap()
    }

    #[test]
    fn a_grant_holds_the_rights_for_this_connection_and_no_others() {
        let answer = claims(&issuer().grant(&request("U1"), &rights(), NOW).unwrap());
        assert_eq!(
            (&answer["aud"], &answer["sub"]),
            (&json!("N"), &json!("U1"))
        );
        assert_eq!(answer["nats"]["type"], "authorization_response");
        assert_eq!(answer["nats"]["error"], Value::Null);
        let user = claims(answer["nats"]["jwt"].as_str().unwrap());
        assert_eq!(
            (&user["aud"], &user["sub"]),
            (&json!(ACCOUNT), &json!("U1"))
        );
        assert_eq!(user["name"], "anna");
        let wanted = json!({
            "type": "user", "version": 2, "subs": -1, "data": -1, "payload": -1,
            "pub": { "allow": ["p"] }, "sub": { "allow": ["s", "t"] },
            "allowed_connection_types": ["STANDARD", "WEBSOCKET"],
        });
        assert_eq!(user["nats"], wanted);
    }

    #[test]
    fn sign_ins_end_within_the_hour_and_not_all_at_once() {
        let answer = claims(&issuer().grant(&request("U1"), &rights(), NOW).unwrap());
        let user = claims(answer["nats"]["jwt"].as_str().unwrap());
        let end = NOW.as_secs() + SIGN_IN_SECS - jitter("U1");
        assert_eq!(user["exp"].as_i64(), Some(end));
        let earlier = (0..1_000).map(|n| jitter(&format!("U{n}")));
        let earlier: std::collections::BTreeSet<i64> = earlier.collect();
        assert!(earlier.iter().all(|secs| (0..=JITTER_SECS).contains(secs)));
        assert!(earlier.len() > 400, "{}", earlier.len());
    }

    #[test]
    fn a_refusal_holds_no_rights() {
        let answer = claims(&issuer().refuse(&request("U1"), "no", NOW).unwrap());
        assert_eq!(answer["nats"]["error"], "no");
        assert_eq!(answer["nats"]["jwt"], Value::Null);
    }

    #[test]
    fn only_an_accounts_seed_issues() {
        let user = KeyPair::new_from_raw(KeyPairType::User, [1; 32]).unwrap();
        for seed in [user.seed().unwrap(), issuer().public_key, String::new()] {
            assert!(Issuer::from_seed(&Secret::new(seed)).is_err());
        }
    }
}
