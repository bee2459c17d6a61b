//! The way back in for an administrator without a password.

use crate::broker::{PASSWORD, TestBroker};
use crate::operator::Operator;
use crate::wait::until;

/// Resets the password of `admin`. Returns the new one.
async fn reset(broker: &TestBroker) -> String {
    let output = broker.call(&["user", "reset-password", "admin"]).await;
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let password = text
        .lines()
        .find_map(|line| line.strip_prefix("password: "));
    password.unwrap().to_owned()
}

/// Checks that only this password is the administrator's.
async fn assert_only(broker: &TestBroker, password: &str) {
    let sign_in = async |password: &str| {
        let url = broker.nats_url();
        Operator::sign_in(&url, "admin", password).await.ok()
    };
    until("the new password", async || sign_in(password).await).await;
    assert!(sign_in(PASSWORD).await.is_none());
}

#[tokio::test]
async fn a_password_is_reset_without_signing_in_while_the_broker_runs_or_is_stopped() {
    let mut broker = TestBroker::with(&[]).await;
    let first = reset(&broker).await;
    assert_only(&broker, &first).await;

    broker.stop().await;
    let second = reset(&broker).await;
    assert_ne!(first, second);
    broker.start().await;
    assert_only(&broker, &second).await;

    let output = broker.call(&["user", "reset-password", "nobody"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("nobody"),
        "{output:?}"
    );
}
