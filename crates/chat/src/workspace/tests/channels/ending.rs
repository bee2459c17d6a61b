use crate::command::SystemCommand;
use crate::messenger::Inbound;
use crate::model::ChannelStatus;
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
fn a_response_to_a_notice_may_end_the_channel() {
    use ChannelStatus::{Active, Disconnected, Interrupted};
    for (status, after) in [(401, Interrupted), (410, Disconnected), (500, Active)] {
        let mut fixture = Fixture::open();
        let generation = fixture.default_channel().generation;
        let fault = SystemCommand::ChannelFault(fixture.channel, generation, status);
        fixture.system(fault);
        assert_eq!(fixture.status(fixture.channel), after, "{status}");
    }
}
