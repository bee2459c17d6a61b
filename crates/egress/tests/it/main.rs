//! The role over a real NATS.
