//! The listeners of the roles in this process.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use super::daemon::Role;
use crate::exit::Result;
use crate::ports;
use crate::settings::Settings;

/// The listeners of the roles in this process.
pub(super) struct Listeners {
    pub(super) ingress: Option<TcpListener>,
    pub(super) console: Option<TcpListener>,
}

impl Listeners {
    pub(super) async fn bind(settings: &Settings, roles: &[Role]) -> Result<Self> {
        let bind = async |role, key, address| {
            if roles.contains(&role) {
                ports::bind(key, address).await.map(Some)
            } else {
                Ok(None)
            }
        };
        Ok(Self {
            ingress: bind(Role::Ingress, "ingress.listen", settings.ingress.listen).await?,
            console: bind(Role::Console, "console.listen", settings.console.listen).await?,
        })
    }

    /// The address of the console page, with the real port if the setting was port 0.
    pub(super) fn page(&self) -> Option<SocketAddr> {
        self.console.as_ref()?.local_addr().ok()
    }
}
