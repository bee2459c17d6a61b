//! Guarded connections, with TLS for `https`, within the connect timeout.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use chat::reason::Reason;
use chat::rpc::CONNECT_TIMEOUT_MS;
use hyper::Uri;
use hyper_rustls::{ConfigBuilderExt as _, HttpsConnector, MaybeHttpsStream};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tower_service::Service;

use crate::config::Trust;
use crate::dialer::Dialer;
use crate::stream::Stream;
use crate::tracked::Tracked;

/// The timeout of connecting: resolution, TCP and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(CONNECT_TIMEOUT_MS as u64);

/// The stream of a connection.
pub(crate) type Io = Tracked<MaybeHttpsStream<Stream>>;

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<Dialer>,
}

impl Connector {
    pub(crate) fn new(dialer: Dialer, tls: ClientConfig) -> Self {
        Self {
            https: HttpsConnector::from((dialer, tls)),
        }
    }
}

/// Returns the TLS client configuration with the trusted authorities.
pub(crate) fn tls(trust: &Trust) -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let builder = match trust {
        Trust::Mozilla => builder.with_webpki_roots(),
        Trust::System => builder.with_native_roots()?,
        Trust::Only(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in authorities {
                let authority = CertificateDer::from(authority.as_slice());
                roots.add(authority).map_err(io::Error::other)?;
            }
            builder.with_root_certificates(roots)
        }
    };
    Ok(builder.with_no_client_auth())
}

impl Service<Uri> for Connector {
    type Response = Io;
    type Error = Reason;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Reason>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Reason>> {
        // The dialer is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.https.call(uri);
        Box::pin(async move {
            match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
                Ok(Ok(stream)) => {
                    let may_be_kept = tcp(&stream).may_be_kept();
                    Ok(Tracked::new(stream, may_be_kept))
                }
                Ok(Err(error)) => Err(explain(error)),
                Err(_) => Err(Reason::ConnectTimedOut {
                    seconds: CONNECT_TIMEOUT.as_secs(),
                }),
            }
        })
    }
}

fn tcp(stream: &MaybeHttpsStream<Stream>) -> &Stream {
    match stream {
        MaybeHttpsStream::Http(stream) => stream,
        MaybeHttpsStream::Https(tls) => tls.inner().get_ref().0.inner(),
    }
}

/// Returns the dialer's reason; any other error is from TLS.
fn explain(error: Box<dyn std::error::Error + Send + Sync>) -> Reason {
    match error.downcast::<Reason>() {
        Ok(reason) => *reason,
        Err(error) => Reason::TlsFailed {
            detail: error.to_string(),
        },
    }
}
