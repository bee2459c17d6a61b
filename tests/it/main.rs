//! End-to-end tests: the binary, a real `nats-server`, real sockets, messengers that are not ours.
//!
//! They are written against the specification and use nothing of our crates.

#![expect(
    clippy::needless_pass_by_value,
    reason = "`json!({ … })` reads better without a & before it"
)]

#[cfg(test)]
mod answer;
#[cfg(test)]
mod connecting;
#[cfg(test)]
mod conversation;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod disconnecting;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod duplicates;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod forgetting;
#[cfg(test)]
mod host;
#[cfg(test)]
mod house;
#[cfg(test)]
mod http;
#[cfg(test)]
mod load;
#[cfg(test)]
mod messenger;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod operator_started;
#[cfg(test)]
mod patience;
#[cfg(test)]
mod phone;
#[cfg(test)]
mod problems;
#[cfg(test)]
mod program;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod rights;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod signals;
#[cfg(test)]
mod tidy;
#[cfg(test)]
mod trust;
#[cfg(test)]
mod work;
