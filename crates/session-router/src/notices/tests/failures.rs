//! Notices that fail, and how many are in flight.

use super::*;

/// Messages of this many people, whose profiles are requested.
fn people(shell: &mut Shell, channel: ChannelId, count: usize) {
    for n in 0..count {
        let chat = format!("chat {n}");
        shell.writes(channel, &chat, &chat, "hello");
    }
}

#[test]
fn a_lane_pauses_after_failures_in_a_row_however_many_notices_wait() {
    let (mut shell, channel) = fixture();
    people(&mut shell, channel, 4);
    let mut notices = Notices::new();
    let first = started(&mut notices, shell.now, &mut shell);
    let failed_at = shell.now;
    for notice in &first {
        let outcome = finish(&mut notices, &shell, notice, &nobody());
        assert_eq!(outcome, NoticeOutcome::Retry);
    }
    people(&mut shell, channel, 8);
    assert_eq!(started(&mut notices, failed_at, &mut shell), []);
    let rested = failed_at.plus(PAUSE_MIN);
    assert_eq!(
        notices.next_due(failed_at),
        Some(rested),
        "it wakes the loop"
    );
    assert_eq!(
        started(&mut notices, rested, &mut shell).len(),
        1,
        "one probe"
    );
}

#[test]
fn the_pause_doubles_with_each_failed_probe_and_not_with_notices_in_flight() {
    let (mut shell, channel) = fixture();
    people(&mut shell, channel, 8);
    let mut notices = Notices::new();
    let mut next = started(&mut notices, shell.now, &mut shell);
    assert_eq!(next.len(), 8);
    for ms in [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000] {
        for notice in &next {
            finish(&mut notices, &shell, notice, &nobody());
        }
        let until = notices.lanes[&channel].resumes_at(shell.now).unwrap();
        assert_eq!(until.since(shell.now), Duration::from_millis(ms));
        shell.now = until;
        next = started(&mut notices, shell.now, &mut shell);
        assert_eq!(next.len(), 1, "one probe");
    }
}

#[test]
fn notices_that_fail_do_not_hold_up_those_that_succeed() {
    let (mut shell, channel) = fixture();
    people(&mut shell, channel, 100);
    let (mut notices, mut sent, mut failed) = (Notices::new(), 0, 0);
    loop {
        // Everything at one time: nothing waits for a pause.
        let now = started(&mut notices, shell.now, &mut shell);
        if now.is_empty() {
            break;
        }
        for (notice, n) in now.iter().zip(0..) {
            if n % 4 == 0 {
                finish(&mut notices, &shell, notice, &nobody());
                failed += 1;
            } else {
                finish(&mut notices, &shell, notice, &accepted());
                sent += 1;
            }
        }
    }
    assert!(sent >= 75 && failed >= 25, "{sent} sent, {failed} failed");
}

#[test]
fn a_channel_has_more_notices_in_flight_while_its_messenger_is_quick() {
    for (ms, share) in [(24, 64), (25, 32)] {
        let (mut shell, channel) = fixture();
        people(&mut shell, channel, 96);
        let mut notices = Notices::new();
        let first = started(&mut notices, shell.now, &mut shell);
        assert_eq!(first.len(), 32);
        let reply = AttemptReply { ms, ..accepted() };
        for notice in &first {
            finish(&mut notices, &shell, notice, &reply);
        }
        let second = started(&mut notices, shell.now, &mut shell);
        assert_eq!(second.len(), share);
    }
}

#[test]
fn settled_notices_are_recorded_at_once_in_parts() {
    let (_, channel) = fixture();
    let mut notices = Notices::new();
    notices.settled.insert(channel, (0..2_500).collect());
    let parts = notices.take_settled(1_000);
    let lengths: Vec<_> = parts.iter().map(|(_, part)| part.len()).collect();
    assert_eq!(lengths, [1_000, 1_000, 500]);
    assert!(notices.take_settled(1_000).is_empty());
}
