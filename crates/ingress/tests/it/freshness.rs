//! The cache of channels' access: its lifetime, and when an entry is fetched again.

use chat::rpc::{HealthReply, InboundReply, Security};

use crate::fake_router::{access, rotating};
use crate::test_gateway::{CODE, NOW, TestGateway, assert_ok, assert_problem, message, signed};

#[tokio::test]
async fn access_is_fetched_once_a_minute() {
    let mut gateway = TestGateway::token();
    for (passed, asked) in [(0, 1), (0, 1), (59, 1), (1, 2), (0, 2)] {
        gateway.pass(passed);
        assert_ok(&gateway.post(&[], &message(CODE)).await, "good");
        assert_eq!(
            gateway.router.access_requests(),
            asked,
            "after {passed} s more"
        );
    }
}

#[tokio::test]
async fn a_new_code_works_although_the_old_one_is_cached() {
    let mut gateway = TestGateway::token();
    assert_ok(&gateway.post(&[], &message(CODE)).await, "the old code");
    gateway
        .router
        .set_access(Some(rotating(&[("new", None)], Security::Token, 2)));
    gateway.pass(1);
    assert_ok(&gateway.post(&[], &message("new")).await, "the new code");
    assert_eq!(gateway.router.received()[1].revision, 2);
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_problem(&answer, 401, "unauthorized", "the old code");
}

#[tokio::test]
async fn wrong_proofs_cost_the_router_one_request_a_second() {
    let mut gateway = TestGateway::token();
    for second in 1..4 {
        for _ in 0..20 {
            assert_eq!(gateway.post(&[], &message("wrong")).await.status, 401);
        }
        assert_eq!(gateway.router.access_requests(), second);
        gateway.pass(1);
    }
}

#[tokio::test]
async fn a_request_checked_against_old_codes_is_checked_again() {
    let gateway = TestGateway::token();
    assert_ok(&gateway.post(&[], &message(CODE)).await, "cached");
    let newer = rotating(&[("new", None), (CODE, Some(NOW + 60))], Security::Token, 2);
    gateway.router.set_access(Some(newer));
    gateway.router.reply(Ok(InboundReply::Stale));
    assert_ok(&gateway.post(&[], &message(CODE)).await, "still good");
    let revisions: Vec<u32> = gateway
        .router
        .received()
        .iter()
        .map(|received| received.revision)
        .collect();
    assert_eq!(revisions, [1, 1, 2]);
    assert_eq!(gateway.router.access_requests(), 2);
    assert_ok(&gateway.post(&[], &message(CODE)).await, "cached again");
    assert_eq!(gateway.router.access_requests(), 2);
}

#[tokio::test]
async fn a_request_that_fails_against_the_new_codes_is_refused() {
    let gateway = TestGateway::token();
    assert_ok(&gateway.post(&[], &message(CODE)).await, "cached");
    gateway
        .router
        .set_access(Some(access("new", Security::Token)));
    gateway.router.reply(Ok(InboundReply::Stale));
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_problem(&answer, 401, "unauthorized", "rotated away");
    assert_eq!(gateway.router.received().len(), 2, "no further attempt");
}

#[tokio::test]
async fn codes_that_change_twice_make_the_request_unavailable() {
    let gateway = TestGateway::token();
    gateway.router.reply(Ok(InboundReply::Stale));
    gateway.router.reply(Ok(InboundReply::Stale));
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_problem(&answer, 503, "unavailable", "twice");
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn health_is_checked_again_too() {
    let headers = signed(CODE, "h", NOW, "");
    let gateway = TestGateway::token();
    gateway.router.reply_health(HealthReply::Stale);
    assert_ok(&gateway.get(&headers).await, "once");
    assert_eq!(gateway.router.access_requests(), 2);
    gateway.router.reply_health(HealthReply::Stale);
    gateway.router.reply_health(HealthReply::Stale);
    let answer = gateway.get(&headers).await;
    assert_problem(&answer, 503, "unavailable", "twice");
}

#[tokio::test]
async fn a_missing_channel_is_not_cached() {
    let gateway = TestGateway::token();
    gateway.router.set_access(None);
    let answer = gateway.post(&[], &message(CODE)).await;
    assert_problem(&answer, 404, "channel_not_found", "not yet");
    gateway
        .router
        .set_access(Some(access(CODE, Security::Token)));
    assert_ok(&gateway.post(&[], &message(CODE)).await, "created");
}

#[tokio::test]
async fn a_deleted_channel_is_removed_from_the_cache() {
    let mut gateway = TestGateway::token();
    assert_ok(&gateway.post(&[], &message(CODE)).await, "cached");
    gateway.router.set_access(None);
    gateway.pass(1);
    for token in ["wrong", CODE] {
        let answer = gateway.post(&[], &message(token)).await;
        assert_problem(&answer, 404, "channel_not_found", token);
    }
}
