//! Tests of the crate from outside.

#[cfg(test)]
mod docs;
#[cfg(test)]
#[expect(dead_code, reason = "the end-to-end tests need more of it")]
#[path = "../../../../tests/it/docs/page.rs"]
mod page;
