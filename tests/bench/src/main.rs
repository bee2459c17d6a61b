//! The whole path, measured: what a durable message costs beside the same gateway storing nothing,
//! and storing in another broker. And what a large log costs.
//!
//! `./just bench` runs everything; `./just bench path --connections 256` a part. docs/performance.md
//! has the figures.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench may panic and must print"
)]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts are far below 2^52, and figures have two digits"
)]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod big;
mod broker;
mod clock;
mod gateway;
mod large;
mod load;
mod options;
mod path;
mod process;
mod table;
mod webhook;

use options::{Options, Part};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["serve", behind] = words[..] {
        return gateway::serve(behind);
    }
    let options = Options::read(&words);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if options.parts.contains(&Part::Path) {
            path::measure(&options).await;
        }
        if options.parts.contains(&Part::Large) {
            large::measure(&options).await;
        }
    });
}
