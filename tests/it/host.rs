//! Addresses of this process alone: every address of 127.0.0.0/8 is this machine, so that no other
//! test, and no connection that goes out, can take a port between two starts of a broker.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// The loopback address of this process.
pub(crate) fn address() -> Ipv4Addr {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    // 127.0.0.x is everybody's.
    Ipv4Addr::new(127, high.saturating_add(64), middle, low.clamp(1, 254))
}

/// So many free ports, all different.
pub(crate) fn free<const N: usize>() -> [SocketAddr; N] {
    let listeners = [(); N].map(|()| TcpListener::bind((address(), 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap())
}
