use std::time::Duration;

use crate::command::SystemCommand;
use crate::messenger::Inbound;
use crate::model::ChannelStatus;
use crate::reason::Reason;
use crate::rejection::Code;
use crate::state::NoticeKind;
use crate::workspace::tests::fixture::{Fixture, delete, read};

#[test]
fn a_deleted_channel_has_no_pending_messages() {
    let (mut fixture, session, message) = Fixture::with_message();
    let id = fixture.channel;
    fixture.does("root", delete(id));
    assert_eq!(
        fixture.kinds(),
        ["session-closed", "channel-status-changed"]
    );
    assert_eq!(fixture.status(id), ChannelStatus::Deleted);
    assert_eq!(fixture.channel(id).pending, 0);
    assert!(fixture.workspace.pending(message).is_none());
    assert!(fixture.workspace.deliveries.is_empty());
    assert!(fixture.due().is_empty() && fixture.next_due().is_none());
    assert_eq!(fixture.notices(id), [NoticeKind::Disconnect]);
    fixture.rejects("root", delete(id), Code::NotFound);
    fixture.rejects_inbound(Inbound::Disconnect, Code::ChannelNotFound);
    // Reading the history does not notify the messenger.
    fixture.does("ann", read(session, fixture.first_of(session)));
    assert_eq!(fixture.notices(id), [NoticeKind::Disconnect]);
}

#[test]
fn a_rejected_notice_shows_in_the_channels_health_and_does_not_end_it() {
    let mut fixture = Fixture::open();
    fixture.writes("m1", "chat", "ada");
    let (id, before) = (fixture.channel, fixture.default_channel().clone());
    let refused = |status| Reason::NoticeRefused {
        request: "userInfo".to_owned(),
        status,
    };
    for (number, status) in [(0, 401), (1, 410)] {
        fixture.system(SystemCommand::NoticeRefused(id, number, refused(status)));
        assert_eq!(fixture.kinds(), ["notices-settled"]);
        let after = fixture.default_channel();
        assert_eq!(after.last_error, Some((fixture.now, refused(status))));
        assert_eq!(after.status, ChannelStatus::Active);
        let same = (after.generation, after.reason.as_ref());
        assert_eq!(same, (before.generation, before.reason.as_ref()));
        assert!(!fixture.notice_numbers().contains(&number));
    }
    // A messenger that rejects every notice does not fill the log.
    fixture.system(SystemCommand::NoticeRefused(id, 2, refused(410)));
    fixture.assert_no_event();
    fixture.wait(Duration::from_mins(1));
    fixture.system(SystemCommand::NoticeRefused(id, 2, refused(410)));
    assert_eq!(fixture.kinds(), ["notices-settled"]);
    // The answer to one that was in flight when the channel was deleted.
    fixture.does("root", delete(id));
    fixture.system(SystemCommand::NoticeRefused(id, 3, refused(401)));
    fixture.assert_no_event();
}

/// The last rejection seems to be in the future.
#[test]
fn a_rejected_notice_is_recorded_after_the_clock_was_set_back() {
    let mut fixture = Fixture::open();
    fixture.writes("m1", "chat", "ada");
    let reason = Reason::NoticeRefused {
        request: "userInfo".to_owned(),
        status: 401,
    };
    let refuse = |fixture: &mut Fixture, number| {
        let refused = SystemCommand::NoticeRefused(fixture.channel, number, reason.clone());
        fixture.system(refused);
        assert_eq!(fixture.kinds(), ["notices-settled"], "{number}");
    };
    refuse(&mut fixture, 0);
    fixture.now = fixture.now.shifted(-3_600_000);
    refuse(&mut fixture, 1);
}
