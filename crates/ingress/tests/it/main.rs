//! The gateway from outside: one request at a time without a socket (`flow`, `proof`, `freshness`,
//! `errors`, `fuzz`, `seen`), connections that misbehave (`connections`, `drain`), and a real NATS
//! (`bus`).

#[cfg(test)]
mod bus;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod drain;
#[cfg(test)]
mod errors;
#[cfg(test)]
mod fake;
#[cfg(test)]
mod flow;
#[cfg(test)]
mod freshness;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod net;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod scene;
#[cfg(test)]
mod seen;
