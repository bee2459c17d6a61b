//! The console role in front of a real `nats-server`, with a session-router played by the test.

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
