//! TLS with a test authority. The three files in `tls/` are the authority's certificate, a certificate for
//! `localhost` and 127.0.0.1 that it signed, and the latter's key (PKCS #8). They expire in a hundred
//! years.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use chat::reason::Reason;
use chat::rpc::Outcome;
use egress::Trust;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::role::Role;

const AUTHORITY: &[u8] = include_bytes!("tls/authority.der");
const SERVER: &[u8] = include_bytes!("tls/server.der");
const KEY: &[u8] = include_bytes!("tls/server.key.der");

/// Responds to every request until the test ends; returns the port.
fn serve(address: &str) -> u16 {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(KEY));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(SERVER)], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind((address, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for tcp in listener.incoming() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(tls, tcp.unwrap());
            let mut buffer = [0; 8_192];
            // Either the whole request arrives at once, or the client rejects the certificate.
            if stream.read(&mut buffer).is_ok_and(|n| n > 0) {
                let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
                stream.write_all(answer).unwrap();
                stream.conn.send_close_notify();
                stream.flush().unwrap();
            }
        }
    });
    port
}

#[tokio::test]
async fn a_certificate_of_a_trusted_authority_for_the_right_name_is_accepted() {
    let role = Role::start(|config| config.trust = Trust::Only(vec![AUTHORITY.to_vec()])).await;
    let port = serve("127.0.0.1");
    for host in ["localhost", "127.0.0.1"] {
        let reply = role.attempt(&format!("https://{host}:{port}/")).await;
        let Outcome::Answered { status, answer, .. } = reply.outcome else {
            panic!("{host}: {reply:?}");
        };
        assert_eq!(
            (status, answer.as_slice()),
            (200, b"{}".as_slice()),
            "{host}"
        );
    }
    role.stop().await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let role = Role::start(|config| config.trust = Trust::Only(vec![AUTHORITY.to_vec()])).await;
    let port = serve("127.0.0.2");
    let reply = role.attempt(&format!("https://127.0.0.2:{port}/")).await;
    let Outcome::Failed(Reason::TlsFailed { detail }) = reply.outcome else {
        panic!("{reply:?}");
    };
    assert!(detail.contains("not valid for name"), "{detail}");
    role.stop().await;
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_refused() {
    let role = Role::start(|config| config.trust = Trust::Mozilla).await;
    let port = serve("127.0.0.1");
    let reply = role.attempt(&format!("https://localhost:{port}/")).await;
    let Outcome::Failed(Reason::TlsFailed { detail }) = reply.outcome else {
        panic!("{reply:?}");
    };
    assert_eq!(detail, "invalid peer certificate: UnknownIssuer");
    role.stop().await;
}

#[tokio::test]
async fn invalid_authorities_stop_the_role_at_start() {
    let server = bus::testing::Server::start().await;
    let mut config = crate::role::config();
    config.trust = Trust::Only(vec![b"junk".to_vec()]);
    let stop = tokio_util::sync::CancellationToken::new();
    let ended = egress::run(config, server.bus().await, "default".parse().unwrap(), stop).await;
    assert!(matches!(ended, Err(egress::Error::Trust(_))), "{ended:?}");
}
