//! The rights of each group on each class of subjects, as NATS enforces them (console-api section 1).

use std::fmt::Write as _;

use bytes::Bytes;
use chat::subject;
use console::nats_server::{PAYLOAD_BYTES_MAX, SUBSCRIPTIONS_MAX};

use crate::client::Client;
use crate::world::{OURS, THEIRS, World};

const ROLES: [&str; 4] = ["olga", "rita", "sven", "anna"];

/// The subjects that no user may subscribe to.
const CLOSED: &str = "> * *.> sb.> sb.*.> sb.default.> sb.*.feed.> sb.default.*.> sb.default.feed \
    sb.default.role.> sb.default.role.router.login sb.default.role.rights.* \
    sb.default.role.egress.attempt sb.default.api.> sb.default.api.olga.> sb.default.api.anna.> \
    sb.other.> sb.other.feed.> sb.other.audit.> sb.other.api.anna.> _INBOX.> _INBOX.* _INBOX.*.> \
    _INBOX.*.* _INBOX.nobody.> _INBOX.ROLES.> _R_.> $SYS.> $SYS.REQ.USER.AUTH \
    $SYS.REQ.SERVER.PING.CONNZ $SYS._INBOX.> $JS.> $JS.API.> $KV.> $SRV.> $SRV.PING anything";

/// The subjects that no user may publish to, besides those that contain their names.
const CLOSED_PUBLICATIONS: &str = "sb.default.audit.user-olga.user-created \
    sb.default.role.router.inbound sb.default.role.router.login sb.default.role.egress.attempt \
    sb.default.role.rights.olga sb.default.api.nobody.me sb.default.api sb.other.api.olga.me \
    sb.other.api.anna.me sb.other.role.router.inbound _INBOX.ROLES.x $SYS.REQ.USER.AUTH \
    $SYS.REQ.USER.INFO $SYS.REQ.SERVER.PING $SYS.REQ.SERVER.PING.CONNZ $SYS.REQ.ACCOUNT.PING.CONNZ \
    $JS.API.INFO $JS.API.STREAM.CREATE.x $KV.bucket.key $SRV.PING anything";

/// Returns subjects with the users who may subscribe to them.
fn subscriptions() -> Vec<(String, Vec<&'static str>)> {
    let session = "018f3f3e-0000-7000-8000-000000000001";
    let all_feeds: &[&str] = &["sven", "anna"];
    let table: [(String, &[&str]); 9] = [
        (format!("sb.default.feed.{OURS}.>"), &ROLES),
        (format!("sb.default.feed.{OURS}.{session}.>"), &ROLES),
        (format!("sb.default.feed.{OURS}.*.message-received"), &ROLES),
        (format!("sb.default.feed.{THEIRS}.>"), all_feeds),
        (
            format!("sb.default.feed.{THEIRS}.{session}.typing"),
            all_feeds,
        ),
        ("sb.default.feed.>".to_owned(), all_feeds),
        ("sb.default.feed.*.>".to_owned(), all_feeds),
        ("sb.default.audit.>".to_owned(), &["anna"]),
        (
            "sb.default.audit.user-olga.user-created".to_owned(),
            &["anna"],
        ),
    ];
    let table = table
        .map(|(subject, users)| (subject, users.to_vec()))
        .into_iter();
    let closed = CLOSED
        .split(' ')
        .map(|subject| (subject.to_owned(), vec![]));
    let inboxes = ROLES.into_iter().flat_map(|user| {
        [
            (format!("_INBOX.{user}.>"), vec![user]),
            (format!("_INBOX.{user}.aB3.*"), vec![user]),
            (format!("_INBOX.{user}"), vec![]),
        ]
    });
    table.chain(closed).chain(inboxes).collect()
}

/// Returns subjects that no user may publish to.
fn closed_publications() -> Vec<String> {
    let named = ROLES.map(|user| [format!("_INBOX.{user}.x"), format!("sb.default.api.{user}")]);
    let feed = format!("sb.default.feed.{OURS}.x.message-received");
    let fixed = CLOSED_PUBLICATIONS.split(' ').map(str::to_owned);
    fixed
        .chain([feed])
        .chain(named.into_iter().flatten())
        .collect()
}

#[tokio::test]
async fn users_subscribe_to_exactly_their_subjects() {
    let world = World::start().await;
    for user in ROLES {
        let mut client = world.sign_in(user).await;
        for (subject, allowed) in subscriptions() {
            let wanted = if allowed.contains(&user) {
                Ok(())
            } else {
                let kind = "Permissions Violation for Subscription to";
                Err(format!("-ERR '{kind} \"{subject}\"'"))
            };
            let said = client.subscribe(&subject).await;
            assert_eq!(said, wanted, "{user} subscribes to {subject}");
            // A queue group does not circumvent it.
            let grouped = client.subscribe(&format!("{subject} console")).await;
            assert_eq!(grouped.is_ok(), wanted.is_ok(), "{user}: {subject}");
        }
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn users_publish_requests_under_their_name_and_nothing_else() {
    let world = World::start().await;
    for user in ROLES {
        let mut client = world.sign_in(user).await;
        for method in ["me", "sessions.list"] {
            for name in ROLES {
                let subject = format!("sb.default.api.{name}.{method}");
                let said = client.publish(&subject, "{}").await;
                assert_eq!(said.is_ok(), name == user, "{user}: {subject}: {said:?}");
            }
        }
        for subject in closed_publications() {
            let said = client.publish(&subject, "{}").await;
            let kind = "Permissions Violation for Publish to";
            let wanted = Err(format!("-ERR '{kind} \"{subject}\"'"));
            assert_eq!(said, wanted, "{user} publishes to {subject}");
        }
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn a_refused_subscription_receives_nothing() {
    let world = World::start().await;
    let (mut olga, mut anna) = (world.sign_in("olga").await, world.sign_in("anna").await);
    olga.subscribe("sb.default.feed.>").await.unwrap_err();
    olga.subscribe(&world.workspace.feed_of(OURS))
        .await
        .unwrap();
    anna.subscribe("sb.default.feed.>").await.unwrap();
    let [theirs, ours] =
        [THEIRS, OURS].map(|chat| world.workspace.feed_about(chat, "channel", "renamed"));
    for subject in [&theirs, &ours] {
        let published = (world.bus).publish(subject.clone(), &[], Bytes::from_static(b"{}"));
        published.await.unwrap();
    }
    // Messages arrive in order, so Olga would have received theirs first.
    assert_eq!(olga.message().await.0, ours);
    assert_eq!(anna.message().await.0, theirs);
    assert_eq!(anna.message().await.0, ours);
    world.stop().await.unwrap();
}

#[tokio::test]
async fn nats_does_not_check_reply_subjects_so_the_responder_must() {
    let world = World::start().await;
    let mut olga = world.sign_in("olga").await;
    let mut requests = world
        .bus
        .subscribe(&world.workspace.all_api(), None)
        .await
        .unwrap();
    world.bus.flush().await.unwrap();
    let feed = world.workspace.feed_about(THEIRS, "channel", "forged");
    for (reply, hers) in [
        (feed.as_str(), false),
        ("sb.default.role.rights.anna", false),
        ("_INBOX.anna.x", false),
        ("_INBOX.ROLES.x", false),
        ("_INBOX.olgas.x", false),
        ("_INBOX.olga", false),
        ("_INBOX.olga.aB3.1", true),
    ] {
        olga.request("sb.default.api.olga.me", reply).await.unwrap();
        let request = requests.next().await.unwrap();
        assert_eq!(request.reply.as_deref(), Some(reply));
        let user = "olga".parse().unwrap();
        assert_eq!(subject::is_inbox_of(&user, reply), hers, "{reply}");
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn the_accounts_are_isolated_from_each_other() {
    let world = World::start().await;
    let patience = std::time::Duration::from_secs(5);
    let nobody = Bytes::from_static(br#"{"cid":4000000000}"#);
    let ask = |bus: bus::Bus, subject: String| {
        let nobody = nobody.clone();
        async move { bus.request(subject, &[], nobody, patience).await }
    };
    let system = crate::world::connect(world.port, console::nats_server::SYSTEM_USER).await;
    let list = ask(system.clone(), subject::SERVER_CONNECTIONS.to_owned()).await;
    let list: serde_json::Value = serde_json::from_slice(&list.unwrap().payload).unwrap();
    let kick = subject::server_kick(list["server"]["id"].as_str().unwrap());
    let service = format!("$SRV.PING.{}", console::SERVICE);
    for (bus, subject, open) in [
        (&system, &kick, true),
        (&world.bus, &kick, false),
        (&world.bus, &service, true),
        (&system, &service, false),
    ] {
        let answer = ask(bus.clone(), subject.clone()).await;
        match answer {
            Ok(_) => assert!(open, "{subject} is answered"),
            Err(error) => {
                let nobody = matches!(error, bus::Error::NoResponders { .. });
                assert!(nobody && !open, "{subject}: {error}");
            }
        }
    }
    world.stop().await.unwrap();
}

#[tokio::test]
async fn subscriptions_and_payloads_are_bounded() {
    let world = World::start().await;
    let mut olga = world.sign_in("olga").await;
    let mut text = String::new();
    for id in 0..=SUBSCRIPTIONS_MAX {
        write!(text, "SUB _INBOX.olga.{id} {id}\r\n").unwrap();
    }
    olga.send(&text).await;
    let error = olga.ping().await.unwrap_err();
    assert_eq!(error, "-ERR 'maximum subscriptions exceeded'");
    let mut olga: Client = world.sign_in("olga").await;
    let large = "x".repeat(PAYLOAD_BYTES_MAX + 1);
    let error = olga.publish("sb.default.api.olga.me", &large).await;
    assert_eq!(error.unwrap_err(), "-ERR 'Maximum Payload Violation'");
    world.stop().await.unwrap();
}
