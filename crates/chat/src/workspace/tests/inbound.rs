use super::fixture::{Fixture, delete, deleted, disconnect, edited, message, user};
use crate::command::{Effect, Reply, Request, SystemCommand};
use crate::content::{Content, File};
use crate::event::Event;
use crate::messenger::Inbound;
use crate::model::{ChannelStatus, SessionStatus};
use crate::reason::Reason;
use crate::rejection::Code;
use crate::rpc::{Accepted, UserCard};
use crate::rules::{PARKED_AGE_MIN, PARKED_MAX};
use crate::state::NoticeKind;

#[test]
fn a_first_message_creates_a_contact_and_opens_a_session() {
    let mut fixture = Fixture::open();
    let accepted = fixture.writes("1", "chat", "eva");
    let kinds = ["contact-created", "session-opened", "message-received"];
    assert_eq!(fixture.kinds(), kinds);
    assert_eq!(accepted.position, fixture.workspace.position);
    assert!(!accepted.duplicate);
    let session = fixture.session(accepted.session_id);
    assert_eq!((session.status, session.unread), (SessionStatus::Queued, 1));
    let next = fixture.writes("2", "chat", "eva");
    assert_eq!(fixture.kinds(), ["message-received"]);
    assert_eq!(next.session_id, accepted.session_id);
}

#[test]
fn a_repeated_message_has_no_second_effect() {
    let mut fixture = Fixture::open();
    let first = fixture.writes("1", "chat", "eva");
    let before = fixture.workspace.clone();
    let duplicate = Accepted {
        duplicate: true,
        ..first
    };
    assert_eq!(fixture.writes("1", "chat", "eva"), duplicate);
    assert!(fixture.workspace == before);
    let other = message("1", "chat", "eva", "other text");
    fixture.rejects_inbound(Inbound::Message(other), Code::MessageConflict);
    // An adapter that retries may set another time and another name of the chat.
    let mut stamped = message("1", "chat", "eva", "hello");
    stamped.created_at = Some(fixture.now);
    stamped.external_chat_name = Some("name".to_owned());
    assert!(fixture.accepts(stamped.clone()).duplicate);
    // Ids are scoped to their channel.
    fixture.channel = fixture.new_channel("https://other.example/");
    assert!(!fixture.accepts(stamped).duplicate);
}

#[test]
fn a_repeated_message_may_have_other_queries_in_its_urls() {
    let mut fixture = Fixture::open();
    let with = |id: &str, query: &str| {
        let mut message = message(id, "chat", "eva", "hello");
        message.content.files.push(File {
            name: "a".to_owned(),
            size: None,
            url: format!("http://h/a?{query}"),
        });
        Inbound::Message(message)
    };
    fixture.receive(with("1", "signature=1")).unwrap();
    for query in ["signature=1", "signature=2"] {
        fixture.receive(with("1", query)).unwrap();
        fixture.assert_no_event();
    }
    // An older version stored a digest that includes the query.
    let mut old = Request::inbound(fixture.channel, with("2", "signature=1"));
    old.digest = old.former_digest;
    fixture.request(&old).unwrap();
    fixture.receive(with("2", "signature=1")).unwrap();
    fixture.assert_no_event();
}

#[test]
fn a_message_that_a_messenger_sends_back_has_no_effect() {
    let (mut fixture, session, sent) = Fixture::with_message();
    let echo = message(&sent.to_string(), "chat", "eva", "good day");
    let accepted = fixture.accepts(echo.clone());
    fixture.assert_no_event();
    assert!(accepted.echo && !accepted.duplicate);
    assert_eq!((accepted.message_id, accepted.session_id), (sent, session));

    // Only operators' messages, and only those of the channel.
    let received = fixture.writes("1", "chat", "eva").message_id.to_string();
    assert!(!fixture.accepts(message(&received, "chat", "eva", "x")).echo);
    fixture.channel = fixture.new_channel("https://other.example/");
    assert!(!fixture.accepts(echo).echo);
}

#[test]
fn a_channel_that_is_not_active_accepts_no_new_message() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    fixture.does("root", disconnect(fixture.channel));
    let new = Inbound::Message(message("2", "chat", "eva", "x"));
    let rejection = fixture.rejects_inbound(new, Code::ChannelDisconnected);
    assert_eq!(rejection.details["channelStatus"], "disconnected");
    assert!(fixture.writes("1", "chat", "eva").duplicate);
    fixture.receive(Inbound::Disconnect).unwrap();
    fixture.assert_no_event();
    fixture.does("root", delete(fixture.channel));
    let known = Inbound::Message(message("1", "chat", "eva", "hello"));
    fixture.rejects_inbound(known, Code::ChannelNotFound);
}

#[test]
fn a_messenger_that_disconnects_is_not_notified_of_it() {
    let mut fixture = Fixture::open();
    fixture.receive(Inbound::Disconnect).unwrap();
    let status = fixture.default_channel().status;
    assert_eq!(status, ChannelStatus::Disconnected);
    let notices = fixture.notices(fixture.channel);
    assert!(!notices.contains(&NoticeKind::Disconnect));
}

#[test]
fn a_messenger_can_look_up_operators_who_wrote_to_it() {
    let (mut fixture, session) = Fixture::with_session();
    let ask = |user: &str| Inbound::UserInfo {
        user: user.to_owned(),
    };
    fixture.rejects_inbound(ask("ann"), Code::NotFound);
    fixture.sends("ann", session);
    let card = UserCard {
        id: user("ann"),
        username: "ANN".to_owned(),
    };
    assert_eq!(fixture.receive(ask("ann")).unwrap(), Reply::User(card));
    fixture.rejects_inbound(ask("bob"), Code::NotFound);
    fixture.rejects_inbound(ask("no login!"), Code::NotFound);
}

#[test]
fn typing_is_passed_on_and_not_stored() {
    let mut fixture = Fixture::open();
    let typing = |chat: &str| Inbound::Typing {
        external_chat_id: chat.to_owned(),
        external_user_id: "eva".to_owned(),
    };
    fixture.receive(typing("chat")).unwrap();
    assert_eq!(fixture.effects, []);
    let session = fixture.writes("1", "chat", "eva").session_id;
    fixture.receive(typing("another")).unwrap();
    assert_eq!(fixture.effects, []);
    fixture.receive(typing("chat")).unwrap();
    assert!(fixture.records.is_empty());
    let typing = Effect::Typing(session, fixture.contact("eva"));
    assert_eq!(fixture.effects, [typing]);
}

#[test]
fn an_author_edits_and_deletes_a_message() {
    let mut fixture = Fixture::open();
    let id = fixture.writes("1", "chat", "eva").message_id;
    fixture.receive(edited("1", "new text")).unwrap();
    let extra = fixture.message(id).extra();
    assert_eq!(extra.edited, fixture.workspace.position);
    assert!(fixture.contents().contains(&Content::text("new text")));
    fixture.receive(deleted("1")).unwrap();
    assert_eq!(fixture.message(id).extra().deleted, Some(fixture.now));
    for late in [edited("1", "too late"), deleted("1")] {
        fixture.receive(late).unwrap();
        fixture.assert_no_event();
    }
}

#[test]
fn edits_that_arrive_before_their_message_are_parked() {
    let mut fixture = Fixture::open();
    fixture.receive(edited("1", "new text")).unwrap();
    let parked_at = fixture.workspace.position;
    fixture.receive(edited("2", "other text")).unwrap();
    fixture.receive(deleted("1")).unwrap();
    let accepted = fixture.writes("1", "chat", "eva");
    let kinds = [
        "contact-created",
        "session-opened",
        "message-received",
        "message-edited",
        "message-deleted",
    ];
    assert_eq!(fixture.kinds(), kinds);
    assert_eq!(accepted.position + 2, fixture.workspace.position);
    let message = fixture.message(accepted.message_id);
    assert_eq!(message.position, accepted.position);
    assert_eq!(message.extra().edited, parked_at);
    assert!(message.extra().deleted.is_some());
    assert_eq!(fixture.default_channel().parked, 1);
    assert!(fixture.writes("1", "chat", "eva").duplicate);
}

#[test]
fn beyond_the_limit_an_edit_is_rejected_until_the_oldest_may_be_dropped_with_its_key() {
    let mut fixture = Fixture::open();
    for n in 0..PARKED_MAX {
        fixture.receive(edited(&n.to_string(), "x")).unwrap();
    }
    fixture.receive(edited("1", "a newer edit")).unwrap();
    assert!(fixture.effects.is_empty());
    for more in [edited("more", "x"), deleted("more")] {
        let rejection = fixture.receive(more).unwrap_err();
        assert_eq!(rejection.reason, Reason::EditsFull { limit: 1_000 });
        assert_eq!(fixture.default_channel().parked, PARKED_MAX);
    }
    fixture.wait(PARKED_AGE_MIN);
    fixture.receive(edited("more", "x")).unwrap();
    assert!(matches!(&fixture.effects[..], [Effect::DropEdit(_)]));
    assert_eq!(fixture.default_channel().parked, PARKED_MAX);
    for (id, last) in [("0", "message-received"), ("1", "message-edited")] {
        fixture.writes(id, "chat", "eva");
        assert_eq!(fixture.kinds().last(), Some(&last), "{id}");
    }
    // A parked edit has no contact, so its key is destroyed with the channel.
    fixture.does("root", delete(fixture.channel));
    let keys = fixture.effects.iter().map(|effect| match effect {
        Effect::DestroyKeys(keys) => keys.len(),
        _ => 0,
    });
    assert_eq!(keys.sum::<usize>(), PARKED_MAX as usize - 1);
}

#[test]
fn a_message_may_reply_to_another_by_either_id() {
    let mut fixture = Fixture::open();
    let first = fixture.writes("1", "chat", "eva").message_id;
    for (reference, resolved) in [
        ("1", Some(first)),
        (&first.to_string(), Some(first)),
        ("nothing", None),
    ] {
        let mut reply = message(&format!("to {reference}"), "chat", "eva", "x");
        reply.reply_to = Some(reference.to_owned());
        fixture.accepts(reply);
        let Event::MessageReceived(e) = &fixture.records[0].event else {
            panic!()
        };
        assert_eq!(e.reply_to, resolved, "{reference}");
    }
}

#[test]
fn notices_are_numbered_and_settled_ones_are_removed() {
    let mut fixture = Fixture::open();
    fixture.writes("1", "chat", "eva");
    assert_eq!(fixture.notice_numbers(), [0, 1, 2]);
    for settled in [vec![1, 7], vec![1]] {
        fixture.system(SystemCommand::NoticesSettled(fixture.channel, settled));
    }
    fixture.assert_no_event();
    assert_eq!(fixture.workspace.notices.len(), 2);
}
