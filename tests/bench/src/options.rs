//! The command line of the bench.

use std::path::PathBuf;
use std::time::Duration;

const USAGE: &str = "./just bench [throughput] [finished] [large-log] [--connections 1,16,256] [--seconds 2] [--rounds 3] \
                     [--events 300000] [--sessions 30000] [--only abcdef] \
                     [--beside PROGRAM]";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Inbound messages over HTTP.
    Throughput,
    /// The same until each is stored, shown and told.
    Finished,
    /// A broker on a large log.
    LargeLog,
}

pub(crate) struct Options {
    pub(crate) parts: Vec<Part>,
    pub(crate) connections: Vec<usize>,
    /// The length of one turn.
    pub(crate) slice: Duration,
    pub(crate) rounds: usize,
    /// The number of events in the large log.
    pub(crate) events: u64,
    /// The number of open sessions in the large log.
    pub(crate) sessions: u64,
    /// The letters of the systems to compare.
    pub(crate) only: String,
    /// Another build of the broker to compare with.
    pub(crate) beside: Option<PathBuf>,
}

impl Options {
    pub(crate) fn read(arguments: &[&str]) -> Self {
        let mut options = Self {
            parts: Vec::new(),
            connections: vec![1, 16, 256],
            slice: Duration::from_secs(2),
            rounds: 3,
            events: 300_000,
            sessions: 30_000,
            only: "abcdef".to_owned(),
            beside: None,
        };
        let mut arguments = arguments.iter().copied();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect(USAGE);
            match argument {
                "throughput" => options.parts.push(Part::Throughput),
                "finished" => options.parts.push(Part::Finished),
                "large-log" => options.parts.push(Part::LargeLog),
                "--connections" => {
                    let all = value().split(',');
                    options.connections = all.map(|n| n.parse().expect(USAGE)).collect();
                }
                "--seconds" => {
                    options.slice = Duration::from_secs_f64(value().parse().expect(USAGE));
                }
                "--rounds" => options.rounds = value().parse().expect(USAGE),
                "--events" => options.events = value().parse().expect(USAGE),
                "--sessions" => options.sessions = value().parse().expect(USAGE),
                "--only" => value().clone_into(&mut options.only),
                "--beside" => options.beside = Some(value().into()),
                // `cargo bench` passes this to every bench.
                "--bench" => {}
                _ => panic!("{USAGE}"),
            }
        }
        if options.parts.is_empty() {
            options.parts = vec![Part::Throughput, Part::Finished, Part::LargeLog];
        }
        options
    }
}
