//! The HTTP server of every listener: the messengers' gateway, the console page and operations.
//!
//! HTTP/1.1 without TLS, which is left to a reverse proxy. Connections are limited in total and per
//! source, so that one client cannot lock out the others. Idle and stuck ones are closed, idle ones earlier when
//! connections run out.

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

mod activity;
mod limits;
mod places;
mod request_line;
mod server;
mod wire;

pub use limits::Limits;
pub use places::{Place, Places};
pub use server::{Metrics, serve};
