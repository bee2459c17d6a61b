//! What is to be measured, and for how long.

use std::path::PathBuf;
use std::time::Duration;

const USAGE: &str = "./just bench [path] [large] [--connections 1,16,256] [--seconds 2] [--rounds 3] \
                     [--events 300000] [--sessions 30000] [--only abcdef] \
                     [--beside OTHER-SWITCHBOARD]";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Messages in, over HTTP.
    Path,
    /// What a large log costs.
    Large,
}

pub(crate) struct Options {
    pub(crate) parts: Vec<Part>,
    pub(crate) connections: Vec<usize>,
    /// How long one slice is measured; slices alternate.
    pub(crate) slice: Duration,
    pub(crate) rounds: usize,
    /// How many events the large log has.
    pub(crate) events: u64,
    /// How many of its sessions are open.
    pub(crate) sessions: u64,
    /// The letters of what is compared.
    pub(crate) only: String,
    /// Another build of the broker, to be measured in the same run.
    pub(crate) beside: Option<PathBuf>,
}

impl Options {
    pub(crate) fn read(words: &[&str]) -> Self {
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
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let mut value = || words.next().expect(USAGE);
            match word {
                "path" => options.parts.push(Part::Path),
                "large" => options.parts.push(Part::Large),
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
                // `cargo bench` says this to every bench.
                "--bench" => {}
                _ => panic!("{USAGE}"),
            }
        }
        if options.parts.is_empty() {
            options.parts = vec![Part::Path, Part::Large];
        }
        options
    }
}
