//! The requests of NATS's auth callout: JSON Web Tokens signed with the server's ed25519 nkey (NATS
//! ADR-26).

use chat::secret::Secret;
use data_encoding::BASE64URL_NOPAD;
use nkeys::{KeyPair, KeyPairType};
use serde::Deserialize;

/// The longest request, in bytes. A password of 1,024 characters, escaped and in base64, is well
/// below.
pub(crate) const REQUEST_BYTES_MAX: usize = 64 * 1024;

const ALGORITHM: &str = "ed25519-nkey";
const REQUEST_AUDIENCE: &str = "nats-authorization-request";

/// Why an auth callout request is rejected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Untrusted {
    #[error("the request is not a JSON Web Token of NATS")]
    Shape,
    #[error("cannot parse the request's JSON")]
    Json(#[from] serde_json::Error),
    #[error("it is encrypted; remove xkey from auth_callout in the configuration of NATS")]
    Encrypted,
    #[error("the request's key or signature is wrong")]
    Signature(#[from] nkeys::error::Error),
    #[error("the request is not signed by a server, or has another audience")]
    Stranger,
}

/// A request about a client that connects.
#[derive(Debug)]
pub(crate) struct Request {
    /// The id of the server.
    pub(crate) server: String,
    /// The connection's number at that server.
    pub(crate) client: u64,
    /// The client's address.
    pub(crate) host: String,
    /// The one-time key that the reply must name.
    pub(crate) user_key: String,
    /// The user name given.
    pub(crate) user: String,
    /// The password given.
    pub(crate) password: Secret,
    /// The token given.
    pub(crate) token: Secret,
}

impl Request {
    /// Verifies and parses a request. The signature proves its integrity; that it comes from our server
    /// follows from its subject, to which no client may publish.
    pub(crate) fn open(token: &[u8]) -> Result<Self, Untrusted> {
        let token = Some(token).filter(|token| token.len() <= REQUEST_BYTES_MAX);
        let text = token.and_then(|token| std::str::from_utf8(token).ok());
        let (signed, signature) = text
            .and_then(|t| t.rsplit_once('.'))
            .ok_or(Untrusted::Shape)?;
        let (header, claims) = signed.split_once('.').ok_or(Untrusted::Shape)?;
        let header: Header = serde_json::from_slice(&decode(header)?)?;
        let claims: RequestClaims = serde_json::from_slice(&decode(claims)?)?;
        let server = KeyPair::from_public_key(&claims.iss)?;
        server.verify(signed.as_bytes(), &decode(signature)?)?;
        let by_server = server.key_pair_type() == KeyPairType::Server
            && header.alg == ALGORITHM
            && claims.iss == claims.nats.server_id.id
            && claims.aud == REQUEST_AUDIENCE;
        if by_server {
            Ok(claims.nats.into())
        } else {
            Err(Untrusted::Stranger)
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, Untrusted> {
    BASE64URL_NOPAD
        .decode(part.as_bytes())
        .map_err(|_| Untrusted::Shape)
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct RequestClaims {
    iss: String,
    aud: String,
    nats: NatsClaims,
}

#[derive(Deserialize)]
struct NatsClaims {
    server_id: ServerId,
    user_nkey: String,
    client_info: ClientInfo,
    connect_opts: ConnectOptions,
}

#[derive(Deserialize)]
struct ServerId {
    id: String,
}

#[derive(Deserialize)]
struct ClientInfo {
    #[serde(default)]
    id: u64,
    #[serde(default)]
    host: String,
}

#[derive(Deserialize)]
struct ConnectOptions {
    #[serde(default)]
    user: String,
    #[serde(default = "nothing")]
    pass: Secret,
    #[serde(default = "nothing")]
    auth_token: Secret,
}

fn nothing() -> Secret {
    Secret::new("")
}

impl From<NatsClaims> for Request {
    fn from(claims: NatsClaims) -> Self {
        Self {
            server: claims.server_id.id,
            client: claims.client_info.id,
            host: claims.client_info.host,
            user_key: claims.user_nkey,
            user: claims.connect_opts.user,
            password: claims.connect_opts.pass,
            token: claims.connect_opts.auth_token,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// A request signed by a server, with a change.
    fn request(key: &KeyPair, change: impl FnOnce(&mut Value)) -> String {
        let id = key.public_key();
        let mut claims = json!({
            "aud": REQUEST_AUDIENCE, "iss": id, "sub": "A", "exp": 1,
            "nats": {
                "server_id": { "name": "n", "host": "0.0.0.0", "id": id },
                "user_nkey": "U",
                "client_info": { "host": "127.0.0.1", "id": 7, "type": "nats" },
                "connect_opts": { "user": "anna", "pass": "secret horse", "protocol": 1 },
                "type": "authorization_request", "version": 2,
            },
        });
        change(&mut claims);
        signed(key, r#"{"typ":"JWT","alg":"ed25519-nkey"}"#, &claims)
    }

    fn signed(key: &KeyPair, header: &str, claims: &Value) -> String {
        let [header, claims] =
            [header, &claims.to_string()].map(|part| BASE64URL_NOPAD.encode(part.as_bytes()));
        let signed = format!("{header}.{claims}");
        let signature = BASE64URL_NOPAD.encode(&key.sign(signed.as_bytes()).unwrap());
        format!("{signed}.{signature}")
    }

    fn server(byte: u8) -> KeyPair {
        KeyPair::new_from_raw(KeyPairType::Server, [byte; 32]).unwrap()
    }

    #[test]
    fn a_servers_request_is_parsed_and_does_not_print_secrets() {
        let asked = Request::open(request(&server(1), |_| {}).as_bytes()).unwrap();
        assert_eq!(asked.server, server(1).public_key());
        assert_eq!((asked.client, asked.host.as_str()), (7, "127.0.0.1"));
        assert_eq!((asked.user.as_str(), asked.token.expose()), ("anna", ""));
        assert_eq!(asked.password.expose(), "secret horse");
        assert!(!format!("{asked:?}").contains("horse"));
    }

    #[test]
    fn other_requests_are_rejected() {
        let good = request(&server(1), |_| {});
        let other = server(2).public_key();
        let account = KeyPair::new_from_raw(KeyPairType::Account, [1; 32]).unwrap();
        let none = json!({ "alg": "none", "typ": "JWT" }).to_string();
        let claims = good.split('.').nth(1).unwrap().as_bytes();
        let claims = serde_json::from_slice(&BASE64URL_NOPAD.decode(claims).unwrap()).unwrap();
        for bad in [
            String::new(),
            "..".to_owned(),
            good.trim_end_matches(|c| c != '.').to_owned(),
            format!("{good}A"),
            format!("{good}.{good}"),
            // Signed by one server, claims to be another.
            request(&server(1), |c| c["iss"] = json!(other)),
            request(&server(1), |c| c["nats"]["server_id"]["id"] = json!(other)),
            request(&server(1), |c| c["aud"] = json!("somebody")),
            request(&server(1), |c| c["nats"]["connect_opts"] = json!(null)),
            request(&account, |_| {}),
            signed(&server(1), &none, &claims),
            request(&server(1), |c| {
                c["x"] = json!("x".repeat(REQUEST_BYTES_MAX));
            }),
        ] {
            assert!(Request::open(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_flipped_bit_is_detected() {
        let good = request(&server(1), |_| {}).into_bytes();
        // Every 41st byte: verifying some hundred signatures would be slow.
        for at in (0..good.len()).step_by(41) {
            let mut bad = good.clone();
            bad[at] ^= 1;
            assert!(Request::open(&bad).is_err(), "byte {at}");
        }
    }
}
