//! The role over the bus.

use std::num::NonZeroUsize;
use std::time::Duration;

use bus::testing::Server;
use bus::{Bus, Error};
use bytes::Bytes;
use chat::codec;
use chat::reason::Reason;
use chat::rpc::{AttemptReplies, AttemptReply, AttemptRequest, Outcome};
use chat::secret::Secret;
use chat::subject::Subjects;
use egress::{Config, Trust, WAIT_MAX};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::messenger::{Behaviour, Messenger};

/// A caller's timeout: the attempt's own timeout, the wait to start, and a margin.
const PATIENCE: Duration = Duration::from_secs(10)
    .saturating_add(WAIT_MAX)
    .saturating_add(WAIT_MAX);

/// A running role and a connection to call it.
pub(crate) struct Role {
    server: Server,
    bus: Bus,
    workspace: Subjects,
    stop: CancellationToken,
    tasks: JoinSet<Result<(), egress::Error>>,
}

pub(crate) fn config() -> Config {
    Config {
        allow: vec!["127.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()],
        trust: Trust::Mozilla,
        concurrency: egress::CONCURRENCY,
        per_host: egress::PER_HOST,
        waiting: egress::WAITING,
        grace: egress::GRACE,
    }
}

fn request(url: &str) -> AttemptRequest {
    AttemptRequest {
        url: url.to_owned(),
        id: "msg_1".to_owned(),
        codes: vec![Secret::new("whsec_c2VjcmV0")],
        body: br#"{"type":"message"}"#.to_vec(),
        old_body: None,
        timeout_ms: 10_000,
        is_profile: false,
    }
}

/// Asks for one attempt.
async fn ask(
    bus: &Bus,
    subject: String,
    request: &AttemptRequest,
    timeout: Duration,
) -> Result<AttemptReply, Error> {
    let replies: AttemptReplies = bus.ask(subject, &[request], timeout).await?;
    let [(0, reply)] = &replies[..] else {
        panic!("{replies:?}")
    };
    Ok(reply.clone())
}

impl Role {
    pub(crate) async fn start(change: impl FnOnce(&mut Config)) -> Self {
        let server = Server::start().await;
        let mut config = config();
        change(&mut config);
        let mut role = Self {
            bus: server.bus().await,
            server,
            workspace: "default".parse().unwrap(),
            stop: CancellationToken::new(),
            tasks: JoinSet::new(),
        };
        let bus = role.server.bus().await;
        role.tasks.spawn(egress::run(
            config,
            bus,
            role.workspace.clone(),
            role.stop.clone(),
        ));
        role.until_it_listens().await;
        role
    }

    /// Sends an invalid request until the role rejects one.
    async fn until_it_listens(&self) {
        let rejected = async {
            loop {
                let invalid = self
                    .bus
                    .ask::<u8, u8>(self.workspace.attempt(), &0, PATIENCE)
                    .await;
                match invalid.unwrap_err() {
                    Error::NoResponders { .. } => tokio::task::yield_now().await,
                    Error::Refused { code: 400, .. } => break,
                    error => panic!("{error:?}"),
                }
            }
        };
        tokio::time::timeout(PATIENCE, rejected)
            .await
            .expect("the role must subscribe");
    }

    async fn ask(&self, request: &AttemptRequest) -> Result<AttemptReply, Error> {
        ask(&self.bus, self.workspace.attempt(), request, PATIENCE).await
    }

    pub(crate) async fn attempt(&self, url: &str) -> AttemptReply {
        self.ask(&request(url)).await.unwrap()
    }

    /// Starts concurrent requests for attempts.
    fn spawn(
        &self,
        count: usize,
        url: &str,
        timeout: Duration,
    ) -> JoinSet<Result<AttemptReply, Error>> {
        let (subject, request) = (self.workspace.attempt(), request(url));
        let requests = (0..count).map(|_| {
            let (bus, subject, request) = (self.bus.clone(), subject.clone(), request.clone());
            async move { ask(&bus, subject, &request, timeout).await }
        });
        requests.collect()
    }

    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        self.tasks.join_next().await.unwrap().unwrap().unwrap();
    }
}

fn status(reply: &AttemptReply) -> u16 {
    match &reply.outcome {
        Outcome::Answered { status, .. } => *status,
        Outcome::Failed(reason) => panic!("{reason}"),
    }
}

fn failure(reply: &AttemptReply) -> &Reason {
    match &reply.outcome {
        Outcome::Failed(reason) => reason,
        Outcome::Answered { status, .. } => panic!("answered {status}"),
    }
}

#[tokio::test]
async fn an_attempt_is_signed_with_the_time_and_returns_the_response() {
    let role = Role::start(|_| {}).await;
    let messenger = Messenger::ok().await;
    let reply = role.attempt(&messenger.url()).await;
    let wanted = Outcome::Answered {
        status: 200,
        retry_after: None,
        answer: b"{}".to_vec(),
    };
    assert_eq!(reply.outcome, wanted);
    let [seen] = messenger.log().requests.try_into().unwrap();
    let mut headers = hyper::HeaderMap::new();
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        headers.insert(name, seen.header(name).unwrap().parse().unwrap());
    }
    let webhook = standardwebhooks::Webhook::new("whsec_c2VjcmV0").unwrap();
    webhook.verify(&seen.body, &headers).unwrap();
    role.stop().await;
}

#[tokio::test]
async fn without_an_exception_internal_addresses_are_refused() {
    let role = Role::start(|config| config.allow.clear()).await;
    let messenger = Messenger::ok().await;
    for (host, code) in [
        ("127.0.0.1", "address_refused"),
        ("localhost", "address_refused"),
        ("[::1]", "address_refused"),
        ("[::ffff:127.0.0.1]", "address_refused"),
        ("127.1", "host_refused"),
        ("a@127.0.0.1", "webhook_with_credentials"),
    ] {
        let url = format!("http://{host}:{}/", messenger.port);
        assert_eq!(failure(&role.attempt(&url).await).code(), code, "{host}");
    }
    assert_eq!(messenger.log().connections, 0);
    role.stop().await;
}

#[tokio::test]
async fn attempts_beyond_the_limit_wait_in_the_queue() {
    let limit = 4;
    let role = Role::start(|config| config.concurrency = NonZeroUsize::new(limit).unwrap()).await;
    let messenger = Messenger::start(Behaviour::Wait).await;
    let asking = role.spawn(3 * limit, &messenger.url(), PATIENCE);
    messenger.until(|log| log.answering >= limit).await;
    messenger.release();
    for reply in asking.join_all().await {
        assert_eq!(status(&reply.unwrap()), 204);
    }
    let log = messenger.log();
    assert_eq!(log.requests.len(), 3 * limit);
    assert_eq!(log.answering_max, limit);
    role.stop().await;
}

#[tokio::test]
async fn a_host_that_hangs_delays_no_other_and_its_requests_expire_in_time() {
    let role = Role::start(|config| config.per_host = NonZeroUsize::new(2).unwrap()).await;
    let hangs = Messenger::start_at("127.0.0.2", Behaviour::Wait).await;
    let works = Messenger::ok().await;
    let mut asking = role.spawn(5, &format!("http://127.0.0.2:{}/", hangs.port), PATIENCE);
    hangs.until(|log| log.answering >= 2).await;
    for _ in 0..20 {
        assert_eq!(status(&role.attempt(&works.url()).await), 200);
    }
    // Three expire in the queue after two seconds, without being sent.
    for _ in 0..3 {
        let reply = asking.join_next().await.unwrap().unwrap().unwrap();
        assert_eq!(failure(&reply), &Reason::EgressBusy);
    }
    assert_eq!(hangs.log().requests.len(), 2);
    hangs.release();
    for reply in asking.join_all().await {
        assert_eq!(status(&reply.unwrap()), 204);
    }
    role.stop().await;
}

#[tokio::test]
async fn a_full_queue_refuses_requests_at_once() {
    let role = Role::start(|config| {
        config.concurrency = NonZeroUsize::MIN;
        config.waiting = 0;
    })
    .await;
    let messenger = Messenger::start(Behaviour::Wait).await;
    let asked = request(&messenger.url());
    let first = role.ask(&asked);
    let second = async {
        messenger.until(|log| log.answering == 1).await;
        let reply = role.ask(&asked).await.unwrap();
        messenger.release();
        reply
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(status(&first.unwrap()), 204);
    assert_eq!(failure(&second), &Reason::EgressBusy);
    assert_eq!(messenger.log().requests.len(), 1);
    role.stop().await;
}

#[tokio::test]
async fn on_shutdown_it_finishes_running_attempts_and_refuses_waiting_ones() {
    let role = Role::start(|config| config.concurrency = NonZeroUsize::MIN).await;
    let messenger = Messenger::start(Behaviour::Wait).await;
    let asked = request(&messenger.url());
    let (bus, subject) = (role.bus.clone(), role.workspace.attempt());
    let runs = role.ask(&asked);
    let waits = async {
        messenger.until(|log| log.answering == 1).await;
        role.ask(&asked).await.unwrap()
    };
    let stops = async {
        messenger.until(|log| log.answering == 1).await;
        role.bus.flush().await.unwrap();
        role.stop.cancel();
        // The role unsubscribes while one attempt is still running.
        let unsubscribed = async {
            loop {
                match bus
                    .request(subject.clone(), &[], Bytes::new(), WAIT_MAX)
                    .await
                {
                    Err(Error::NoResponders { .. }) => break,
                    _ => tokio::task::yield_now().await,
                }
            }
        };
        tokio::time::timeout(PATIENCE, unsubscribed)
            .await
            .expect("the role must unsubscribe");
        messenger.release();
    };
    let (runs, waits, ()) = tokio::join!(runs, waits, stops);
    assert_eq!(status(&runs.unwrap()), 204);
    assert_eq!(failure(&waits), &Reason::EgressStopping);
    assert_eq!(messenger.log().requests.len(), 1);
    role.stop().await;
    messenger.until(|log| log.closed == 1).await;
}

#[tokio::test]
async fn attempts_of_a_message_are_answered_as_they_end() {
    let role = Role::start(|_| {}).await;
    let [slow, quick] = [
        Messenger::start(Behaviour::Wait).await,
        Messenger::ok().await,
    ];
    let requests = [&slow, &quick, &quick].map(|messenger| request(&messenger.url()));
    let payload = codec::encode(&requests).into();
    let exchange = role.bus.exchange(role.workspace.attempt(), payload, 3);
    let mut exchange = exchange.await.unwrap();
    let mut ended = Vec::new();
    while ended.len() < 2 {
        let reply = exchange.next().await.unwrap();
        ended.extend(codec::decode::<AttemptReplies>(&reply.payload).unwrap());
    }
    ended.sort_by_key(|(number, _)| *number);
    assert_eq!(
        [ended[0].0, ended[1].0],
        [1, 2],
        "the first one still waits"
    );
    assert!(ended.iter().all(|(_, reply)| status(reply) == 200));
    drop(slow);
    let last = exchange.next().await.unwrap();
    let last: AttemptReplies = codec::decode(&last.payload).unwrap();
    assert!(matches!(&last[..], [(0, _)]), "{last:?}");
    role.stop().await;
}

#[tokio::test]
async fn attempts_beyond_the_grace_period_are_aborted() {
    let role = Role::start(|config| config.grace = Duration::from_millis(20)).await;
    let messenger = Messenger::start(Behaviour::Wait).await;
    let mut asking = role.spawn(1, &messenger.url(), WAIT_MAX);
    messenger.until(|log| log.answering == 1).await;
    role.stop().await;
    let error = asking.join_next().await.unwrap().unwrap().unwrap_err();
    assert!(error.is_in_doubt(), "{error:?}");
}

#[tokio::test]
async fn it_survives_an_outage_of_nats() {
    let mut role = Role::start(|_| {}).await;
    let messenger = Messenger::ok().await;
    assert_eq!(status(&role.attempt(&messenger.url()).await), 200);
    role.server.kill().await;
    let error = role.ask(&request(&messenger.url())).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    role.server.restart().await;
    let mut link = role.bus.changes();
    let reconnected = link.wait_for(|link| link.connected && link.connections == 2);
    let reconnected = tokio::time::timeout(PATIENCE, reconnected).await;
    drop(reconnected.expect("the bus must reconnect").unwrap());
    role.until_it_listens().await;
    assert_eq!(status(&role.attempt(&messenger.url()).await), 200);
    role.stop().await;
}

#[tokio::test]
async fn a_bus_that_is_closed_ends_the_role_with_an_error() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let (role, stop) = (bus.clone(), CancellationToken::new());
    let runs = egress::run(config(), role, "default".parse().unwrap(), stop);
    let closes = async {
        bus.flush().await.unwrap();
        bus.drain().await.unwrap();
    };
    let (ended, ()) = tokio::join!(runs, closes);
    assert!(
        matches!(ended, Err(egress::Error::BusClosed | egress::Error::Bus(_))),
        "{ended:?}"
    );
}

#[tokio::test]
async fn it_announces_itself_and_counts() {
    let role = Role::start(|_| {}).await;
    let messenger = Messenger::ok().await;
    for _ in 0..3 {
        role.attempt(&messenger.url()).await;
    }
    let subject = format!("$SRV.STATS.{}", egress::SERVICE);
    let stats = role
        .bus
        .request(subject, &[], Bytes::new(), PATIENCE)
        .await
        .unwrap();
    let stats = String::from_utf8(stats.payload.to_vec()).unwrap();
    // The error is the invalid request at the start.
    for part in [
        r#""num_requests":4"#,
        r#""num_errors":1"#,
        r#""queue_group":"egress""#,
    ] {
        assert!(stats.contains(part), "{part} in {stats}");
    }
    role.stop().await;
}
