//! Tests of the public API.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod support;

mod damage;
mod merged;
mod model;
mod recovery;
mod scrub;
mod tail;
