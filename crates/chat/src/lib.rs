//! The core: the language of Switchboard and its rules.
//!
//! A workspace's state is a fold of events: [`workspace::Workspace`] decides what a command means
//! (`decide`), and takes in what happened (`evolve`). Both are synchronous and pure: time and chance
//! are parameters, and this crate depends on nothing that could do I/O.

pub mod api;
pub mod chance;
pub mod id;
pub mod secret;
pub mod time;

pub mod codec;
pub mod content;
pub mod messenger;
pub mod password;
pub mod rejection;
pub mod rpc;
pub mod signature;
pub mod subject;

pub mod event;
pub mod history;
pub mod model;
pub mod reason;
pub mod record;
pub mod seal;

pub mod book;
pub mod command;
pub mod rules;
pub mod state;
pub mod table;
pub mod verdict;
pub mod verification;
pub mod workspace;
