//! The console role with a real `nats-server` and a fake session router.

#[cfg(test)]
mod audience;
#[cfg(test)]
mod client;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod page;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod websocket;
#[cfg(test)]
mod world;
