//! The commands, one module each.

pub(crate) mod api;
mod args;
pub(crate) mod completions;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod feed;
pub(crate) mod init;
pub(crate) mod log;
pub(crate) mod messenger;
pub(crate) mod nats_child;
mod reset_password;
pub(crate) mod run;
pub(crate) mod up;
