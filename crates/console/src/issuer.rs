//! What NATS is answered in its auth callout: a JSON Web Token signed with the account key that its
//! configuration names (NATS ADR-26).

use chat::secret::Secret;
use chat::time::Timestamp;
use data_encoding::{BASE32HEX_NOPAD, BASE64URL_NOPAD};
use nkeys::{KeyPair, KeyPairType};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::nats_server::ACCOUNT;
use crate::request::Request;
use crate::rights::Rights;

/// How long a sign-in is good, in seconds; then NATS ends the connection, and the client signs in
/// again. It bounds how long somebody hears a feed whose rights change got lost on the way (every
/// request is checked by the session-router anyway), and costs a client one reconnection an hour.
pub const SIGN_IN_SECS: i64 = 3_600;
/// By how much a sign-in ends earlier at the most, so that those who came together after a restart
/// do not come together again.
const JITTER_SECS: i64 = 600;
/// How a client may be connected; leaf nodes and MQTT may not.
const CONNECTION_TYPES: [&str; 2] = ["STANDARD", "WEBSOCKET"];

const HEADER: &str = r#"{"typ":"JWT","alg":"ed25519-nkey"}"#;

/// The account key that NATS believes.
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
    /// Reads the seed of an account key, `SA...`.
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

    /// What NATS knows the key by, `A...`.
    pub(crate) fn public_key(&self) -> &str {
        &self.public_key
    }

    /// The answer that lets somebody in, with these rights and no others. Bounds on subscriptions
    /// and payload are the server's: in a user's token NATS ignores them here.
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

    /// The answer that lets nobody in. NATS logs the reason; the client is told nothing but
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
        // As NATS's own library does: the id is the hash of the claims without one.
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

/// From 0 to [`JITTER_SECS`], by chance: the key is drawn anew by NATS for each connection.
fn jitter(user_key: &str) -> i64 {
    let hash: [u8; 32] = Sha256::digest(user_key).into();
    i64::from(u16::from_le_bytes([hash[0], hash[1]])) % (JITTER_SECS + 1)
}
