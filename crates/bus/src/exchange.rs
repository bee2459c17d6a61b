//! Requests that get several replies.

use async_nats::{HeaderMap, StatusCode};
use bytes::Bytes;
use tokio::sync::watch;

use crate::bus::{Bus, broken};
use crate::error::Error;
use crate::link::Link;
use crate::message::Message;
use crate::replies::PendingReplies;

/// A request whose replies come one after the other. Dropping it forgets the request.
#[derive(Debug)]
pub struct Exchange {
    bus: Bus,
    subject: String,
    link: watch::Receiver<Link>,
    replies: PendingReplies,
}

impl Bus {
    /// Sends a request that gets several replies. While `replies_max` of them wait to be read, further ones
    /// are dropped. Fails at once when NATS is not connected.
    pub async fn exchange(
        &self,
        subject: String,
        payload: Bytes,
        replies_max: usize,
    ) -> Result<Exchange, Error> {
        let link = self.changes();
        if !self.is_connected() {
            return Err(self.unsent(subject));
        }
        let replies = self.replies.expect_many(replies_max);
        let reply = Some(replies.subject.clone());
        self.put(subject.clone(), reply, HeaderMap::new(), payload)
            .await?;
        Ok(Exchange {
            bus: self.clone(),
            subject,
            link,
            replies,
        })
    }
}

impl Exchange {
    /// Waits for the next reply. Fails when the subject has no subscriber, when a subscriber refuses the
    /// request, and when the connection breaks. Cancel safe.
    pub async fn next(&mut self) -> Result<Message, Error> {
        let reply = tokio::select! {
            biased; // A reply that has arrived counts even if the connection broke after it.
            reply = self.replies.next() => reply,
            () = broken(&mut self.link) => return Err(self.bus.interrupted(self.subject.clone())),
        };
        let reply = reply.ok_or_else(|| Error::Interrupted(self.subject.clone()))?;
        if reply.status == Some(StatusCode::NO_RESPONDERS) {
            return Err(Error::NoResponders(self.subject.clone()));
        }
        let reply = Message::from(reply);
        reply.refusal(&self.subject).map_or(Ok(reply), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Server;

    #[tokio::test]
    async fn all_replies_of_an_exchange_arrive_in_order() {
        let server = Server::start().await;
        let bus = server.bus().await;
        let mut asked = bus.subscribe("many", None).await.unwrap();
        let mut exchange = bus
            .exchange("many".to_owned(), Bytes::new(), 3)
            .await
            .unwrap();
        let question = asked.next().await.unwrap();
        for answer in ["one", "two", "three"] {
            bus.respond(&question, &[], answer.into()).await.unwrap();
        }
        for answer in ["one", "two", "three"] {
            assert_eq!(exchange.next().await.unwrap().payload, answer);
        }
        bus.refuse(&question, 400, "enough").await.unwrap();
        let refused = exchange.next().await;
        assert!(
            matches!(refused, Err(Error::Refused { code: 400, .. })),
            "{refused:?}"
        );
        drop(exchange);
        assert_eq!(bus.replies.waiting_count(), 0);
    }

    #[tokio::test]
    async fn an_exchange_fails_without_a_subscriber_and_when_the_connection_breaks() {
        let mut server = Server::start().await;
        let bus = server.bus().await;
        let mut nobody = bus
            .exchange("nobody".to_owned(), Bytes::new(), 1)
            .await
            .unwrap();
        let error = nobody.next().await;
        assert!(matches!(error, Err(Error::NoResponders(_))), "{error:?}");
        let _mute = bus.subscribe("mute", None).await.unwrap();
        let mut mute = bus
            .exchange("mute".to_owned(), Bytes::new(), 1)
            .await
            .unwrap();
        server.kill().await;
        let error = mute.next().await;
        assert!(matches!(error, Err(Error::Interrupted(_))), "{error:?}");
    }
}
