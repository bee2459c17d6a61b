//! A listening operator, who counts the messages that the feed shows.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bus::Bus;
use tokio::task::JoinSet;

use crate::teller::FEED;

/// Subscribes until it is dropped.
pub(crate) struct Subscriber {
    seen: Arc<AtomicU64>,
    _reading: JoinSet<()>,
}

impl Subscriber {
    pub(crate) async fn start(bus: &Bus, subject: &str) -> Self {
        let mut feed = bus.subscribe(subject, None).await.unwrap();
        let seen = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&seen);
        let bus = bus.clone();
        let mut reading = JoinSet::new();
        reading.spawn(async move {
            let _signed_in = bus;
            while let Some(event) = feed.next().await {
                let kind = &b"message-received\""[..];
                let is_message = event.payload.windows(kind.len()).any(|part| part == kind);
                counted.fetch_add(u64::from(is_message), Ordering::Relaxed);
            }
        });
        Self {
            seen,
            _reading: reading,
        }
    }

    /// Subscribes to the feed of a gateway, whose NATS has this URL.
    pub(crate) async fn to_gateway(url: String) -> Self {
        let config = bus::Config {
            url,
            user: None,
            password: None,
            token: None,
            name: "bench".to_owned(),
            inbox_prefix: None,
        };
        let bus = Bus::connect(&config).await.unwrap();
        let subscriber = Self::start(&bus, FEED).await;
        bus.flush().await.unwrap();
        subscriber
    }

    /// The number of messages seen so far.
    pub(crate) fn seen(&self) -> u64 {
        self.seen.load(Ordering::Relaxed)
    }
}
