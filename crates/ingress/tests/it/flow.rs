//! Requests that succeed: what the router receives, and the responses.

use chat::messenger::Inbound;
use chat::reason::Reason;
use chat::rpc::{Accepted, HealthReply, InboundReply, UserCard};
use hyper::header::CACHE_CONTROL;
use serde_json::json;

use crate::fake_router::accepted;
use crate::test_gateway::{CHANNEL, CODE, NOW, TestGateway, assert_ok, message, rate, signed};

#[tokio::test]
async fn an_accepted_message_gets_its_ids_and_position() {
    let gateway = TestGateway::token();
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_ok(&answer, "message");
    let expected = json!({
        "status": "accepted",
        "messageId": "01010101-0101-0101-0101-010101010101",
        "sessionId": "02020202-0202-0202-0202-020202020202",
        "position": 123,
    });
    assert_eq!(answer.body, expected);

    let received = gateway.router.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].channel.to_string(), CHANNEL);
    assert_eq!(received[0].revision, 1);
    let Inbound::Message(message) = &received[0].inbound else {
        panic!("{:?}", received[0].inbound)
    };
    assert_eq!(message.content.text.as_deref(), Some("hello"));
}

#[tokio::test]
async fn a_duplicate_is_marked_as_one() {
    let gateway = TestGateway::token();
    gateway.router.reply(Ok(InboundReply::Accepted(Accepted {
        duplicate: true,
        ..accepted()
    })));
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_ok(&answer, "duplicate");
    assert_eq!(answer.body["duplicate"], true);
    assert_eq!(answer.body["position"], 123);
}

#[tokio::test]
async fn what_was_repaired_is_a_warning() {
    let gateway = TestGateway::token();
    let time = message(CODE).replace("\"text\"", "\"createdAt\":\"\",\"text\"");
    let answer = gateway.post(&[], &time).await;
    assert_ok(&answer, "message");
    assert_eq!(answer.body["warnings"][0]["pointer"], "/data/createdAt");
    assert!(answer.body["warnings"][0]["detail"].is_string());
    assert_eq!(answer.body["position"], 123);

    gateway.router.reply(Ok(InboundReply::Stale));
    let answer = gateway.post(&[], &time).await;
    assert_eq!(answer.body["warnings"].as_array().unwrap().len(), 1);

    gateway.router.reply(Ok(InboundReply::Done));
    let body = format!("{{\"type\":\"disconnect\",\"token\":\"{CODE}\",\"x\":\"\\ud800\"}}");
    let headers = signed(CODE, "m", NOW, &body);
    let answer = gateway.post(&headers, &body).await;
    assert_ok(&answer, "disconnect");
    assert_eq!(answer.body["warnings"][0]["pointer"], "/x");
}

#[tokio::test]
async fn an_event_without_a_result_is_accepted() {
    let gateway = TestGateway::token();
    gateway.router.reply(Ok(InboundReply::Done));
    let body = json!({ "type": "disconnect", "token": CODE }).to_string();
    let answer = gateway.post(&[], &body).await;
    assert_ok(&answer, "disconnect");
    assert_eq!(answer.body, json!({ "status": "accepted" }));
    assert_eq!(gateway.router.received()[0].inbound, Inbound::Disconnect);
}

#[tokio::test]
async fn a_user_query_gets_a_card() {
    let gateway = TestGateway::token();
    gateway.router.reply(Ok(InboundReply::User(UserCard {
        id: "ann".parse().unwrap(),
        username: "Ann".to_owned(),
    })));
    let body = json!({ "type": "userInfo", "token": CODE, "data": { "userId": "ann" } });
    let answer = gateway.post(&[], &body.to_string()).await;
    assert_ok(&answer, "userInfo");
    assert_eq!(answer.body, json!({ "id": "ann", "username": "Ann" }));
}

#[tokio::test]
async fn a_channel_can_query_its_health() {
    let gateway = TestGateway::token();
    let answer = gateway.get(&signed(CODE, "h-1", NOW, "")).await;
    assert_ok(&answer, "health");
    assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
    let health = json!({
        "status": "active", "pendingDeliveries": 3, "lastErrorAt": null, "lastError": null,
        "lastMessageId": "m-7", "operatorsOnline": 2,
    });
    assert_eq!(answer.body, health);
}

#[tokio::test]
async fn a_rejected_health_query_is_a_problem() {
    let gateway = TestGateway::token();
    let channel = "deleted".to_owned();
    let reason = Reason::ChannelNotFound { channel };
    gateway
        .router
        .reply_health(HealthReply::Rejected(reason.into()));
    let answer = gateway.get(&signed(CODE, "h-1", NOW, "")).await;
    assert_eq!((answer.status, answer.code()), (404, "channel_not_found"));
}

#[tokio::test]
async fn only_verified_requests_count_towards_the_rate() {
    let gateway = TestGateway::with(|config| config.rate = rate(1, 2));
    for _ in 0..50 {
        let answer = gateway.post(&[], &message("wrong")).await;
        assert_eq!(answer.status, 401);
        let answer = gateway.post(&[], "not JSON").await;
        assert_eq!(answer.status, 400);
    }
    assert_ok(&gateway.post(&[], &message(CODE)).await, "the first");

    // The loop sends faster than one request per second.
    let mut refused = None;
    for _ in 0..1000 {
        let answer = gateway.post(&[], &message(CODE)).await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("a thousand take less than a thousand seconds");
    assert_eq!((refused.status, refused.code()), (429, "rate_limited"));
    let retry_after = refused.headers["retry-after"].to_str().unwrap();
    assert_eq!(retry_after, "1");
    let received = gateway.router.received().len();
    let answer = gateway.post(&[], &message("wrong")).await;
    assert_eq!(answer.status, 401, "a stranger does not learn of the rate");
    assert_eq!(gateway.router.received().len(), received);
}
