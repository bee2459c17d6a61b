use std::time::Duration;

use super::fixture::{Fixture, able, answered};
use crate::command::{ChannelCommand, Connect, Effect, SystemCommand, Update};
use crate::event::Event;
use crate::id::{ChannelId, LiveChatId};
use crate::model::{ChannelStatus, Verified};
use crate::reason::Reason;
use crate::rejection::Code;
use crate::rpc::Security;
use crate::secret::Secret;
use crate::state::NoticeKind;
use crate::verification::{Proof, Purpose};

const HOOK: &str = "https://messenger.example/hook";

fn update(channel: ChannelId) -> Update {
    Update {
        channel,
        webhook: None,
        security: None,
        dialect: None,
        operator_initiated: None,
    }
}

fn notices(fixture: &Fixture, id: ChannelId) -> Vec<NoticeKind> {
    let all = fixture.workspace.notices.iter();
    all.filter(|((of, _), _)| *of == id)
        .map(|(_, n)| n.kind.clone())
        .collect()
}

#[test]
fn a_channel_is_pending_until_its_messenger_proves_itself() {
    let mut fixture = Fixture::open();
    let id = fixture.new_pending_channel("HTTPS://Other.example:443/x");
    assert_eq!(fixture.status(id), ChannelStatus::Pending);
    assert_eq!(fixture.effects, [Effect::Verify(id, Purpose::Connect)]);
    assert_eq!(
        fixture.workspace.channel(id).unwrap().webhook,
        "https://other.example/x"
    );
    fixture.verified(id, Purpose::Connect, Ok(able()));
    let channel = fixture.workspace.channel(id).unwrap();
    assert_eq!(
        (channel.status, channel.verified),
        (ChannelStatus::Active, Some(Verified::Status))
    );
    assert!(channel.may_initiate());
}

#[test]
fn an_invalid_connection_is_rejected() {
    let mut fixture = Fixture::open();
    let good = fixture.connect("https://other.example/");
    let check = |fixture: &mut Fixture, change: &dyn Fn(&mut Connect), code| {
        let mut connect = good.clone();
        change(&mut connect);
        fixture.refuses("root", ChannelCommand::Connect(connect), code);
    };
    check(
        &mut fixture,
        &|c| c.webhook = "ftp://h/".to_owned(),
        Code::Invalid,
    );
    check(
        &mut fixture,
        &|c| c.webhook = format!("http://h/{}", "x".repeat(2_048)),
        Code::Invalid,
    );
    check(&mut fixture, &|c| c.name = String::new(), Code::Invalid);
    check(
        &mut fixture,
        &|c| c.live_chat = LiveChatId::from_bytes([1; 16]),
        Code::NotFound,
    );
    check(&mut fixture, &|c| c.code = Secret::new(""), Code::Invalid);
    check(
        &mut fixture,
        &|c| c.code = Secret::new("x".repeat(1_025)),
        Code::Invalid,
    );
    check(
        &mut fixture,
        &|c| c.code = Secret::new("two\nlines"),
        Code::Invalid,
    );
    check(
        &mut fixture,
        &|c| c.code = Secret::new("whsec_not base64"),
        Code::Invalid,
    );
    // The key of this code is empty, so anybody could sign with it.
    check(
        &mut fixture,
        &|c| c.code = Secret::new("whsec_"),
        Code::Invalid,
    );
    check(
        &mut fixture,
        &|c| {
            c.code = Secret::new("whsec_");
            c.security = Some(Security::Token);
        },
        Code::Invalid,
    );
    fixture.refuses("sue", ChannelCommand::Connect(good), Code::Forbidden);
}

#[test]
fn a_standard_webhooks_code_enables_signatures() {
    let mut fixture = Fixture::open();
    let mut connect = fixture.connect("https://other.example/");
    connect.code = Secret::new("whsec_c2VjcmV0");
    fixture.does("root", ChannelCommand::Connect(connect));
    let Event::ChannelCreated(created) = &fixture.records[0].event else {
        panic!()
    };
    assert_eq!(created.security, Security::Signed);
}

#[test]
fn one_account_has_one_live_chat() {
    let mut fixture = Fixture::open();
    let rejection = fixture
        .asks(
            "root",
            ChannelCommand::Connect(fixture.connect("https://MESSENGER.example/hook#x")),
        )
        .unwrap_err();
    assert_eq!(rejection.code, Code::AccountAlreadyConnected);
    assert_eq!(rejection.details["liveChat"], fixture.live_chat.to_string());
    assert!(rejection.message().contains("\"desk\""));
    fixture.does("root", ChannelCommand::Disconnect(fixture.channel));
    fixture.refuses(
        "root",
        ChannelCommand::Connect(fixture.connect(HOOK)),
        Code::AccountAlreadyConnected,
    );
    fixture.does("root", ChannelCommand::Delete(fixture.channel));
    fixture.does("root", ChannelCommand::Connect(fixture.connect(HOOK)));
}

#[test]
fn a_failed_channel_releases_its_account() {
    let mut fixture = Fixture::open();
    let failed = fixture.new_pending_channel("https://other.example/");
    fixture.verified(
        failed,
        Purpose::Connect,
        Err(Reason::WrongCode { status: 401 }),
    );
    assert_eq!(fixture.status(failed), ChannelStatus::Failed);
    let second = fixture.new_channel("https://other.example/");
    fixture.refuses(
        "root",
        ChannelCommand::Reconnect(failed),
        Code::AccountAlreadyConnected,
    );
    // Disconnecting a channel that never was connected must not reclaim the account, nor notify
    // the messenger, which has another channel here.
    fixture.does("root", ChannelCommand::Disconnect(failed));
    assert_eq!(fixture.status(failed), ChannelStatus::Failed);
    fixture.does("root", ChannelCommand::Delete(failed));
    assert!(!notices(&fixture, failed).contains(&NoticeKind::Disconnect));
    fixture.does("root", ChannelCommand::Disconnect(second));
    fixture.does("root", ChannelCommand::Reconnect(second));
    fixture.verified(second, Purpose::Reconnect, Ok(able()));
    assert_eq!(fixture.status(second), ChannelStatus::Active);
}

#[test]
fn a_failed_channel_can_be_tried_again() {
    let mut fixture = Fixture::open();
    let id = fixture.new_pending_channel("https://other.example/");
    fixture.verified(id, Purpose::Connect, Err(Reason::WrongCode { status: 401 }));
    fixture.does("root", ChannelCommand::Reconnect(id));
    assert_eq!(fixture.effects, [Effect::Verify(id, Purpose::Reconnect)]);
    fixture.verified(id, Purpose::Reconnect, Err(Reason::WrongChallengeAnswer));
    assert_eq!(
        fixture.workspace.channel(id).unwrap().reason,
        Some(Reason::WrongChallengeAnswer)
    );
    fixture.verified(id, Purpose::Reconnect, Ok(able()));
    assert_eq!(fixture.status(id), ChannelStatus::Active);
}

#[test]
fn a_disconnected_pending_channel_stays_failed_after_a_late_answer() {
    let mut fixture = Fixture::open();
    let id = fixture.new_pending_channel("https://other.example/");
    fixture.does("root", ChannelCommand::Disconnect(id));
    assert_eq!(fixture.status(id), ChannelStatus::Failed);
    fixture.verified(id, Purpose::Connect, Ok(able()));
    assert_eq!(fixture.status(id), ChannelStatus::Failed);
}

#[test]
fn disconnecting_notifies_the_messenger_once() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", ChannelCommand::Disconnect(id));
    assert_eq!(notices(&fixture, id), [NoticeKind::Disconnect]);
    fixture.verified(
        id,
        Purpose::Reconnect,
        Err(Reason::WrongCode { status: 401 }),
    );
    assert_eq!(fixture.status(id), ChannelStatus::Disconnected);
    assert_eq!(notices(&fixture, id), [NoticeKind::Disconnect]);
}

#[test]
fn a_disconnect_is_not_undone_by_an_earlier_reconnect() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", ChannelCommand::Disconnect(id));
    fixture.does("root", ChannelCommand::Reconnect(id));
    let asked_in = fixture.workspace.channel(id).unwrap().generation;
    fixture.does("root", ChannelCommand::Disconnect(id));
    fixture.system(SystemCommand::MessagesRefused(id, 2));
    fixture.verified_in(asked_in, id, Purpose::Reconnect, Ok(able()));
    let channel = fixture.workspace.channel(id).unwrap();
    assert_eq!(
        (channel.status, channel.refused),
        (ChannelStatus::Disconnected, 2)
    );
    let user = "root".to_owned();
    assert_eq!(channel.reason, Some(Reason::ByUser { user }));
    fixture.does("root", ChannelCommand::Reconnect(id));
    fixture.verified(id, Purpose::Reconnect, Ok(able()));
    assert_eq!(fixture.status(id), ChannelStatus::Active);
}

#[test]
fn a_reconnect_overtaken_by_another_changes_nothing() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", ChannelCommand::Disconnect(id));
    fixture.does("root", ChannelCommand::Reconnect(id));
    let asked_in = fixture.workspace.channel(id).unwrap().generation;
    fixture.verified(id, Purpose::Reconnect, Ok(able()));
    let before = fixture.workspace.clone();
    fixture.verified_in(
        asked_in,
        id,
        Purpose::Reconnect,
        Err(Reason::WrongCode { status: 401 }),
    );
    fixture.verified_in(asked_in, id, Purpose::Reconnect, Ok(able()));
    assert!(fixture.workspace == before);
}

#[test]
fn an_answer_to_an_old_code_does_not_end_the_fresh_channel() {
    for answer in [401, 410] {
        let mut fixture = Fixture::open();
        let id = fixture.channel;
        let session = fixture.session_of("ann", "chat");
        let message = fixture.sends("ann", session);
        let asked_in = fixture.workspace.channel(id).unwrap().generation;
        fixture.begins(message);
        let rotate = ChannelCommand::Rotate {
            channel: id,
            code: Secret::new("fresh"),
            overlap: Duration::ZERO,
        };
        fixture.does("root", rotate);
        fixture.ends(message, answered(answer));
        fixture.system(SystemCommand::ChannelFault(id, asked_in, answer));
        assert_eq!(fixture.status(id), ChannelStatus::Active, "{answer}");
        // The message is tried again, with the new code, and that counts.
        assert_eq!(fixture.due(), [message]);
        fixture.tries(message, answered(answer));
        assert_ne!(fixture.status(id), ChannelStatus::Active, "{answer}");
    }
}

#[test]
fn a_test_changes_nothing() {
    let mut fixture = Fixture::open();
    let (id, before) = (fixture.channel, fixture.workspace.clone());
    fixture.does("root", ChannelCommand::Test(id));
    assert_eq!(fixture.effects, [Effect::Verify(id, Purpose::Test)]);
    fixture.verified(id, Purpose::Test, Err(Reason::WrongCode { status: 401 }));
    fixture.verified(id, Purpose::Test, Ok(able()));
    assert!(fixture.workspace == before);
}

#[test]
fn a_new_webhook_is_used_once_it_is_verified() {
    let mut fixture = Fixture::open();
    let (id, new) = (fixture.channel, "https://new.example/".to_owned());
    let move_to = |webhook: &str| {
        let webhook = Some(webhook.to_owned());
        ChannelCommand::Update(Update {
            webhook,
            ..update(id)
        })
    };
    fixture.does("root", move_to(&new));
    assert_eq!(
        fixture.effects,
        [Effect::Verify(id, Purpose::Webhook(new.clone()))]
    );
    fixture.verified(
        id,
        Purpose::Webhook(new.clone()),
        Err(Reason::WrongCode { status: 401 }),
    );
    assert_eq!(fixture.workspace.channel(id).unwrap().webhook, HOOK);
    fixture.verified(id, Purpose::Webhook(new.clone()), Ok(able()));
    assert_eq!(fixture.workspace.channel(id).unwrap().webhook, new);
    fixture.new_channel(HOOK);
    fixture.refuses("root", move_to(HOOK), Code::AccountAlreadyConnected);
    fixture.refuses("root", move_to("no url"), Code::Invalid);
    // Another channel took the account during the verification, so it is checked again.
    let late = crate::command::Verification {
        channel: id,
        generation: fixture.workspace.channel(id).unwrap().generation,
        purpose: Purpose::Webhook(HOOK.to_owned()),
        result: Ok(able()),
    };
    let request = crate::command::Request::system(SystemCommand::Verified(late));
    fixture.refuses_request(&request, Code::AccountAlreadyConnected);
}

#[test]
fn the_old_code_stays_valid_during_the_overlap() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    let rotate = |code: &str, overlap| ChannelCommand::Rotate {
        channel: id,
        code: Secret::new(code),
        overlap,
    };
    let revision = fixture.workspace.channel(id).unwrap().revision;
    fixture.does("root", rotate("second", Duration::from_hours(24)));
    fixture.does("root", rotate("third", Duration::from_hours(1)));
    let channel = fixture.workspace.channel(id).unwrap();
    assert_eq!((channel.codes.len(), channel.revision), (2, revision + 2));
    assert_eq!(channel.codes[0].until, None);
    assert_eq!(
        channel.codes[1].until,
        Some(fixture.now.plus(Duration::from_hours(1)))
    );
    fixture.refuses("root", rotate("", Duration::ZERO), Code::Invalid);
}

#[test]
fn an_open_channel_needs_a_code_to_become_secured() {
    let mut fixture = Fixture::open();
    let mut connect = fixture.connect("https://other.example/");
    connect.code = Secret::new("");
    connect.security = Some(Security::Open);
    let reply = fixture.does("root", ChannelCommand::Connect(connect));
    let crate::command::Reply::Answer(crate::record::Answer::Channel(id)) = reply else {
        panic!("{reply:?}")
    };
    let closed = Update {
        security: Some(Security::Token),
        ..update(id)
    };
    fixture.refuses(
        "root",
        ChannelCommand::Update(closed.clone()),
        Code::Invalid,
    );
    let rotate = ChannelCommand::Rotate {
        channel: id,
        code: Secret::new("a code"),
        overlap: Duration::from_hours(24),
    };
    fixture.does("root", rotate);
    fixture.does("root", ChannelCommand::Update(closed));
    let channel = fixture.workspace.channel(id).unwrap();
    assert_eq!(
        (channel.codes.len(), channel.security),
        (1, Security::Token)
    );
}

#[test]
fn unchanged_settings_cause_no_event() {
    let mut fixture = Fixture::open();
    let mut same = update(fixture.channel);
    same.security = Some(Security::Token);
    fixture.does("root", ChannelCommand::Update(same));
    assert!(fixture.records.is_empty());
    let rename = ChannelCommand::Rename {
        channel: fixture.channel,
        name: " ".to_owned(),
    };
    fixture.refuses("root", rename, Code::Invalid);
    let rename = ChannelCommand::Rename {
        channel: fixture.channel,
        name: "new".to_owned(),
    };
    fixture.does("root", rename);
    assert_eq!(fixture.usual_channel().name, "new");
}

#[test]
fn a_deleted_channel_has_no_pending_messages() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    let session = fixture.session_of("ann", "chat");
    let message = fixture.sends("ann", session);
    fixture.does("root", ChannelCommand::Delete(id));
    assert_eq!(
        fixture.kinds(),
        ["session-closed", "channel-status-changed"]
    );
    let channel = fixture.workspace.channels.get(&id).unwrap();
    assert_eq!(
        (channel.status, channel.pending),
        (ChannelStatus::Deleted, 0)
    );
    assert!(
        fixture.workspace.pending(message).is_none() && fixture.workspace.deliveries.is_empty()
    );
    assert!(fixture.due().is_empty() && fixture.next_due().is_none());
    assert_eq!(notices(&fixture, id), [NoticeKind::Disconnect]);
    fixture.refuses("root", ChannelCommand::Delete(id), Code::NotFound);
    fixture.refuses_inbound(crate::messenger::Inbound::Disconnect, Code::ChannelNotFound);
    // Reading the history does not notify the messenger.
    let read = crate::command::MessageCommand::Read {
        session,
        up_to: fixture.workspace.messages(session).last().unwrap().id,
    };
    fixture.does("ann", read);
    assert_eq!(notices(&fixture, id), [NoticeKind::Disconnect]);
}

#[test]
fn refused_messages_are_counted_until_the_channel_is_back() {
    let mut fixture = Fixture::open();
    let id = fixture.channel;
    fixture.does("root", ChannelCommand::Disconnect(id));
    fixture.system(SystemCommand::MessagesRefused(id, 3));
    fixture.system(SystemCommand::MessagesRefused(id, 0));
    fixture.system(SystemCommand::MessagesRefused(id, 2));
    assert_eq!(fixture.workspace.channel(id).unwrap().refused, 5);
    let proof = Proof {
        verified: Verified::Challenge,
        capabilities: None,
    };
    fixture.verified(id, Purpose::Reconnect, Ok(proof));
    assert_eq!(fixture.workspace.channel(id).unwrap().refused, 0);
}

#[test]
fn an_answer_to_a_notice_may_end_the_channel() {
    for (answer, after) in [
        (401, ChannelStatus::Interrupted),
        (410, ChannelStatus::Disconnected),
        (500, ChannelStatus::Active),
    ] {
        let mut fixture = Fixture::open();
        let generation = fixture.usual_channel().generation;
        fixture.system(SystemCommand::ChannelFault(
            fixture.channel,
            generation,
            answer,
        ));
        assert_eq!(fixture.status(fixture.channel), after, "{answer}");
    }
}
