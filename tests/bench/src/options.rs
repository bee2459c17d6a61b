//! The command line of the bench.

use std::path::PathBuf;
use std::time::Duration;

const USAGE: &str = "./just bench [throughput] [finished] [backlog] \
                     [deliveries] [large] [--connections 1,16,256] \
                     [--seconds 2] [--rounds 3] [--shape history|open-sessions] \
                     [--events 10000000,50000000] [--contacts 1000000] [--open 20000] \
                     [--keep DIRECTORY] [--only abcdefghi] [--beside PROGRAM]";
/// The events of the large log, unless the command line says otherwise.
const EVENTS: u64 = 300_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Inbound messages over HTTP.
    Throughput,
    /// The same until each is stored, shown and told.
    Finished,
    /// Outcomes that wait until a webhook is back.
    Backlog,
    /// Operators' messages to webhooks.
    Deliveries,
    /// A broker on a large log.
    Large,
}

/// What a large log consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Chats of months: contacts come, leave, and some come again. Few sessions are open.
    History,
    /// Nothing but open sessions with a few messages each.
    OpenSessions,
}

impl Shape {
    /// The name on the command line.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::History => "history",
            Self::OpenSessions => "open-sessions",
        }
    }
}

pub(crate) struct Options {
    pub(crate) parts: Vec<Part>,
    pub(crate) connections: Vec<usize>,
    /// The length of one turn.
    pub(crate) slice: Duration,
    pub(crate) rounds: usize,
    /// The shape of the large logs.
    pub(crate) shape: Shape,
    /// The number of events in each large log.
    pub(crate) events: Vec<u64>,
    /// The number of contacts in a large log; `None` follows from its events.
    pub(crate) contacts: Option<u64>,
    /// The number of open sessions in a large log; `None` follows from its contacts.
    pub(crate) open: Option<u64>,
    /// The absolute path of a directory where large logs are kept, to be used again.
    pub(crate) keep: Option<PathBuf>,
    /// The letters of the systems to compare; empty: all.
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
            shape: Shape::History,
            events: vec![EVENTS],
            contacts: None,
            open: None,
            keep: None,
            only: String::new(),
            beside: None,
        };
        let mut arguments = arguments.iter().copied();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().expect(USAGE);
            match argument {
                "throughput" => options.parts.push(Part::Throughput),
                "finished" => options.parts.push(Part::Finished),
                "large" => options.parts.push(Part::Large),
                "deliveries" => options.parts.push(Part::Deliveries),
                "backlog" => options.parts.push(Part::Backlog),
                "--connections" => {
                    let all = value().split(',');
                    options.connections = all.map(|n| n.parse().expect(USAGE)).collect();
                }
                "--seconds" => {
                    options.slice = Duration::from_secs_f64(value().parse().expect(USAGE));
                }
                "--rounds" => options.rounds = value().parse().expect(USAGE),
                "--shape" => options.shape = shape(value()),
                "--events" => {
                    let all = value().split(',');
                    options.events = all.map(|n| n.parse().expect(USAGE)).collect();
                }
                "--contacts" => options.contacts = Some(value().parse().expect(USAGE)),
                "--open" => options.open = Some(value().parse().expect(USAGE)),
                "--keep" => options.keep = Some(absolute(value())),
                "--only" => value().clone_into(&mut options.only),
                "--beside" => options.beside = Some(value().into()),
                // `cargo bench` passes this to every bench.
                "--bench" => {}
                _ => panic!("{USAGE}"),
            }
        }
        if options.parts.is_empty() {
            options.parts = vec![Part::Throughput, Part::Finished, Part::Large];
        }
        options
    }

    /// Whether a system takes part.
    pub(crate) fn has(&self, letter: char) -> bool {
        self.only.is_empty() || self.only.contains(letter)
    }
}

/// Requires an absolute path: cargo runs a bench in the directory of its package.
fn absolute(path: &str) -> PathBuf {
    let path = PathBuf::from(path);
    assert!(
        path.is_absolute(),
        "--keep {} is not absolute",
        path.display()
    );
    path
}

fn shape(name: &str) -> Shape {
    let all = [Shape::History, Shape::OpenSessions];
    let found = all.into_iter().find(|shape| shape.name() == name);
    found.expect(USAGE)
}
