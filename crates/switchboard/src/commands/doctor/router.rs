//! The session routers of the workspace, as they claim it on the bus.

use std::collections::BTreeMap;
use std::time::Duration;

use bus::Bus;
use chat::codec;
use chat::rpc::{LeaseClaim, Standing};
use chat::subject::Subjects;

use super::finding::Finding;
use crate::data::{Data, place};

const CHECK: &str = "router";
/// How long claims are collected. A session router sends one every 150 ms.
const LISTEN: Duration = Duration::from_secs(1);

/// Listens to the claims and compares them with this directory, whose log is open or not.
pub(super) async fn router(
    bus: &Bus,
    workspace: &Subjects,
    data: &Data,
    is_log_open: bool,
) -> Vec<Finding> {
    let claims = match collect(bus, workspace).await {
        Ok(claims) => claims,
        Err(error) => return vec![Finding::wrong(CHECK, bus::chain(&error))],
    };
    let path = data.path().canonicalize();
    let path = path.as_deref().unwrap_or(data.path()).display().to_string();
    let ours = |claim: &LeaseClaim| claim.owner.host == place::host() && claim.owner.data == path;
    judge(&claims, ours, is_log_open, workspace.as_str())
}

/// The newest claim of each session router.
async fn collect(bus: &Bus, workspace: &Subjects) -> Result<Vec<LeaseClaim>, bus::Error> {
    let mut received = bus.subscribe(&workspace.lease(), None).await?;
    let mut claims = BTreeMap::new();
    let listen = async {
        while let Some(message) = received.next().await {
            // A claim of another version cannot be judged.
            if let Ok(claim) = codec::decode::<LeaseClaim>(&message.payload) {
                claims.insert(claim.owner.id, claim);
            }
        }
    };
    // It ends by the timeout.
    drop(tokio::time::timeout(LISTEN, listen).await);
    Ok(claims.into_values().collect())
}

fn judge(
    claims: &[LeaseClaim],
    is_ours: impl Fn(&LeaseClaim) -> bool,
    is_log_open: bool,
    workspace: &str,
) -> Vec<Finding> {
    let (ours, others): (Vec<_>, Vec<_>) = claims.iter().partition(|claim| is_ours(claim));
    let mut findings: Vec<Finding> = others
        .iter()
        .chain(ours.iter().skip(1))
        .map(|other| {
            let message = format!(
                "another session router is on this NATS: {}; workspace {workspace} may have one, so stop \
                 the one that should not run",
                other.owner
            );
            Finding::wrong(CHECK, message)
        })
        .collect();
    match ours.first() {
        Some(claim) if claim.standing == Standing::Holder => {
            findings.push(Finding::ok(CHECK, "holds the lease of the workspace"));
        }
        Some(claim) => {
            let message = format!(
                "{} does not hold the lease of the workspace; if it stays so, check its connection to NATS \
                 and its log",
                claim.owner
            );
            findings.push(Finding::wrong(CHECK, message));
        }
        None if is_log_open => findings.push(Finding::wrong(
            CHECK,
            "a process has the log open, but does not claim the lease of the workspace: it is stopped, \
             hangs or is not connected to this NATS; if it is a session router, check its log and restart it",
        )),
        None if others.is_empty() => {
            let message = format!(
                "NATS runs, but no session router serves workspace {workspace}, so messengers get 503; \
                 start the broker"
            );
            findings.push(Finding::warning(CHECK, message));
        }
        None => {}
    }
    findings
}

#[cfg(test)]
mod tests {
    use chat::rpc::LeaseOwner;
    use chat::time::Timestamp;

    use super::*;

    fn claim(id: u64, standing: Standing) -> LeaseClaim {
        let owner = LeaseOwner {
            since: Timestamp::from_micros(0),
            id,
            host: "desk".to_owned(),
            data: format!("/data/{id}"),
            pid: 100,
        };
        LeaseClaim {
            owner,
            standing,
            sent_us: 0,
        }
    }

    #[test]
    fn only_one_router_that_holds_its_lease_is_right() {
        use Standing::{Former, Holder, Starting};
        for (claims, is_log_open, words) in [
            (&[(1, Holder)][..], true, &["ok"][..]),
            (&[(1, Former)], true, &["wrong"]),
            (&[(1, Starting)], false, &["wrong"]),
            (&[(1, Holder), (2, Starting)], true, &["wrong", "ok"]),
            (&[(2, Holder)], true, &["wrong", "wrong"]),
            (&[(2, Holder)], false, &["wrong"]),
            (&[], true, &["wrong"]),
            (&[], false, &["warning"]),
        ] {
            let claims: Vec<_> = claims.iter().map(|(id, how)| claim(*id, *how)).collect();
            let is_ours = |claim: &LeaseClaim| claim.owner.id == 1;
            let findings = judge(&claims, is_ours, is_log_open, "default");
            let found: Vec<_> = findings.iter().map(Finding::word).collect();
            assert_eq!(found, words, "{findings:?}");
        }
    }
}
