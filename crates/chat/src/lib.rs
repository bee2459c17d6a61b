//! The domain of Switchboard: its terms, its rules, and the requests between its processes.
//!
//! A workspace's state is a fold of its log. [`decide`](workspace::Workspace::decide) turns a command
//! into events or rejects it, [`evolve`](workspace::Workspace::evolve) applies an event. Both are
//! synchronous and deterministic: time and randomness are parameters, and this crate does no I/O.
//!
//! # Glossary
//!
//! The code, the docs, the API and the page use these terms and no others.
//!
//! | term | meaning | type |
//! | --- | --- | --- |
//! | workspace | one company: the unit of isolation and of scaling out | [`workspace::Workspace`] |
//! | user | a person with a login, in groups that give rights | [`state::User`], [`model::Group`] |
//! | live chat | a desk staffed by operators, with members, channels and canned replies | [`state::LiveChat`] |
//! | channel | one connected messenger account of one live chat | [`state::Channel`] |
//! | contact | a person at a messenger, known by the messenger's user id | [`state::Contact`] |
//! | chat | the messenger's conversation; may have several authors | [`state::Chat`] |
//! | session | one period of a chat, from its opening to its closing; at most one is open | [`state::Session`] |
//! | message | inbound, outbound, note or system | [`state::Message`], [`model::Direction`] |
//! | delivery | the state of an outbound message at its messenger | [`state::Delivery`], [`model::DeliveryState`] |
//! | attempt | one HTTP request that carries a message to a webhook | [`event::Attempt`], [`rpc::AttemptRequest`] |
//! | verdict | what a messenger's HTTP status means | [`verdict::Verdict`] |
//! | reason | a typed cause of a failure, refusal or status change | [`reason::Reason`] |
//! | rejection | a refused command: a public error code, a reason and details | [`rejection::Rejection`] |
//! | lane | the outbound messages of one chat, in order, one in flight | [`state::Chat::lane`] |
//! | breaker | holds back the deliveries of a channel whose attempts fail | [`state::Breaker`] |
//! | notice | a request to a messenger that is not a message, such as `markAsRead` | [`state::Notice`] |
//! | parked edit | an edit or deletion that arrived before its message | [`state::Parked`] |
//! | revision | the number of changes of a channel's codes and security | [`state::Channel::revision`] |
//! | generation | the number of changes that make responses to earlier requests stale | [`state::Channel::generation`] |
//! | command | what a user asks a workspace to do, or what the system reports to it | [`command::Command`] |
//! | decision | the events and effects of an accepted command | [`command::Decision`] |
//! | event | a change of the state, as stored in the log | [`event::Event`] |
//! | record | an event with its position, stream, time and author | [`record::Record`] |
//! | stream | the events of one user, live chat, channel, contact or session | [`record::Stream`] |
//! | position | the number of an event in the log: 1, 2, 3 … without a gap | `u64` |
//! | head | the last position of a stream | [`state::Head`] |
//! | feed | the events as subscribers of the console API receive them | `session-router` |
//! | row | one entry of the state as a projection stores it | [`table::Table`] |
//! | seal | encryption of private text under the person's key, which an erasure destroys | [`seal::Private`] |
//! | dialect | the set of members in requests to a messenger | [`messenger::outbound::Dialect`] |

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod api;
pub mod chance;
pub mod digest;
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

pub mod command;
pub mod rules;
pub mod state;
pub mod table;
pub mod verdict;
pub mod verification;
pub mod workspace;
