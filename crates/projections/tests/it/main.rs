//! The store as its owner uses it.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod damage;
mod rows;
