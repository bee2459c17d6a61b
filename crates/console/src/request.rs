//! What NATS asks in its auth callout: a JSON Web Token signed with the server's ed25519 nkey (NATS
//! ADR-26).

use chat::secret::Secret;
use data_encoding::BASE64URL_NOPAD;
use nkeys::{KeyPair, KeyPairType};
use serde::Deserialize;

/// The longest request that is looked at, in bytes: a password of 1,024 characters, escaped and in
/// base64, is far below.
pub(crate) const REQUEST_BYTES_MAX: usize = 64 * 1024;

const ALGORITHM: &str = "ed25519-nkey";
const REQUEST_AUDIENCE: &str = "nats-authorization-request";

/// Why a request of the auth callout is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Untrusted {
    #[error("the request is no JSON Web Token of NATS")]
    Shape,
    #[error("the request's JSON cannot be read")]
    Json(#[from] serde_json::Error),
    #[error("the request's key or signature is wrong")]
    Signature(#[from] nkeys::error::Error),
    #[error("the request is signed by something else than a server, or meant for somebody else")]
    Stranger,
}

/// NATS asks about somebody who connects.
#[derive(Debug)]
pub(crate) struct Request {
    /// The id of the server that asks.
    pub(crate) server: String,
    /// The number of the connection at that server.
    pub(crate) client: u64,
    /// The address that the connection comes from.
    pub(crate) host: String,
    /// The one-time key that the answer has to name.
    pub(crate) user_key: String,
    /// The user name given.
    pub(crate) user: String,
    /// The password given.
    pub(crate) password: Secret,
    /// The token given.
    pub(crate) token: Secret,
}

impl Request {
    /// Reads a request whose signature is right. That proves that nobody changed it on the way; that
    /// it comes from our server follows from its subject, to which only the roles' account publishes.
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
    nats: Asked,
}

#[derive(Deserialize)]
struct Asked {
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

impl From<Asked> for Request {
    fn from(asked: Asked) -> Self {
        Self {
            server: asked.server_id.id,
            client: asked.client_info.id,
            host: asked.client_info.host,
            user_key: asked.user_nkey,
            user: asked.connect_opts.user,
            password: asked.connect_opts.pass,
            token: asked.connect_opts.auth_token,
        }
    }
}
