use std::time::Duration;

use super::fixture::{
    Fixture, answer, close, delete, disconnect, note, reopen, send, start, start_with, take,
    transfer, transfer_with_note, update, user,
};
use crate::command::{Command, Person, Update};
use crate::content::TEXT_CHARS_MAX;
use crate::event::{Event, SessionAssigned};
use crate::id::SessionId;
use crate::model::{OpenedBy, SessionStatus};
use crate::record::Answer;
use crate::rejection::Code;
use crate::workspace::View;

#[track_caller]
fn assert_assigned(fixture: &Fixture, session: SessionId, name: &str) {
    let session = fixture.session(session);
    assert_eq!(session.status, SessionStatus::Assigned);
    assert_eq!(session.operator, Some(user(name)));
}

/// The number of sessions in each view of a user.
fn views(fixture: &Fixture, name: &str) -> [usize; 4] {
    let desk = fixture.live_chat;
    [
        View::Queue(desk),
        View::Active(desk),
        View::Mine(user(name)),
        View::Closed(desk),
    ]
    .map(|view| fixture.workspace.page(&[view], None).count())
}

#[test]
fn a_session_goes_from_the_queue_to_operators_until_it_is_closed() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    assert_eq!(views(&fixture, "ann"), [1, 0, 0, 0]);
    fixture.does("ann", take(session));
    assert_eq!(views(&fixture, "ann"), [0, 1, 1, 0]);
    fixture.does("ann", transfer(session, Some("bob")));
    assert_eq!(views(&fixture, "ann"), [0, 1, 0, 0]);
    assert_eq!(views(&fixture, "bob"), [0, 1, 1, 0]);
    fixture.does("bob", transfer(session, None));
    assert_eq!(views(&fixture, "bob"), [1, 0, 0, 0]);
    fixture.does("bob", take(session));
    fixture.does("bob", close(session));
    assert_eq!(views(&fixture, "bob"), [0, 0, 0, 1]);
    let next = fixture.writes("2", "chat", "eva").session_id;
    assert_eq!(fixture.session(next).previous, Some(session));
}

#[test]
fn a_session_has_one_operator_and_taking_it_again_changes_nothing() {
    let (mut fixture, session) = Fixture::with_session();
    let rejection = fixture.rejects("bob", take(session), Code::AlreadyAssigned);
    assert_eq!(rejection.details["operator"], "ann");
    fixture.does("ann", take(session));
    fixture.assert_no_event();
}

#[test]
fn supervisors_and_administrators_take_over_a_session_of_a_colleague() {
    let (mut fixture, session) = Fixture::with_session();
    let mut before = "ann";
    for name in ["sue", "root"] {
        fixture.does(name, take(session));
        assert_assigned(&fixture, session, name);
        let from = Event::SessionAssigned(SessionAssigned {
            operator: user(name),
            from: Some(user(before)),
        });
        assert_eq!(fixture.records[0].event, from);
        fixture.does(name, take(session));
        fixture.assert_no_event();
        before = name;
    }
    let rejection = fixture.rejects("ann", take(session), Code::AlreadyAssigned);
    assert_eq!(rejection.details["operator"], "root");
    fixture.rejects("ann", send(session, "x"), Code::NotAssigned);
}

#[test]
fn a_supervisor_who_answers_a_queued_session_takes_it() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    fixture.rejects("ann", send(session, "x"), Code::NotAssigned);
    let reply = fixture.does("sue", send(session, "x"));
    assert_eq!(fixture.kinds(), ["session-assigned", "message-sent"]);
    assert_assigned(&fixture, session, "sue");
    let (id, position) = answer!(reply.clone(), Answer::Message(id, at) => (id, at));
    assert_eq!(fixture.workspace.message(id).unwrap().1.position, position);
    let (request, _) = fixture.last.clone().unwrap();
    assert_eq!(fixture.request(&request).unwrap(), reply);
    fixture.assert_no_event();
    fixture.does("sue", transfer(session, None));
    fixture.does("root", send(session, "y"));
    assert_assigned(&fixture, session, "root");
}

#[test]
fn a_supervisor_who_answers_a_session_of_a_colleague_does_not_take_it() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("sue", send(session, "x"));
    assert_eq!(fixture.kinds(), ["message-sent"]);
    assert_assigned(&fixture, session, "ann");
    fixture.does("ann", transfer(session, None));
    fixture.does("sue", note(session, "y"));
    assert_eq!(fixture.session(session).status, SessionStatus::Queued);
}

#[test]
fn only_staff_takes_sessions() {
    let mut fixture = Fixture::open();
    let session = fixture.writes("1", "chat", "eva").session_id;
    for name in ["rea", "eve"] {
        fixture.rejects(name, take(session), Code::Forbidden);
    }
    let unknown = SessionId::from_bytes([9; 16]);
    fixture.rejects("ann", take(unknown), Code::NotFound);
}

#[test]
fn only_the_operator_and_supervisors_transfer_a_session() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.rejects("bob", transfer(session, Some("bob")), Code::NotAssigned);
    for to in ["eve", "rea", "nobody"] {
        fixture.rejects("ann", transfer(session, Some(to)), Code::Invalid);
    }
    fixture.does("ann", transfer(session, Some("ann")));
    fixture.assert_no_event();
    fixture.does("sue", transfer(session, Some("sue")));
    assert_assigned(&fixture, session, "sue");
    fixture.does("sue", transfer(session, None));
    fixture.rejects("ann", transfer(session, Some("bob")), Code::NotAssigned);
}

#[test]
fn the_note_of_a_transfer_is_a_note_of_the_session() {
    let (mut fixture, session) = Fixture::with_session();
    let to_bob = |note| transfer_with_note(session, Some("bob"), note);
    let long = "x".repeat(TEXT_CHARS_MAX + 1);
    fixture.rejects("ann", to_bob(Some(&long)), Code::Invalid);
    fixture.does("ann", to_bob(Some("wants a refund")));
    assert_eq!(fixture.kinds(), ["note-added", "session-transferred"]);
    fixture.does("bob", transfer_with_note(session, None, Some(" ")));
    assert_eq!(fixture.kinds(), ["session-transferred"]);
}

#[test]
fn a_closed_session_stays_closed() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("ann", close(session));
    for command in [
        close(session),
        take(session),
        transfer(session, None),
        send(session, "x"),
    ] {
        fixture.rejects("ann", command, Code::SessionClosed);
    }
}

#[test]
fn a_closed_session_is_reopened_for_an_operator_or_for_the_queue() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("ann", close(session));
    fixture.does("bob", reopen(session, false));
    assert_eq!(fixture.kinds(), ["session-reopened"]);
    assert_assigned(&fixture, session, "bob");
    assert_eq!(fixture.session(session).closed_at, None);
    assert_eq!(views(&fixture, "bob"), [0, 1, 1, 0]);
    assert_eq!(fixture.writes("2", "chat", "eva").session_id, session);
    fixture.does("bob", send(session, "x"));
    fixture.does("bob", close(session));
    fixture.does("ann", reopen(session, true));
    assert_eq!(views(&fixture, "ann"), [1, 0, 0, 0]);
    assert_eq!(fixture.session(session).operator, None);
    fixture.does("ann", take(session));
}

#[test]
fn a_session_is_not_reopened_while_its_chat_has_an_open_one() {
    let (mut fixture, first) = Fixture::with_session();
    let open = |fixture: &mut Fixture| {
        let rejection = fixture.rejects("ann", reopen(first, false), Code::SessionAlreadyOpen);
        rejection.details["sessionId"].clone()
    };
    assert_eq!(open(&mut fixture), first.to_string());
    fixture.does("ann", close(first));
    let second = fixture.writes("2", "chat", "eva").session_id;
    assert_eq!(open(&mut fixture), second.to_string());
    fixture.does("sue", close(second));
    fixture.does("ann", reopen(first, false));
    let rejection = fixture.rejects("ann", reopen(second, true), Code::SessionAlreadyOpen);
    assert_eq!(rejection.details["sessionId"], first.to_string());
    let other = fixture.session_of("ann", "another chat");
    fixture.does("ann", close(other));
    fixture.does("ann", reopen(other, false));
}

#[test]
fn a_session_is_reopened_only_by_staff_and_while_its_person_and_channel_exist() {
    let (mut fixture, session) = Fixture::with_session();
    fixture.does("ann", close(session));
    for name in ["rea", "eve"] {
        fixture.rejects(name, reopen(session, false), Code::Forbidden);
    }
    let unknown = SessionId::from_bytes([9; 16]);
    fixture.rejects("ann", reopen(unknown, false), Code::NotFound);
    // Messages wait until the channel is connected again.
    fixture.does("root", disconnect(fixture.channel));
    fixture.does("ann", reopen(session, false));
    fixture.does("root", Command::Forget(fixture.contact("chat's")));
    fixture.rejects("ann", reopen(session, true), Code::ContactForgotten);
    let other = fixture.new_channel("https://other.example/");
    fixture.channel = other;
    let session = fixture.session_of("ann", "chat");
    fixture.does("root", delete(other));
    fixture.rejects("ann", reopen(session, false), Code::NotFound);
}

#[test]
fn an_operator_starts_a_session() {
    let mut fixture = Fixture::open();
    let create = start(fixture.channel, "chat", Some("good day"));
    let id = answer!(fixture.does("ann", create), Answer::Session(id) => id);
    let kinds = ["contact-created", "session-opened", "message-sent"];
    assert_eq!(fixture.kinds(), kinds);
    assert_assigned(&fixture, id, "ann");
    assert_eq!(fixture.session(id).opened_by, OpenedBy::Operator);
    assert_eq!(fixture.due().len(), 1);

    let again = start(fixture.channel, "chat", None);
    let rejection = fixture.rejects("bob", again, Code::SessionAlreadyOpen);
    assert_eq!(rejection.details["sessionId"], id.to_string());
    assert_eq!(fixture.writes("1", "chat", "eva").session_id, id);
}

#[test]
fn a_session_is_started_only_by_staff_on_an_active_channel_that_allows_it() {
    let mut fixture = Fixture::open();
    let channel = fixture.channel;
    let create = start(channel, "chat", None);
    let long = start(channel, &"x".repeat(256), None);
    fixture.rejects("ann", long, Code::Invalid);
    fixture.rejects("eve", create.clone(), Code::Forbidden);
    let forbid = Update {
        operator_initiated: Some(false),
        ..update(channel)
    };
    for (change, code) in [
        (forbid.into(), Code::NotEnabled),
        (disconnect(channel), Code::ChannelDisconnected),
        (delete(channel), Code::NotFound),
    ] {
        fixture.does("root", change);
        fixture.rejects("ann", create.clone(), code);
    }
}

#[test]
fn a_session_with_a_known_contact_is_on_the_chat_of_its_last_session() {
    let (mut fixture, first) = Fixture::with_session();
    fixture.does("ann", close(first));
    let person = Person::Contact(fixture.contact("chat's"));
    let create = start_with(fixture.channel, person.clone(), None);
    let second = answer!(fixture.does("bob", create), Answer::Session(id) => id);
    let second = fixture.session(second);
    assert_eq!(second.chat(), fixture.session(first).chat());
    let numbers = &fixture
        .workspace
        .contacts
        .get(&second.contact)
        .unwrap()
        .keys;
    let key = super::values::key(numbers[0]);
    assert_eq!(second.external_chat_id.open(Some(&key)).unwrap(), "chat");
    assert_eq!(second.previous, Some(first));
    let other = fixture.new_channel("https://other.example/");
    fixture.rejects("bob", start_with(other, person, None), Code::Invalid);
}

#[test]
fn a_view_is_paged_from_the_newest_session() {
    let mut fixture = Fixture::open();
    let mut sessions = Vec::new();
    for n in 0..5 {
        fixture.wait(Duration::from_secs(1));
        let accepted = fixture.writes(&n.to_string(), &format!("chat {n}"), "eva");
        sessions.push(accepted.session_id);
    }
    sessions.reverse();
    let queue = [View::Queue(fixture.live_chat)];
    let page = |after| fixture.workspace.page(&queue, after).map(|(key, _)| key);
    assert!(page(None).map(|(_, id)| id).eq(sessions.clone()));
    let third = page(None).nth(2);
    let rest = page(third).map(|(_, id)| id);
    assert!(rest.eq(sessions[3..].iter().copied()));
}
