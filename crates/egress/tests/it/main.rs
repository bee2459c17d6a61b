//! The role over a real `nats-server`, against well-behaved and misbehaving messengers.

#[cfg(test)]
#[expect(dead_code, reason = "the unit tests of attempts use the rest")]
mod messenger;
#[cfg(test)]
mod role;
#[cfg(test)]
mod tls;
