use super::fixture::{Fixture, close, disable, members, take, transfer, user};
use crate::command::{Effect, LiveChatCommand, SystemCommand, UserCommand};
use crate::event::{Event, SessionAssigned};
use crate::id::SessionId;
use crate::model::{Group, SessionStatus};
use crate::reason::Reason;
use crate::record::Stream;
use crate::workspace::View;
use crate::workspace::returns::EVENTS_MAX;

fn groups(name: &str, groups: &[Group]) -> UserCommand {
    UserCommand::Update {
        user: user(name),
        name: None,
        groups: Some(groups.to_vec()),
        password_hash: None,
    }
}

/// Asserts that the last command returned this session, and no other, for a reason.
#[track_caller]
fn assert_returned(fixture: &Fixture, session: SessionId, code: &str) {
    let returned = fixture.records.iter().filter_map(|record| {
        let Event::SessionTransferred(e) = &record.event else {
            return None;
        };
        assert_eq!(e.operator, None);
        Some((record.stream.clone(), e.reason.clone()?.code()))
    });
    let wanted = (Stream::Session(session), code);
    assert_eq!(returned.collect::<Vec<_>>(), [wanted]);
    assert_eq!(fixture.session(session).status, SessionStatus::Queued);
    assert_eq!(fixture.session(session).operator, None);
}

#[test]
fn the_sessions_of_a_disabled_user_return_to_the_queue() {
    let (mut fixture, session) = Fixture::with_session();
    let closed = fixture.session_of("ann", "closed");
    fixture.does("ann", close(closed));
    let of_bob = fixture.session_of("bob", "of bob");
    fixture.does("root", disable("ann", true));
    assert_eq!(fixture.kinds(), ["user-disabled", "session-transferred"]);
    assert_returned(&fixture, session, "operator_disabled");
    assert_eq!(fixture.session(of_bob).operator, Some(user("bob")));
    assert_eq!(fixture.session(closed).status, SessionStatus::Closed);
    fixture.does("root", disable("ann", true));
    fixture.assert_no_event();
    fixture.does("bob", take(session));
    fixture.does("root", disable("ann", false));
    assert_eq!(fixture.kinds(), ["user-disabled"]);
}

#[test]
fn the_sessions_of_those_who_leave_a_live_chat_return_to_the_queue() {
    let (mut fixture, first) = Fixture::with_session();
    let second = fixture.session_of("bob", "second");
    let of_sue = fixture.session_of("sue", "of sue");
    let (desk, channel) = (fixture.live_chat, fixture.channel);
    fixture.live_chat = fixture.new_live_chat("other");
    fixture.channel = fixture.new_channel("https://other.example/");
    let elsewhere = fixture.session_of("ann", "elsewhere");
    (fixture.live_chat, fixture.channel) = (desk, channel);
    fixture.does("root", members(desk, &["bob", "rea"]));
    assert_returned(&fixture, first, "operator_left");
    assert_eq!(fixture.session(elsewhere).operator, Some(user("ann")));
    fixture.does("root", members(desk, &["ann", "bob", "sue"]));
    fixture.does("ann", take(first));
    fixture.does("root", members(desk, &[]));
    let kinds = [
        "members-changed",
        "session-transferred",
        "session-transferred",
    ];
    assert_eq!(fixture.kinds(), kinds);
    for session in [first, second] {
        assert_eq!(fixture.session(session).status, SessionStatus::Queued);
    }
    assert_eq!(
        fixture.session(of_sue).operator,
        Some(user("sue")),
        "a supervisor"
    );
}

#[test]
fn the_sessions_of_a_user_who_may_no_longer_work_return_to_the_queue() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does(
        "root",
        groups("ann", &[Group::Operators, Group::Supervisors]),
    );
    assert_eq!(fixture.kinds(), ["user-updated"]);
    fixture.does("root", groups("ann", &[Group::Readers]));
    assert_returned(&fixture, session, "operator_left");
    // A supervisor who is no member works in every live chat, an operator does not.
    fixture.does("sue", take(session));
    fixture.does("root", groups("sue", &[Group::Operators]));
    assert_returned(&fixture, session, "operator_left");
}

#[test]
fn sessions_of_a_deleted_live_chat_close_and_stay_closed() {
    let (mut fixture, session) = Fixture::with_session();
    let live_chat = fixture.live_chat;
    let force = true;
    fixture.does("root", LiveChatCommand::Delete { live_chat, force });
    fixture.does("root", disable("ann", true));
    assert_eq!(fixture.kinds(), ["user-disabled"]);
    assert_eq!(fixture.session(session).status, SessionStatus::Closed);
}

#[test]
fn sessions_beyond_one_frame_follow() {
    let mut fixture = Fixture::open();
    let count = EVENTS_MAX + 10;
    for n in 0..count {
        fixture.session_of("ann", &n.to_string());
    }
    fixture.does("root", disable("ann", true));
    assert_eq!(fixture.records.len(), EVENTS_MAX);
    let more = Effect::ReturnSessions(user("ann"));
    assert!(fixture.effects.contains(&more));
    fixture.system(SystemCommand::ReturnSessions(user("ann")));
    assert!(fixture.effects.is_empty());
    let queue = View::Queue(fixture.live_chat);
    assert_eq!(fixture.workspace.page(&[queue], None).count(), count);
    assert_eq!(fixture.workspace.assigned_users().count(), 0);
}

#[test]
fn sessions_of_several_who_leave_beyond_one_frame_follow() {
    let mut fixture = Fixture::open();
    let each = EVENTS_MAX / 2 + 10;
    for n in 0..each {
        fixture.session_of("ann", &format!("of ann {n}"));
        fixture.session_of("bob", &format!("of bob {n}"));
    }
    let live_chat = fixture.live_chat;
    fixture.does("root", members(live_chat, &["rea"]));
    assert_eq!(fixture.records.len(), EVENTS_MAX);
    let more = Effect::ReturnSessions(user("bob"));
    assert!(fixture.effects.contains(&more), "{:?}", fixture.effects);
    assert!(
        !fixture
            .effects
            .contains(&Effect::ReturnSessions(user("ann")))
    );
    fixture.system(SystemCommand::ReturnSessions(user("bob")));
    let queue = View::Queue(live_chat);
    assert_eq!(fixture.workspace.page(&[queue], None).count(), 2 * each);
}

/// Older versions left sessions with users who may not work on them.
#[test]
fn sessions_that_an_older_version_left_behind_are_returned() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("ann", transfer(session, None));
    let assigned = SessionAssigned {
        operator: user("eve"),
        from: None,
    };
    fixture.wrote(Stream::Session(session), assigned);
    let users: Vec<_> = fixture.workspace.assigned_users().cloned().collect();
    assert_eq!(users, [user("eve")]);
    fixture.system(SystemCommand::ReturnSessions(user("eve")));
    assert_returned(&fixture, session, "operator_left");
    let left = Reason::OperatorLeft {
        name: "EVE".to_owned(),
    };
    assert_eq!(fixture.records[0].event.reason(), Some(left));
    fixture.does("ann", take(session));
    fixture.system(SystemCommand::ReturnSessions(user("ann")));
    fixture.assert_no_event();
}
