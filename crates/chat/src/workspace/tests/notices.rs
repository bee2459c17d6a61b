//! How many notices wait.

use super::fixture::Fixture;
use crate::command::SystemCommand;
use crate::rules::{NOTICES_MAX, Rules};
use crate::state::NoticeKind;

/// Queues notices about the first message of a session.
fn queue(fixture: &mut Fixture, count: usize) {
    let message = fixture.writes("read", "read", "eva").message_id;
    for _ in 0..count {
        let kind = NoticeKind::Read(message);
        let (channel, now) = (fixture.channel, fixture.now);
        fixture.workspace.push_notice(channel, kind, now);
    }
}

#[test]
fn the_oldest_notice_is_dropped_and_counted_when_too_many_wait() {
    let mut fixture = Fixture::open();
    let before = fixture.workspace.notices_of(fixture.channel);
    queue(&mut fixture, NOTICES_MAX);
    assert_eq!(fixture.workspace.notices_of(fixture.channel), NOTICES_MAX);
    let queued = fixture.default_channel().next_notice;
    let dropped = fixture.default_channel().dropped_notices;
    assert_eq!(
        usize::try_from(queued - dropped).unwrap(),
        NOTICES_MAX - before
    );
    let first = fixture.notice_numbers()[0];
    assert_eq!(first, dropped);
}

/// Several messages may be accepted between two looks at the number.
#[test]
fn messages_are_rejected_well_before_notices_are_dropped() {
    let rejected_from = Rules::standard().notices_full;
    assert!((10_000..=NOTICES_MAX - 10_000).contains(&rejected_from));
}

#[test]
fn only_notices_that_wait_count_however_many_were_sent_since_the_oldest() {
    let mut fixture = Fixture::open();
    queue(&mut fixture, 1);
    let oldest = fixture.notice_numbers()[0];
    for _ in 0..3 {
        queue(&mut fixture, NOTICES_MAX / 2);
        let sent = fixture.notice_numbers().split_off(1);
        fixture.system(SystemCommand::NoticesSettled(fixture.channel, sent));
    }
    assert_eq!(fixture.notice_numbers(), [oldest]);
    assert_eq!(fixture.workspace.notices_of(fixture.channel), 1);
    assert_eq!(fixture.default_channel().dropped_notices, 0);
}

/// Otherwise the person would have no name for a day.
#[test]
fn a_profile_request_that_was_dropped_is_made_again() {
    let mut fixture = Fixture::open();
    let asking = |fixture: &Fixture| {
        let contact = fixture.contact("chat's");
        fixture.workspace.contact(contact).unwrap().asking
    };
    fixture.session_of("ann", "chat");
    assert!(asking(&fixture));
    queue(&mut fixture, NOTICES_MAX);
    assert!(!asking(&fixture));
    fixture.writes("again", "chat", "chat's");
    assert!(asking(&fixture));
}

#[test]
fn the_number_of_waiting_notices_is_the_same_after_a_restart() {
    let mut fixture = Fixture::open();
    queue(&mut fixture, 5);
    let live = fixture.workspace.notices_of(fixture.channel);
    fixture.workspace.rebuild_index();
    assert_eq!(fixture.workspace.notices_of(fixture.channel), live);
}
