//! Free ports on a loopback address that only this process uses. All of 127.0.0.0/8 is this machine,
//! so neither another test nor an outgoing connection can take a port while a broker restarts.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The settings of a broker's listeners.
pub(crate) const LISTENERS: [&str; 5] = [
    "ingress.listen",
    "console.listen",
    "ops.listen",
    "nats.listen",
    "nats.websocket",
];

/// The loopback address of this process, derived from its id.
pub(crate) fn address() -> Ipv4Addr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    // From 127.64.0.1 on: other programs use 127.0.0.x.
    Ipv4Addr::new(127, high.saturating_add(64), middle, low.clamp(1, 254))
}

/// `N` different free ports.
pub(crate) fn free<const N: usize>() -> [SocketAddr; N] {
    let listeners = [(); N].map(|()| TcpListener::bind((address(), 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}
