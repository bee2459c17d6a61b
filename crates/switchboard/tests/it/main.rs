//! The binary, as it is called.

fn main() {}
