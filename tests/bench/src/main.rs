//! Benchmarks of the whole broker: inbound throughput compared with a gateway that stores nothing and
//! one that stores in `JetStream`, the same until webhook and operator know of each message, operators'
//! messages to webhooks, and the cost of a large log.
//!
//! `./just bench` runs everything, `./just bench throughput --connections 256` a part. The figures are
//! in docs/performance.md.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench may panic and must print"
)]
#![expect(
    clippy::cast_precision_loss,
    reason = "counts are below 2^52, and figures have two digits"
)]
#![expect(clippy::disallowed_methods, reason = "a bench reads the clock")]

mod backlog;
mod broker;
mod clock;
mod deliveries;
mod figures;
mod finished;
mod gateway;
mod large;
mod load;
mod options;
#[path = "../../it/ports.rs"]
mod ports;
mod process;
mod subscriber;
mod system;
mod table;
mod teller;
mod throughput;
mod webhook;

use options::{Options, Part};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let ["serve", behind, ref webhook @ ..] = arguments[..] {
        return gateway::serve(behind, webhook.first().copied());
    }
    let options = Options::read(&arguments);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        if options.parts.contains(&Part::Throughput) {
            throughput::measure(&options).await;
        }
        if options.parts.contains(&Part::Finished) {
            finished::measure(&options).await;
        }
        if options.parts.contains(&Part::Backlog) {
            backlog::measure(&options).await;
        }
        if options.parts.contains(&Part::Deliveries) {
            deliveries::measure(&options).await;
        }
        if options.parts.contains(&Part::Large) {
            large::measure(&options).await;
        }
    });
}
