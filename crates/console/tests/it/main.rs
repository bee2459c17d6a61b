//! The console role in front of a real `nats-server`, with a session-router played by the test.

mod bounds;
mod client;
mod matrix;
mod page;
mod revocation;
mod sign_in;
mod websocket;
mod world;
