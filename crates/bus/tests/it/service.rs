//! The NATS micro-service protocol, member by member as in ADR-32.

use std::time::Duration;

use bus::testing::Server;
use bus::{Bus, Endpoint, Error, Service, ServiceInfo};
use bytes::Bytes;
use chat::time::Timestamp;
use serde_json::{Value, json};

use crate::TIMEOUT;

async fn announced(bus: &Bus) -> Service {
    bus.announce(ServiceInfo {
        name: "switchboard-egress".to_owned(),
        version: "0.1.0".to_owned(),
        description: "One HTTP attempt".to_owned(),
        endpoints: vec![
            Endpoint {
                name: "attempt".to_owned(),
                subject: "sb.default.role.egress.attempt".to_owned(),
                queue: Some("egress".to_owned()),
            },
            Endpoint {
                name: "other".to_owned(),
                subject: "other".to_owned(),
                queue: None,
            },
        ],
        started: Timestamp::from_micros(1_763_805_600_000_000),
    })
    .await
    .unwrap()
}

async fn ask(bus: &Bus, subject: &str) -> Result<Value, Error> {
    let answer = bus
        .request(subject.to_owned(), &[], Bytes::new(), TIMEOUT)
        .await?;
    Ok(serde_json::from_slice(&answer.payload).unwrap())
}

#[tokio::test]
async fn it_replies_to_all_by_name_and_by_id() {
    let server = Server::start().await;
    let (bus, asks) = (server.bus().await, server.bus().await);
    let service = announced(&bus).await;
    bus.flush().await.unwrap();
    let id = service.id();
    let ping = json!({
        "type": "io.nats.micro.v1.ping_response",
        "name": "switchboard-egress", "id": id, "version": "0.1.0", "metadata": {},
    });
    for verb in ["PING", "INFO", "STATS"] {
        for rest in [
            String::new(),
            ".switchboard-egress".to_owned(),
            format!(".switchboard-egress.{id}"),
        ] {
            let answer = ask(&asks, &format!("$SRV.{verb}{rest}")).await.unwrap();
            let kind = format!("io.nats.micro.v1.{}_response", verb.to_lowercase());
            assert_eq!(answer["type"], kind);
            assert_eq!(answer["id"], id);
        }
        let other = ask(&asks, &format!("$SRV.{verb}.switchboard-ingress")).await;
        assert!(
            matches!(other, Err(Error::NoResponders { .. })),
            "{other:?}"
        );
    }
    assert_eq!(ask(&asks, "$SRV.PING").await.unwrap(), ping);
    let info = json!({
        "type": "io.nats.micro.v1.info_response",
        "name": "switchboard-egress", "id": id, "version": "0.1.0", "metadata": {},
        "description": "One HTTP attempt",
        "endpoints": [
            {"name": "attempt", "subject": "sb.default.role.egress.attempt", "queue_group": "egress", "metadata": {}},
            {"name": "other", "subject": "other", "queue_group": "", "metadata": {}},
        ],
    });
    assert_eq!(ask(&asks, "$SRV.INFO").await.unwrap(), info);
}

#[tokio::test]
async fn it_counts_requests_and_stops() {
    let server = Server::start().await;
    let bus = server.bus().await;
    let service = announced(&bus).await;
    service.count("attempt", Duration::from_nanos(300), None);
    service.count("attempt", Duration::from_nanos(100), Some("no trust"));
    service.count("unknown", Duration::from_nanos(100), None);
    let stats = json!({
        "type": "io.nats.micro.v1.stats_response",
        "name": "switchboard-egress", "id": service.id(), "version": "0.1.0", "metadata": {},
        "started": "2025-11-22T10:00:00.000000Z",
        "endpoints": [
            {"name": "attempt", "subject": "sb.default.role.egress.attempt", "queue_group": "egress",
             "num_requests": 2, "num_errors": 1, "last_error": "no trust",
             "processing_time": 400, "average_processing_time": 200},
            {"name": "other", "subject": "other", "queue_group": "",
             "num_requests": 0, "num_errors": 0, "last_error": "",
             "processing_time": 0, "average_processing_time": 0},
        ],
    });
    assert_eq!(ask(&bus, "$SRV.STATS").await.unwrap(), stats);

    service.stop().await;
    bus.flush().await.unwrap();
    let gone = ask(&bus, "$SRV.PING").await;
    assert!(matches!(gone, Err(Error::NoResponders { .. })), "{gone:?}");

    // Dropping it stops it too.
    drop(announced(&bus).await);
    let short = Duration::from_millis(20);
    let gone = async {
        loop {
            let asked = bus
                .request("$SRV.PING".to_owned(), &[], Bytes::new(), short)
                .await;
            if matches!(asked, Err(Error::NoResponders { .. })) {
                break;
            }
        }
    };
    tokio::time::timeout(TIMEOUT, gone).await.unwrap();
}

#[tokio::test]
async fn names_that_would_break_the_subject_are_rejected() {
    let server = Server::start().await;
    let bus = server.bus().await;
    for name in ["", "a.b", "a b", "*", ">", "ä"] {
        let info = ServiceInfo {
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            description: String::new(),
            endpoints: Vec::new(),
            started: Timestamp::default(),
        };
        let error = bus.announce(info).await.unwrap_err();
        assert!(
            matches!(&error, Error::ServiceName(n) if n == name),
            "{error:?}"
        );
    }
}
