//! The lease of a workspace: a session router serves only while it can prove that it is alone on the
//! bus (ARCHITECTURE.md, *One writer*).

mod claims;

use bus::clock::since_boot;
use bus::{Bus, Subscription};
use chat::codec;
use chat::rpc::{LeaseClaim, LeaseOwner};
use chat::time::Timestamp;
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;

use crate::config::Config;
use crate::error::Error;
use crate::seed::new_chance;
use claims::{Claims, RENEWAL};

/// Whether this router may serve. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Lease(watch::Receiver<State>);

#[derive(Debug, Default)]
struct State {
    held_until: Option<Duration>,
    lost_to: Option<LeaseOwner>,
}

impl Lease {
    /// Starts to claim the lease, in a task that ends when it is dropped.
    pub(crate) async fn start(
        bus: &Bus,
        subject: String,
        me: LeaseOwner,
    ) -> Result<(Self, JoinSet<()>), Error> {
        let received = bus.subscribe(&subject, None).await?;
        let (sender, state) = watch::channel(State::default());
        let keeper = Keeper {
            bus: bus.clone(),
            subject,
            claims: Claims::new(me),
            state: sender,
        };
        let mut task = JoinSet::new();
        task.spawn(keeper.run(received));
        Ok((Self(state), task))
    }

    /// Whether this router may answer now.
    pub(crate) fn is_held(&self) -> bool {
        let until = self.0.borrow().held_until;
        until.is_some_and(|until| since_boot() < until)
    }

    /// Waits until the lease is held. Fails if another router has precedence.
    pub(crate) async fn held(&mut self) -> Result<(), Error> {
        while !self.is_held() {
            self.changed().await?;
        }
        Ok(())
    }

    /// Waits until the lease is held or no longer held. Fails if another router has precedence.
    pub(crate) async fn changed(&mut self) -> Result<(), Error> {
        let changed = self.0.changed().await;
        match &self.0.borrow().lost_to {
            Some(owner) => Err(Error::NotAlone(Box::new(owner.clone()))),
            None => changed.map_err(|_| Error::Ended),
        }
    }
}

/// This process.
pub(crate) fn owner(config: &Config, since: Timestamp) -> Result<LeaseOwner, Error> {
    let data = config.data.canonicalize();
    Ok(LeaseOwner {
        since,
        id: u64::from_le_bytes(new_chance()?.bytes()),
        host: config.host.clone(),
        data: data.as_ref().unwrap_or(&config.data).display().to_string(),
        pid: std::process::id(),
    })
}

/// Sends claims and handles those that arrive.
struct Keeper {
    bus: Bus,
    subject: String,
    claims: Claims,
    state: watch::Sender<State>,
}

impl Keeper {
    /// Runs until another router has precedence or the connection is closed.
    async fn run(mut self, mut received: Subscription) {
        let mut renewal = tokio::time::interval(RENEWAL);
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.claims.lost_to().is_none() {
            tokio::select! {
                message = received.next() => {
                    let Some(message) = message else { return };
                    match codec::decode(&message.payload) {
                        Ok(claim) if self.claims.handle(&claim, since_boot()) => self.send().await,
                        Ok(_) => {}
                        Err(error) => {
                            tracing::warn!(%error, "claim of another session router ignored: it does not decode");
                        }
                    }
                }
                _ = renewal.tick() => self.send().await,
            }
            self.publish();
        }
    }

    /// Sends the claim, unless it would wait for a connection: late claims prove nothing.
    async fn send(&mut self) {
        let Some(claim) = self.claims.next(since_boot()) else {
            return;
        };
        if self.bus.is_connected() {
            let payload = codec::encode::<LeaseClaim>(&claim).into();
            let sent = self.bus.publish(self.subject.clone(), &[], payload).await;
            if let Err(error) = sent {
                tracing::debug!(%error, "claim not sent");
            }
        }
    }

    /// Passes the state on, and wakes its readers when the lease was gained or lost.
    fn publish(&self) {
        let new = State {
            held_until: self.claims.held_until(),
            lost_to: self.claims.lost_to().cloned(),
        };
        self.state.send_if_modified(|state| {
            let changed =
                new.held_until.is_some() != state.held_until.is_some() || new.lost_to.is_some();
            *state = new;
            changed
        });
    }
}
