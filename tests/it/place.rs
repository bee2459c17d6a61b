//! Copies of a data directory, and the nats-server that belongs to a broker.

use std::fs;

use crate::broker::TestBroker;
use crate::http;
use crate::ports;
use crate::program::{self, Program};
use crate::wait::until;

#[tokio::test]
async fn a_restored_copy_is_refused_until_it_is_adopted_and_leaves_the_original_alone() {
    let mut broker = TestBroker::init(&[]).await;
    // As in a directory of an older version.
    let record = broker.data().join("place.toml");
    fs::remove_file(&record).unwrap();
    broker.start().await;
    assert!(record.exists());
    broker.stop().await;
    let copy = broker.copy_data();
    broker.start().await;
    // As in a copy of a running broker's directory.
    fs::copy(broker.data().join("nats/child"), copy.join("nats/child")).unwrap();
    let nats = broker.nats_server();

    let refused = program::output(&mut broker.command_on(&copy, &["up"])).await;
    assert_eq!(refused.status.code(), Some(78));
    let error = String::from_utf8(refused.stderr).unwrap();
    let original = broker.data().canonicalize().unwrap();
    for part in [
        original.to_str().unwrap(),
        copy.to_str().unwrap(),
        "--adopt",
    ] {
        assert!(error.contains(part), "{part:?} is not in {error}");
    }

    for args in [&["up", "--adopt"][..], &["up"]] {
        let addresses = ports::free::<5>();
        let mut up = broker.command_on(&copy, args);
        for (key, address) in ports::LISTENERS.into_iter().zip(addresses) {
            up.arg("--set").arg(format!("{key}={address}"));
        }
        let mut second = Program::start(&mut up, &broker.test_dir().join("second"));
        let url = format!("http://{}/readyz", addresses[2]);
        until("the copy is ready", async || {
            assert_eq!(second.exit_status(), None);
            let reply = http::send(&hyper::Method::GET, &url, &[], b"").await.ok()?;
            (reply.status == 200).then_some(())
        })
        .await;
        second.signal("TERM");
        assert!(second.wait().await.success());
    }
    assert_eq!(broker.nats_server(), nats);
    broker.stop().await;
}

#[tokio::test]
async fn a_killed_broker_takes_its_nats_server_with_it() {
    let mut broker = TestBroker::with(&[]).await;
    // A restarted server belongs to the broker too.
    for nth in 1..=2 {
        program::signal(broker.nats_server(), "KILL");
        until("it is restarted", async || {
            (broker.log().matches("restarting it").count() == nth).then_some(())
        })
        .await;
        broker.ready().await;
        broker.kill().await;
        until("nothing is left running", async || {
            program::processes_of(&broker.data(), None)
                .is_empty()
                .then_some(())
        })
        .await;
        broker.start().await;
    }
}
