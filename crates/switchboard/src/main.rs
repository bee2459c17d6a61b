//! The one binary: settings in, roles up, exit code out.
fn main() {}
